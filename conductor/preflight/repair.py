"""Apply the safe repairs that findings carry, judge the result, and take back what makes anything worse.

All of it is tried on the files as they would be; what is kept is written at the end, each file in one atomic write.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.errors import UsageProblem
from conductor.ports.tree import Node
from conductor.preflight.check import Fix
from conductor.preflight.patch import Content, render_patch
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
    """One changed file: its path relative to the project and the change as a patch."""

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
    changed: Mapping[str, Content]

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
    """What a repair comes to: files as they will be and as they were read, what is found then, what was not kept."""

    changed: Mapping[str, Content] = field(default_factory=dict)
    before: Mapping[str, Content] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    taken_back: tuple[TakenBack, ...] = ()

    @property
    def patch(self) -> str:
        """Return the change of all files, as `git apply` takes it."""
        return render_patch(self.before, self.changed)


def plan_repairs(tree: Tree, judge: Judge, findings: Sequence[Finding]) -> Plan:
    """Return what is left when every repair is made that makes nothing worse.

    `findings` are those of the tree as it is. Two repairs of one line are made together where the second still finds
    its words there, else it waits until the line has been judged again.
    """
    plan, refused = Plan(findings=tuple(findings)), set[Fix]()
    for _ in range(_MAX_ROUNDS):
        wanted = [fix for fix in _fixes(plan.findings) if fix not in refused]
        tried = try_fixes(tree, judge, plan, wanted)
        if tried is None:  # together they bring something: find out which
            tried = plan
            for fix in wanted:
                one = try_fixes(tree, judge, tried, [fix])
                if one is None:
                    refused.add(fix)
                    taken = TakenBack(fix, find_brought(tree, judge, tried, [fix]))
                    tried = replace(tried, taken_back=(*tried.taken_back, taken))
                else:
                    tried = one
        if tried.changed == plan.changed:
            return tried
        plan = tried
    return plan


def write_repairs(root: Path, plan: Plan) -> tuple[Repaired, ...]:
    """Write the files that a plan changes and return what changed in each; links and paths outside are left alone.

    Raises UsageProblem, and writes nothing, where a file is not any more what the plan was made for.
    """
    targets = [path for path in sorted(plan.changed) if _is_inside(root, path)]
    for path in targets:
        if not (root / path).is_file() or (root / path).read_bytes() != plan.before[path][0]:
            raise UsageProblem(
                "the file was changed meanwhile: nothing was written", hint="run the command again", path=path
            )
    done = []
    for path in targets:
        target, before, after = root / path, plan.before[path], plan.changed[path]
        if after[0] != before[0]:
            write_atomically(target, after[0])
        if after[1] and not before[1]:
            target.chmod(target.stat().st_mode | 0o111)
        if after != before:
            done.append(Repaired(path, render_patch({path: before}, {path: after}).rstrip("\n")))
    return tuple(done)


def _is_inside(root: Path, path: str) -> bool:
    return not (root / path).is_symlink() and (root / path).resolve().is_relative_to(root.resolve())


def _fixes(findings: Sequence[Finding]) -> list[Fix]:
    """Return the repairs of the findings, once each, errors' first."""
    order = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.ADVICE: 2}
    found = [
        Fix(**plan)
        for finding in sorted(findings, key=lambda one: order[one.severity])
        if finding.fix and isinstance(plan := finding.data.get("fix"), dict)
    ]
    return list(dict.fromkeys(found))


def try_fixes(tree: Tree, judge: Judge, plan: Plan, fixes: Sequence[Fix]) -> Plan | None:
    """Return the plan with these repairs made, or None where they bring a finding that was not there."""
    tried = _apply(tree, plan, fixes)
    if tried.changed == plan.changed:
        return plan
    findings = tuple(judge(PatchedTree(tree, tried.changed)))
    return None if _names(findings) - _names(plan.findings) else replace(tried, findings=findings)


def find_brought(tree: Tree, judge: Judge, plan: Plan, fixes: Sequence[Fix]) -> tuple[str, ...]:
    """Return the codes of the findings that these repairs would bring."""
    after = judge(PatchedTree(tree, _apply(tree, plan, fixes).changed))
    return tuple(sorted({code for code, _, _ in _names(after) - _names(plan.findings)}))


def name_of(finding: Finding) -> tuple[str, str, str]:
    """Return a finding without its lines, which a repair moves: (code, path, message)."""
    where = finding.location.path if finding.location else ""
    return finding.code, where, re.sub(r":\d+|\d+ \|", "", finding.message)


def _names(findings: Sequence[Finding]) -> Counter[tuple[str, str, str]]:
    """Return the findings by their names; advice is left out."""
    return Counter(name_of(one) for one in findings if one.severity is not Severity.ADVICE)


def _apply(tree: Tree, plan: Plan, fixes: Sequence[Fix]) -> Plan:
    """Return the plan with these repairs made, from the last line to the first: a new line moves others."""
    changed, before = dict(plan.changed), dict(plan.before)
    for fix in sorted(fixes, key=lambda fix: (-fix.line, not fix.old)):
        known = changed.get(fix.path) or _read(tree, fix.path)
        if known is None:
            continue
        content, executable = known
        after = (content, True) if fix.kind == "chmod" else (_edit(content, fix), executable)
        if after != known:
            changed[fix.path] = after
            before.setdefault(fix.path, known)
    return replace(plan, changed=changed, before=before)


def _read(tree: Tree, path: str) -> Content | None:
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
        end = "\r" if line.endswith("\r") else ""
        new = [f"{one}{end}" for one in fix.new.rstrip("\n").split("\n")]
        beside = (lines[max(0, number - len(new)) : number], lines[number : number + len(new)])
        if new not in beside:  # else it stands there already
            lines[number:number] = new
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
