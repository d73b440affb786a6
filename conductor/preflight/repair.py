"""Apply the safe repairs that findings carry, judge the result, and take back what makes anything worse.

All of it is tried on the files as they would be; what is kept is written at the end, each file in one atomic write.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.ports.tree import Node
from conductor.preflight.check import Fix
from conductor.records.files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

    from conductor.ports.tree import Tree

Judge = Callable[["Tree"], Sequence[Finding]]
MAX_FILE = 8_000_000
# A repair can make the next one possible: a redirection must be quoted before the requirement in it can be pinned.
_MAX_ROUNDS = 6
_WORD = re.compile(r"[\w.+=<>!~\[\]-]")


@dataclass(frozen=True, slots=True)
class Repaired:
    """One changed file: its path relative to the project and the change as a unified diff (or in words)."""

    path: str
    diff: str


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A repair that was not kept, because of the findings (by code) that it would have brought."""

    fix: Fix
    brought: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PatchedTree:
    """A tree with some files changed: (content, whether it may be executed)."""

    tree: Tree
    changed: Mapping[str, tuple[bytes, bool]]

    def names(self, folder: str) -> frozenset[str] | None:
        """Return the names in a folder."""
        return self.tree.names(folder)

    def node(self, path: str) -> Node | None:
        """Return what stands at the path."""
        return Node("file", self.changed[path][1]) if path in self.changed else self.tree.node(path)

    def read(self, path: str, limit: int) -> bytes | None:
        """Return a file's first `limit` bytes."""
        return self.changed[path][0][:limit] if path in self.changed else self.tree.read(path, limit)

    def below(self, folder: str) -> PatchedTree:
        """Return the tree that has this folder for its root."""
        prefix = f"{folder.strip('/')}/"
        inside = {path.removeprefix(prefix): one for path, one in self.changed.items() if path.startswith(prefix)}
        return PatchedTree(self.tree.below(folder), inside)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a repair comes to: the files as they will be, what is found then, and what was not kept."""

    changed: Mapping[str, tuple[bytes, bool]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    taken_back: tuple[TakenBack, ...] = ()


def plan_repairs(tree: Tree, judge: Judge, findings: Sequence[Finding]) -> Plan:
    """Return what is left when every repair is made that makes nothing worse.

    `findings` are those of the tree as it is. Two repairs of one line are made together where the second still finds
    its words there, else it waits until the line has been judged again.
    """
    plan, refused = Plan(findings=tuple(findings)), set[Fix]()
    for _ in range(_MAX_ROUNDS):
        wanted = [fix for fix in _fixes(plan.findings) if fix not in refused]
        tried = _try(tree, judge, plan, wanted)
        if tried is None:  # together they bring something: find out which
            tried = plan
            for fix in wanted:
                one = _try(tree, judge, tried, [fix])
                if one is None:
                    refused.add(fix)
                    brought = _brought(tree, judge, tried, fix)
                    tried = replace(tried, taken_back=(*tried.taken_back, TakenBack(fix, brought)))
                else:
                    tried = one
        if tried.changed == plan.changed:
            return tried
        plan = tried
    return plan


def write_repairs(root: Path, plan: Plan) -> tuple[Repaired, ...]:
    """Write the files that a plan changes and return what changed in each; links and paths outside are left alone."""
    done = []
    for path, (content, executable) in sorted(plan.changed.items()):
        target = (root / path).resolve()
        if not target.is_relative_to(root.resolve()) or (root / path).is_symlink():
            continue
        before = target.read_bytes()
        words = []
        if content != before:
            write_atomically(target, content)
            words.append(_diff(before, content, path))
        if executable and not target.stat().st_mode & 0o111:
            target.chmod(target.stat().st_mode | 0o111)
            words.append(f"{path}: mode +x")
        if words:
            done.append(Repaired(path, "\n".join(words)))
    return tuple(done)


def _fixes(findings: Sequence[Finding]) -> list[Fix]:
    """Return the repairs of the findings, once each, errors' first."""
    order = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.ADVICE: 2}
    found = [
        Fix(**plan)
        for finding in sorted(findings, key=lambda one: order[one.severity])
        if finding.fix and isinstance(plan := finding.data.get("fix"), dict)
    ]
    return list(dict.fromkeys(found))


