"""Apply the safe repairs that findings carry, each file in one atomic write, and show what changed."""

from __future__ import annotations

import difflib
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conductor.records.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from conductor.domain.finding import Finding


@dataclass(frozen=True, slots=True)
class Repaired:
    """One changed file: its path relative to the project and the change as a unified diff (or in words)."""

    path: str
    diff: str


def repair(root: Path, findings: Iterable[Finding]) -> tuple[Repaired, ...]:
    """Apply every finding's fix whose line still reads as the finding saw it; what does not fit is left alone."""
    plans: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for finding in findings:
        plan = finding.data.get("fix") if finding.fix else None
        if isinstance(plan, dict) and plan not in plans[str(plan["path"])]:
            plans[str(plan["path"])].append(plan)
    done = []
    for path, steps in sorted(plans.items()):
        target = (root / path).resolve()
        if not target.is_relative_to(root.resolve()) or (root / path).is_symlink():
            continue
        changed = _repair_file(target, path, steps)
        if changed is not None:
            done.append(changed)
    return tuple(done)


def _repair_file(target: Path, path: str, steps: list[dict[str, Any]]) -> Repaired | None:
    try:
        before = target.read_bytes()
    except OSError:
        return None
    content = before
    words: list[str] = []
    for step in sorted(steps, key=lambda step: -int(step["line"])):
        if step["kind"] == "crlf":
            content = content.replace(b"\r\n", b"\n")
            words.append(f"{path}: line ends CRLF -> LF")
        elif step["kind"] == "chmod":
            target.chmod(target.stat().st_mode | 0o111)
            words.append(f"{path}: mode +x")
        else:
            content = _edit(content, step)
    if content == before:
        return Repaired(path, "\n".join(words)) if words else None
    write_atomically(target, content)
    return Repaired(path, "\n".join(words) if words else _diff(before, content, path))


def _edit(content: bytes, step: dict[str, Any]) -> bytes:
    """Change one line; the line ends of the file stay."""
    lines = content.decode("utf-8", errors="surrogateescape").splitlines(keepends=True)
    number = int(step["line"]) - 1
    if not 0 <= number < len(lines):
        return content
    old, new = str(step["old"]), str(step["new"])
    if not old:
        end = "\r\n" if lines[number].endswith("\r\n") else "\n"
        lines.insert(number, new.rstrip("\n") + end)
    elif lines[number].count(old) == 1:
        lines[number] = lines[number].replace(old, new)
    return "".join(lines).encode("utf-8", errors="surrogateescape")


def _diff(before: bytes, after: bytes, path: str) -> str:
    old, new = (text.decode("utf-8", errors="replace").splitlines() for text in (before, after))
    return "\n".join(difflib.unified_diff(old, new, f"a/{path}", f"b/{path}", lineterm="", n=1))
