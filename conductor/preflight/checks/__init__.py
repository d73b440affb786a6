"""The checks: every module of this folder is one. They run and are listed in the order of their codes."""

from __future__ import annotations

import functools
import importlib
import pkgutil

from conductor.preflight.check import Check, load_check


@functools.cache
def load_checks() -> tuple[Check, ...]:
    """Import every check and return them in the order of their codes."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    found = [load_check(importlib.import_module(f"{__name__}.{name}")) for name in names]
    return tuple(sorted(found, key=lambda check: check.meta.code))
