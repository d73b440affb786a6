"""A release under faults of the outside: each step with each fault, against the rehearsal's servers.

`python -m tests.faults` runs all of them and prints the table of docs/reliability.md; `make test` runs a spread.
"""
