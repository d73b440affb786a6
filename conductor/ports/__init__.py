"""What the rooms need from the outside world, as Protocols only."""
