"""The parts of a rehearsal that are real: OpenSSH, a registry, a Docker engine, act, and workers in containers."""
