"""The baseline: what was on the machine when its user said "this is how it should be". One a machine and user."""

from __future__ import annotations

import json
from pathlib import Path

from conductor.errors import UsageProblem
from conductor.host.model import Inventory

NAME = "host-baseline.json"
CACHE = "host-cache.json"


def load_baseline(state_dir: Path) -> Inventory | None:
    """Return the baseline, or None before the first; raises UsageProblem for a file that is not one."""
    path = state_dir / NAME
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        data = json.loads(content)
        if data["schema"] != 1:
            raise UsageProblem(
                f"the host baseline has format {data['schema']}; this version knows 1",
                hint="install a newer Conductor, or take a new one: conductor host baseline",
                path=str(path),
            )
        return Inventory.from_json(data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageProblem(
            "the host baseline can't be read", hint="take a new one: conductor host baseline", path=str(path)
        ) from error


def save_baseline(state_dir: Path, inventory: Inventory) -> Path:
    """Write the inventory as the baseline and return its path."""
    from conductor.records.private import make_private, write_private

    make_private(state_dir)
    path = state_dir / NAME
    write_private(path, json.dumps(inventory.as_json(), indent=1, ensure_ascii=False).encode("utf-8"))
    return path
