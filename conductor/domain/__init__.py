"""Findings, evidence, expectations, releases: frozen values and pure functions. No I/O, no clock."""
