"""The causes that a log can tell of, as data; one file a family. Adding a cause is adding an entry."""
