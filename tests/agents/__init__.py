"""The agents' own programs against the hooks: without an account, without a network. `make agents` runs it."""
