"""What stands between an agent and the guard: hook entries, their events, their installation, and git's own hooks."""
