"""The registry of checks: one module each, in the order they run and are listed."""

from __future__ import annotations

import functools
import importlib

from conductor.preflight.check import Check, load_check

SYSTEM: tuple[str, ...] = ()
CONTEXT: tuple[str, ...] = ()
SECRETS: tuple[str, ...] = ()
# Wheels and Python packages.
WHEELS: tuple[str, ...] = ()

NAMES: tuple[str, ...] = (*SYSTEM, *CONTEXT, *SECRETS, *WHEELS)


@functools.cache
def load_checks() -> tuple[Check, ...]:
    """Import every check; the order is that of the registry."""
    return tuple(load_check(importlib.import_module(f"{__name__}.{name}")) for name in NAMES)
