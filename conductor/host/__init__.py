"""Which Pythons and packages are on this machine, who put them there, and what changed since the baseline."""
