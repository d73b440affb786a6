"""A release: plan, steps, ledger, resume, lock and rollback."""
