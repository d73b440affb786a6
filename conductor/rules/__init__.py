"""The project's rules, one file each."""
