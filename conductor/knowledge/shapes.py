"""What an entry that a project adds must look like: the keys that are read, and the pattern of their values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

VERSION = r"\d+(\.\d+)*\w*"
MINOR = r"\d+\.\d+"
DATE = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
MAJOR = r"\d{1,4}"
SIZE = r"\d{1,4}(\.\d+)?"
# subject -> key -> (must be there, pattern of the value's text; None for a list)
SHAPES: dict[str, dict[str, tuple[bool, str | None]]] = {
    "images": {
        "python": (False, MINOR),
        "torch": (False, VERSION),
        "cuda": (False, MINOR),
        "cxx11abi": (False, "True|False"),
        "glibc": (False, MINOR),
        "confidence": (False, "high|medium|low"),
    },
    "gpus": {"sm": (True, MINOR), "vram_gib": (False, r"\d+")},
    "drivers": {"min_driver": (True, VERSION)},
    "systems": {
        "glibc": (False, MINOR),
        "python3": (False, MINOR),
        "externally_managed": (True, "True|False"),
        "latest": (False, DATE),
        "archived": (False, DATE),
    },
    "apt-packages": {"absent": (True, None)},
    "shared-libraries": {"modules": (True, None)},
    "known-bad": {"left": (True, ".+"), "right": (True, ".+"), "effect": (True, ".+"), "remedy": (True, ".+")},
    "pip-options": {"since": (True, VERSION)},
    "sizes": {"unpacked_gb": (True, SIZE), "wheel_gb": (False, SIZE)},
    "cold-start": {"pull_gb_per_min": (False, SIZE), "start_s": (False, SIZE)},
    "gpu-pools": {"gpus": (True, None)},
    "runner-labels": {"checked": (True, DATE), "gone": (False, DATE)},
    "action-runtimes": {"checked": (True, DATE), "gone": (True, DATE)},
    "actions": {
        "checked": (True, DATE),
        "ended": (False, DATE),
        **dict.fromkeys(("last", "node12", "node16", "node20", "drop_in", "newest"), (False, MAJOR)),
        "needs": (False, None),
    },
}
# Facts of these subjects depend on each other and are only changed with Conductor itself.
CLOSED = frozenset(
    {"flash-attn", "flash-attn-wheels", "torch", "torch-kernels", "companions", "release-dates", "python-images"}
)


def misshapen(subject: str, entry: Mapping[str, Any]) -> str | None:
    """Return what is wrong with an entry that a project adds, or None."""
    if subject in CLOSED:
        return f"the facts of {subject} cannot be extended"
    for key, (required, pattern) in SHAPES.get(subject, {}).items():
        value = entry.get(key)
        if value is None:
            if required:
                return f"an entry has no `{key}`"
        elif pattern is None:
            if not isinstance(value, list):
                return f"`{key}` is not a list"
        elif not re.fullmatch(pattern, str(value)):
            return f"`{key}: {str(value)[:40]}` is not as it should be ({pattern})"
    return _pattern_problem(entry) or _requirement_problem(subject, entry)


def _pattern_problem(entry: Mapping[str, Any]) -> str | None:
    try:
        re.compile(str(entry.get("match") or ""))
    except re.error as error:
        return f"`match: {str(entry['match'])[:40]}` is no regular expression: {error}"
    return None


def _requirement_problem(subject: str, entry: Mapping[str, Any]) -> str | None:
    if subject != "known-bad":
        return None
    from packaging.requirements import InvalidRequirement, Requirement

    for key in ("left", "right"):
        try:
            Requirement(str(entry[key]))
        except InvalidRequirement:
            return f"`{key}: {str(entry[key])[:40]}` is not a requirement (PEP 508)"
    return None
