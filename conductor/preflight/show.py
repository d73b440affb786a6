"""Print the followed environment line by line: the picture a person needs to see."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Environment, Fact
    from conductor.preflight.subject import Subject

_WIDTH = 96


def rows(subject: Subject) -> list[dict[str, Any]]:
    """Return, per instruction that is built, what holds after it: facts that changed and where each came from."""
    found: list[dict[str, Any]] = []
    for stage, reference, end in subject.timeline.stages:
        if stage.index not in subject.timeline.needed:
            continue
        first = next((s.after for s in subject.timeline.snapshots if s.stage == stage.index), end)
        known = _facts(first) if reference else {}
        begin = {key: value for key, value in known.items() if value is None or _line(value) <= stage.start.line}
        found.append(_row(subject, stage.start.line, f"FROM {stage.start.text}", begin))
        previous = begin
        for snapshot in subject.timeline.snapshots:
            if snapshot.stage != stage.index:
                continue
            now = _facts(snapshot.after)
            changed = {key: value for key, value in now.items() if previous.get(key) != value}
            text = f"{snapshot.instruction.name} {snapshot.instruction.text}"
            found.append(_row(subject, snapshot.instruction.line, text, changed))
            previous = now
    return found


def show(subject: Subject) -> str:
    """Return the rows as text, and below them how the container starts."""
    lines: list[str] = []
    for row in rows(subject):
        text = re.sub(r"\s+", " ", str(row["text"]))
        lines.append(f"{row['line']:>4} | {text if len(text) <= _WIDTH else text[: _WIDTH - 1] + '…'}")
        for name, fact in row["facts"].items():
            value = "unknown" if fact is None else fact["value"]
            origin = (
                f"  ({fact['from']})"
                if fact and fact["from"] and not fact["from"].startswith(f"line {row['line']}:")
                else ""
            )
            lines.append(f"     |   {name:<12} {value}{origin}")
    lines.append(_start(subject))
    return "\n".join(lines)


def _start(subject: Subject) -> str:
    start = subject.timeline.start
    if start is None or start.instruction is None:
        return "start | unknown: the file has neither CMD nor ENTRYPOINT"
    words = " ".join(start.words) if start.words is not None else start.text
    out = [f"start | {words}  (line {start.instruction.line})"]
    for command in subject.timeline.commands:
        if command.phase != "start" or command.path == subject.dockerfile_path:
            continue
        text = " ".join(word.text if word.text is not None else word.raw for word in command.words)
        mark = " (may not run)" if command.conditional else ""
        out.append(f"      |   {command.path}:{command.words[0].line if command.words else 0}  {text[:_WIDTH]}{mark}")
    return "\n".join(out)


def _row(subject: Subject, line: int, text: str, facts: dict[str, tuple[str, str] | None]) -> dict[str, Any]:
    shown = {
        name: None if fact is None else {"value": fact[0], "from": fact[1].removeprefix(f"{subject.dockerfile_path}:")}
        for name, fact in facts.items()
    }
    return {"line": line, "text": text, "facts": shown}


def _line(fact: tuple[str, str]) -> int:
    match = re.match(r"line (\d+):", fact[1])
    return int(match[1]) if match else 0


def _facts(environment: Environment) -> dict[str, tuple[str, str] | None]:
    """Return what a person wants to know, by name: (value, where from), None for unknown."""
    found: dict[str, tuple[str, str] | None] = {
        "system": _of(environment.os),
        "glibc": _of(environment.glibc),
        "python": _python(environment, "python"),
        "python3": _python(environment, "python3"),
        "pip": _python(environment, "pip"),
        "torch": _of(environment.torch),
        "torch CUDA": _of(environment.torch_cuda),
        "C++11 ABI": _of(environment.cxx11abi),
    }
    if found["python3"] == found["python"]:
        del found["python3"]
    for tool in ("nvcc", "git", "ffmpeg", "gcc"):
        there = environment.commands.get(tool)
        if there is not None or environment.opaque:
            origin = environment.command_origin.get(tool)
            where = f"line {origin.line}: {origin.what}" if origin else ""
            unsure = there is False and bool(environment.opaque)
            found[tool] = None if there is None or unsure else ("yes" if there else "no", where if there else "")
    found["workdir"] = (environment.workdir, "") if environment.workdir is not None else None
    if environment.user is not None:
        found["user"] = _of(environment.user)
    for (_, name), package in sorted(environment.packages.items()):
        if name != "torch":
            version = package.version or "version not pinned"
            found[f"+ {name}"] = (version, f"line {package.origin.line}: {package.origin.what}"[:60])
    return found


def _of(fact: Fact | None) -> tuple[str, str] | None:
    return None if fact is None else (fact.value, f"line {fact.origin.line}: {fact.origin.what}"[:_WIDTH])


def _python(environment: Environment, command: str) -> tuple[str, str] | None:
    if environment.commands.get(command) is False and not environment.opaque:
        return ("none", "")
    found = environment.python(command)
    if found is None:
        return None
    return (
        f"{found.version or 'unknown version'} in {found.path}",
        f"line {found.origin.line}: {found.origin.what}"[:_WIDTH],
    )
