"""Which contexts and functions an expression may use, by the key below which it stands.

GitHub refuses a workflow that uses another one there. Source: docs.github.com, "Contexts reference", table "Context
availability", and "Evaluate expressions", section "Functions" (read 2026-11).
"""

from __future__ import annotations

from dataclasses import dataclass

_EARLY = "github inputs vars"
_JOB = f"{_EARLY} needs strategy matrix"
_STEP = f"{_JOB} job runner env secrets steps"
_STATUS = "always cancelled failure success"
_STEP_KEYS = ("continue-on-error", "env", "name", "run", "timeout-minutes", "with", "working-directory")

# A key's path, `*` for a name that the workflow gives; a longer path is more exact. Contexts, then special functions.
_KEYS: dict[tuple[str, ...], tuple[str, str]] = {
    ("run-name",): (_EARLY, ""),
    ("concurrency",): (_EARLY, ""),
    ("env",): (f"{_EARLY} secrets", ""),
    ("on", "workflow_call", "inputs", "*", "default"): (_EARLY, ""),
    ("on", "workflow_call", "outputs", "*", "value"): (f"{_EARLY} jobs", ""),
    ("jobs", "*", "concurrency"): (_JOB, ""),
    ("jobs", "*", "container"): (_JOB, ""),
    ("jobs", "*", "container", "credentials"): (f"{_JOB} env secrets", ""),
    ("jobs", "*", "container", "env"): (f"{_JOB} job runner env secrets", ""),
    ("jobs", "*", "continue-on-error"): (_JOB, ""),
    ("jobs", "*", "defaults", "run"): (f"{_JOB} env", ""),
    ("jobs", "*", "env"): (f"{_JOB} secrets", ""),
    ("jobs", "*", "environment"): (_JOB, ""),
    ("jobs", "*", "environment", "url"): (f"{_JOB} job runner env steps", ""),
    ("jobs", "*", "if"): (f"{_EARLY} needs", _STATUS),
    ("jobs", "*", "name"): (_JOB, ""),
    ("jobs", "*", "outputs"): (_STEP, ""),
    ("jobs", "*", "runs-on"): (_JOB, ""),
    ("jobs", "*", "secrets"): (f"{_JOB} secrets", ""),
    ("jobs", "*", "services"): (_JOB, ""),
    ("jobs", "*", "services", "*", "credentials"): (f"{_JOB} env secrets", ""),
    ("jobs", "*", "services", "*", "env"): (f"{_JOB} job runner env secrets", ""),
    ("jobs", "*", "steps", "*", "if"): (_STEP.replace(" secrets", ""), f"{_STATUS} hashfiles"),
    **{("jobs", "*", "steps", "*", key): (_STEP, "hashfiles") for key in _STEP_KEYS},
    ("jobs", "*", "strategy"): (f"{_EARLY} needs", ""),
    ("jobs", "*", "timeout-minutes"): (_JOB, ""),
    ("jobs", "*", "with"): (_JOB, ""),
}
CONTEXTS = frozenset(f"{_STEP} jobs".split())
# Name -> how many it takes at least and at most; None for any number.
FUNCTIONS: dict[str, tuple[int, int | None]] = {
    "contains": (2, 2),
    "startswith": (2, 2),
    "endswith": (2, 2),
    "format": (1, None),
    "join": (1, 2),
    "tojson": (1, 1),
    "fromjson": (1, 1),
    "case": (3, None),
    "hashfiles": (1, None),
    "always": (0, 0),
    "cancelled": (0, 0),
    "failure": (0, None),
    "success": (0, None),
}
_SPECIAL = frozenset(f"{_STATUS} hashfiles".split())


@dataclass(frozen=True, slots=True)
class Available:
    """What an expression may use."""

    contexts: frozenset[str]
    functions: frozenset[str]


def find_available(path: tuple[str, ...]) -> Available | None:
    """Return what may be used below a key; None where the documentation names nothing for it."""
    for length in range(len(path), 0, -1):
        for key, (contexts, functions) in _KEYS.items():
            if len(key) == length and all(wanted in {"*", name} for wanted, name in zip(key, path, strict=False)):
                return Available(
                    frozenset(contexts.split()), frozenset(FUNCTIONS) - _SPECIAL | frozenset(functions.split())
                )
    return None
