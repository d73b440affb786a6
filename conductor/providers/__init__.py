"""The outside world, one file each. Nothing else uses the network, git, the Docker engine or the clock."""
