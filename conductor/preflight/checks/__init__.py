"""The registry of checks: one module each, in the order they run and are listed."""

from __future__ import annotations

import functools
import importlib

from conductor.preflight.check import Check, load_check

SYSTEM: tuple[str, ...] = ()
CONTEXT: tuple[str, ...] = ()
SECRETS: tuple[str, ...] = ()
# Wheels and Python packages.
WHEELS: tuple[str, ...] = (
    "wheel_python_tag",
    "wheel_platform",
    "wheel_torch",
    "wheel_abi",
    "wheel_cuda",
    "wheel_gpu_arch",
    "wheel_not_published",
    "wheel_url",
    "wheel_unhashed",
    "wheel_unreachable",
    "torch_missing",
    "torch_replaced",
    "torch_cpu_only",
    "contradicting_pins",
    "no_such_version",
    "source_build",
    "known_bad_pair",
)

NAMES: tuple[str, ...] = (*SYSTEM, *CONTEXT, *SECRETS, *WHEELS)


@functools.cache
def load_checks() -> tuple[Check, ...]:
    """Import every check; the order is that of the registry."""
    return tuple(load_check(importlib.import_module(f"{__name__}.{name}")) for name in NAMES)
