"""What code that is Python text would do, read from its tree."""
