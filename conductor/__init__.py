"""Conductor keeps coding agents honest: it logs their work, enforces the project's rules, and ships with proof."""

__version__ = "0.1.0"
