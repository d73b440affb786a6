"""`conductor diagnose --fix`: the patch that puts the cause right, shown, and written where that is asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conductor.diagnosis.choose import Diagnosis
    from conductor.diagnosis.repair import Patch


def make_patch(found: Sequence[Diagnosis], root: Path, dockerfile: str | None, *, write: bool) -> Patch:
    """Return what can be done by machine about logs, tried on the files and judged; `write` writes it."""
    from conductor.config.disk import DiskTree
    from conductor.config.settings import load_settings
    from conductor.diagnosis.repair import Patch, plan_patch
    from conductor.preflight.api import check_project
    from conductor.preflight.repair import Plan, write_repairs

    suspects = [one for each in found for one in (*((each.suspect,) if each.suspect else ()), *each.also)]
    if dockerfile is None or not (root / dockerfile).is_file():
        return Patch(Plan(), left=tuple(one.cause.code for one in suspects))
    root, settings = root.resolve(), load_settings(root)
    own = settings.build is not None and settings.build.dockerfile == dockerfile
    file = None if own else root / dockerfile
    patch = plan_patch(
        suspects,
        DiskTree(root),
        dockerfile,
        lambda tree: check_project(root, settings, dockerfile=file, tree=tree).findings,
    )
    if write:
        write_repairs(root, patch.plan)
    return patch


def offer(patch: Patch, beside: Iterable[str] = (), *, write: bool) -> None:
    """Print the patch, and on standard error what it rests on and what was not done."""
    from conductor.domain.text import one_line

    print(patch.plan.patch, end="")
    for change in patch.changes:
        proof = "preflight finds it no more" if change.proved else "not proved: build it"
        print(f"{change.cause}: {one_line(change.why, 200)} ({proof})", file=sys.stderr)
    for one in patch.plan.taken_back:
        brought = ", ".join(one.brought)
        print(f"{one.fix.path}:{one.fix.line or 1}: not changed, because it would bring {brought}", file=sys.stderr)
    for cause in patch.left:
        print(f"{cause}: no change that a program can make; the remedy is for a person", file=sys.stderr)
    for told in beside:
        print(told, file=sys.stderr)
    if patch.changes:
        done = "written" if write else "nothing is written: add --write, or pipe it into git apply"
        print(f"{len(patch.changes)} change{'' if len(patch.changes) == 1 else 's'}, {done}", file=sys.stderr)


def as_rows(patch: Patch, *, write: bool) -> dict[str, Any]:
    """Return the patch for JSON."""
    return {
        "diff": patch.plan.patch,
        "files": sorted(patch.plan.changed),
        "changes": [{"cause": one.cause, "why": one.why, "proved": one.proved} for one in patch.changes],
        "taken_back": [{"path": one.fix.path, "brought": list(one.brought)} for one in patch.plan.taken_back],
        "left": list(patch.left),
        "written": write and bool(patch.changes),
    }
