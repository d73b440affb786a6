"""What is typed: one file per command group; parse, call one function, print."""
