"""Is what runs what was built and proven? Asked of the targets and the registry; nothing is changed."""