def _try(tree: Tree, judge: Judge, plan: Plan, fixes: Sequence[Fix]) -> Plan | None:
    """Return the plan with these repairs made, or None where they bring a finding that was not there."""
    changed = _apply(tree, plan.changed, fixes)
    if changed == plan.changed:
        return plan
    findings = tuple(judge(PatchedTree(tree, changed)))
    return None if _names(findings) - _names(plan.findings) else replace(plan, changed=changed, findings=findings)


def _brought(tree: Tree, judge: Judge, plan: Plan, fix: Fix) -> tuple[str, ...]:
    after = judge(PatchedTree(tree, _apply(tree, plan.changed, [fix])))
    return tuple(sorted({code for code, _, _ in _names(after) - _names(plan.findings)}))


def _names(findings: Sequence[Finding]) -> Counter[tuple[str, str, str]]:
    """Return the findings without their lines, which a repair moves; advice is left out."""
    return Counter(
        (one.code, one.location.path if one.location else "", re.sub(r":\d+|\d+ \|", "", one.message))
        for one in findings
        if one.severity is not Severity.ADVICE
    )


def _apply(
    tree: Tree, changed: Mapping[str, tuple[bytes, bool]], fixes: Sequence[Fix]
) -> dict[str, tuple[bytes, bool]]:
    """Return the changed files with these repairs, made from the last line to the first: a new line moves others."""
    result = dict(changed)
    for fix in sorted(fixes, key=lambda fix: (-fix.line, not fix.old)):
        known = result.get(fix.path) or _read(tree, fix.path)
        if known is None:
            continue
        content, executable = known
        after = (content, True) if fix.kind == "chmod" else (_edit(content, fix), executable)
        if after != known:
            result[fix.path] = after
    return result


def _read(tree: Tree, path: str) -> tuple[bytes, bool] | None:
    node, content = tree.node(path), tree.read(path, MAX_FILE + 1)
    if node is None or node.kind != "file" or content is None or len(content) > MAX_FILE:
        return None
    return content, node.executable


def _edit(content: bytes, fix: Fix) -> bytes:
    """Change one line, or all line ends; the others stay as they are, and a line that reads otherwise is left alone."""
    if fix.kind == "crlf":
        return content.replace(b"\r\n", b"\n")
    lines = content.decode("utf-8", errors="surrogateescape").split("\n")
    number = fix.line - 1
    if not 0 <= number < len(lines):
        return content
    line = lines[number]
    if not fix.old:
        lines.insert(number, fix.new.rstrip("\n") + ("\r" if line.endswith("\r") else ""))
    elif (at := _find_once(line, fix.old)) is not None:
        lines[number] = line[:at] + fix.new + line[at + len(fix.old) :]
    return "\n".join(lines).encode("utf-8", errors="surrogateescape")


def _find_once(line: str, old: str) -> int | None:
    """Return where a text stands in a line, as whole words; None where it stands there not once."""
    found = [match.start() for match in re.finditer(re.escape(old), line)]
    whole = [at for at in found if not _goes_on(line, at, at + len(old))]
    return whole[0] if len(whole) == 1 else None


def _goes_on(line: str, begin: int, end: int) -> bool:
    """Tell whether a word goes on before or behind a place: `flash-attn` is no word of `flash-attn>=2.7`."""
    behind = end < len(line) and _WORD.match(line[end - 1]) and _WORD.match(line[end])
    before = begin > 0 and _WORD.match(line[begin]) and _WORD.match(line[begin - 1])
    return bool(behind or before)


def _diff(before: bytes, after: bytes, path: str) -> str:
    old, new = (text.decode("utf-8", errors="replace").splitlines() for text in (before, after))
    if old == new:
        return f"{path}: line ends CRLF -> LF"
    return "\n".join(difflib.unified_diff(old, new, f"a/{path}", f"b/{path}", lineterm="", n=1))
