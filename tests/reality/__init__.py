"""Preflight against reality: projects are written, really built and started, and preflight's answer is compared.

`python -m tests.reality` is the command; docs/reliability.md tells how to read its table.
"""
