"""The marketplace actions of a workflow, as small local ones: what is known is acted out, the rest is told by name."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conductor.rehearsal.real import in_runner

_BUILD = (
    "context file tags labels build-args push load target platforms provenance sbom cache-from cache-to pull no-cache"
    " secrets outputs"
)
# Owner and name of an action: what of `in_runner` acts it out, its inputs, its outputs.
_KNOWN = {
    "docker/build-push-action": ("build-push", _BUILD, "digest imageid metadata"),
    "docker/login-action": ("login", "registry username password", ""),
    "docker/metadata-action": ("metadata", "images tags labels flavor", "tags labels version json"),
    "docker/setup-buildx-action": ("setup-buildx", "driver driver-opts version", "driver name"),
}
# What act does by itself, and what there is nothing to do for on this runner.
_BY_ACT = "actions/checkout"
_NEEDLESS = frozenset(
    {
        *("docker/setup-qemu-action", "docker/setup-docker-action", "actions/cache", "actions/setup-python"),
        *("jlumbroso/free-disk-space", "easimon/maximize-build-space"),
    }
)
_USES = re.compile(r"(?P<repository>[^/@\s]+/[^/@\s]+)(?P<path>/[^@\s]+)?@(?P<ref>\S+)")


def list_uses(document: Any) -> Iterator[str]:
    """Yield what every `uses:` of a workflow names, in any depth."""
    if isinstance(document, dict):
        for name, value in document.items():
            if name == "uses" and isinstance(value, str):
                yield value
            else:
                yield from list_uses(value)
    elif isinstance(document, list):
        for value in document:
            yield from list_uses(value)


def list_unknown(uses: set[str]) -> list[str]:
    """Return the actions that nothing is done for, though they may do something."""
    found = (match["repository"] for name in uses if (match := _USES.fullmatch(name)))
    return sorted({name for name in found if name not in {*_KNOWN, *_NEEDLESS, _BY_ACT}})


def write_stand_ins(folder: Path, uses: set[str]) -> dict[str, Path]:
    """Write a repository for each action used, and the plugin buildx; returns `owner/name@ref` → its folder."""
    folder.mkdir(parents=True)
    program = folder / "in_runner.py"
    shutil.copyfile(in_runner.__file__, program)
    plugin = folder / "docker-buildx"
    plugin.write_text(f"#!/usr/bin/env python3\n{program.read_text(encoding='utf-8')}", encoding="utf-8")
    plugin.chmod(0o755)
    written = {}
    for number, name in enumerate(sorted(uses)):
        match = _USES.fullmatch(name)
        if match is None or match["repository"] == _BY_ACT:
            continue
        repository = folder / str(number)
        place = repository / (match["path"] or "").lstrip("/")
        place.mkdir(parents=True)
        action = _action(match["repository"], program)
        (place / "action.yml").write_text(json.dumps(action), encoding="utf-8")  # YAML, of which JSON is a part
        written[f"{match['repository']}@{match['ref']}"] = repository
    return written


def _action(repository: str, program: Path) -> dict[str, Any]:
    what, inputs, outputs = _KNOWN.get(repository, ("not-here", "", ""))
    given = "${{ toJSON(inputs) }}" if inputs else json.dumps({"uses": repository})
    step = {"id": "main", "shell": "bash", "run": f'python3 "{program}" {what}', "env": {"GIVEN": given}}
    return {
        "name": f"{repository} of a rehearsal",
        "inputs": {name: {} for name in inputs.split()},
        "outputs": {name: {"value": f"${{{{ steps.main.outputs.{name} }}}}"} for name in outputs.split()},
        "runs": {"using": "composite", "steps": [step]},
    }
