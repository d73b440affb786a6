"""What preflight and the record checks say about each commit of a history, straight from git's objects."""
