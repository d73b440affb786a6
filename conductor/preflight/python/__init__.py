"""What the Pythons of an image do: which file or module starts, what of it certainly runs, what it can import."""
