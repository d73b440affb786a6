"""The worker's own package: nothing in it imports `conductor`, and nothing in `conductor` imports it."""
