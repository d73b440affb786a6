"""Loopback servers that speak the real protocols, and the drills."""
