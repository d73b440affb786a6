"""A shell command as a tree, with quotes removed and literals resolved."""
