"""Claims in prose: "proven", "tested on", "verified", "fixed" about this revision, where no evidence says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from conductor.domain.evidence import REFERENCE, EvidenceLine, Outcome
from conductor.domain.finding import Confidence, Finding, Location, Severity
from conductor.domain.text import one_line
from conductor.errors import OutsideRefused
from conductor.records.grammar import parse_field, parse_listed, parse_row
from conductor.rules.context import RuleContext
from conductor.rules.variants import is_container_file, is_sample

CODE = "CLAIM-001"
_DOCS = "docs/check.md#claims-in-prose"
_CLAIM = re.compile(
    r"(?P<claim>\bproven\b"
    r"|\b(?:tested|validated|verified|confirmed)\s+"
    r"(?:on|with|(?:in|under)(?!\s+(?:about\s+)?\d)|to\s+work|working|by\s+running|end[ -]to[ -]end)\b"
    r"|\b(?:fully|thoroughly|successfully|well|already|now|been|was|were)[\s-]+(?:tested|validated|verified|fixed)\b"
    r"|\btested\s+against\b|\b(?:is|are)\s+fixed\b|\b(?:issue|bug|problem|failure|error)s?\b[^.]{0,40}\bresolved\b"
    r"|\b(?:works|working)\s+(?:perfectly|correctly|flawlessly|now|as\s+expected|again)\b"
    r"|\bproduction[ -]ready\b|\bguaranteed?\s+to\s+(?:work|build|run|fix)\b"
    r"|\b100\s?%\s+(?:working|compatible|tested)\b"
    r"|^\W*(?:fixed|verified|tested|resolved|confirmed|validated)\b(?!\s*[:=(]|\s+by\b)|[✅✔]\s*\w+)",
    re.IGNORECASE,
)
# What turns the words into a wish, a condition, a description or their opposite.
_DENIED = re.compile(
    r"\b(?:not|never|no|nothing|nobody|isn't|wasn't|aren't|to\s+be|must|should|shall|will|would|can|could|cannot|if|when|"
    r"until|unless|once|before|without|whether|needs?|todo|yet|until|how|every|each|any|only|claims?)\W+(?:\w+\W+){0,2}$",
    re.IGNORECASE,
)
# "fixed" about a thing that stays as it is, or that somebody else put right in a version of theirs.
_FIXED_THING = re.compile(
    r"^[\s-]*(?:(?:size|width|height|length|point|seed|order|number|set|list|rate|value|format|at|by|to|upstream)\b"
    r"|(?:in|since|with|from)\s+(?:\w+\s+){0,2}v?\d+\.\d)",
    re.IGNORECASE,
)
# What says after the words how little it was.
_LIMITED = re.compile(
    r"^\s+(?:only|merely|solely|just|nowhere|neither|by\s+(?:nobody|no\s+one|nothing))\b", re.IGNORECASE
)
_COMMENT = {
    ".py": r"#", ".sh": r"#", ".bash": r"#", ".yml": r"#", ".yaml": r"#", ".toml": r"#", ".cfg": r"[#;]", ".mk": r"#",
    ".js": r"//|\*", ".ts": r"//|\*", ".go": r"//|\*", ".rs": r"//|\*", ".c": r"//|\*", ".cc": r"//|\*", ".h": r"//|\*",
    ".cu": r"//|\*",
}  # fmt: skip
_MOST_LETTERS = 1_000_000
_RECORDS = ("JOURNAL.md", "TASKS.md")
_BESIDE = (*_RECORDS, "ERRORS.md", "TASKS_ARCHIVE/", "JOURNAL_ARCHIVE/", ".conductor/")
# Kinds of evidence that carry a claim about a revision; a commit or an edit shows only that it was made.
_CARRIES = frozenset({"build", "image", "deployed", "smoke", "performance", "command", "manual"})


def find_claims(context: RuleContext, lines: list[EvidenceLine]) -> list[Finding]:
    """Return an advice for each claim in what is not pushed yet, or about HEAD, that no evidence carries."""
    head = context.repository.head()
    carried = head is not None and any(_carries(line, head) for line in lines)
    references = {line.reference for line in lines}
    found = list(_in_added_lines(context, head, references, carried=carried))
    if not carried:
        seen = {finding.location for finding in found}
        found += [finding for finding in _in_build_files(context, references) if finding.location not in seen]
        found += _in_commits(context) if head is not None else []
    return found


def find_claim(text: str) -> str | None:
    """Return the words of a line that claim something was tried and holds, or None."""
    for match in _CLAIM.finditer(text):
        words, before, after = match["claim"], text[: match.start()], text[match.end() :]
        if _DENIED.search(before) or _LIMITED.match(after) or re.search(r"\?\s*$", text):
            continue
        if words.lower().endswith("fixed") and _FIXED_THING.match(after):
            continue
        return one_line(words.strip("#*-/> \t"), 60)
    return None


def _carries(line: EvidenceLine, revision: str) -> bool:
    evidence = line.evidence
    about = revision in evidence.subject or evidence.detail.get("revision") == revision
    return about and evidence.outcome is Outcome.PASSED and evidence.kind in _CARRIES


def _in_added_lines(
    context: RuleContext, head: str | None, references: set[str], *, carried: bool
) -> Iterator[Finding]:
    """Look at added lines; where evidence carries the revision, only at what is not committed yet."""
    if head is None:
        return
    base = head if carried else context.unpushed() or head
    told = carried and _is_committed(context)
    for path, number, line in (*_added_lines(context, base), *_lines_of_new_files(context)):
        text = None if told and path in _RECORDS else _prose(path, line)
        if text and (claim := find_claim(text)) and not _has_reference(text, references):
            yield _finding(claim, text, Location(path, number))


def _is_committed(context: RuleContext) -> bool:
    """Tell whether nothing but records differs from HEAD: what those say is about HEAD, then."""
    return all(change.path.startswith(_BESIDE) for change in context.repository.changes())


def _added_lines(context: RuleContext, base: str) -> Iterator[tuple[str, int, str]]:
    try:
        patches = context.repository.patches(base, context_lines=0, renames=False)
    except OutsideRefused:
        return  # what can't be compared is not judged
    for patch in patches:
        yield from ((patch.path, number, line) for number, line in patch.added())


def _lines_of_new_files(context: RuleContext) -> Iterator[tuple[str, int, str]]:
    """Yield the lines of what git does not know yet and could hold prose."""
    listed = context.repository.run("ls-files", "-z", "--others", "--exclude-standard").stdout
    for path in listed.decode("utf-8", "surrogateescape").split("\0"):
        if path and _can_hold_prose(path):
            for number, line in enumerate((context.read(path) or "")[:_MOST_LETTERS].splitlines(), start=1):
                yield path, number, line


def _can_hold_prose(path: str) -> bool:
    name = PurePosixPath(path)
    return name.name in (*_RECORDS, "Makefile") or name.suffix in _COMMENT or is_container_file(name.name)


def _has_reference(text: str, references: set[str]) -> bool:
    return any(match[0] in references for match in REFERENCE.finditer(text))


def _is_task_line(line: str) -> bool:
    """Tell whether it is a task's own line: its title says what is to be done, its mark is checked with the records."""
    row, field = parse_row(line), parse_field(line)
    if row is not None and row.symbol and row.link and not row.tail:
        return True
    return parse_listed(line) is not None or (field is not None and field[0] == "Title")


def _prose(path: str, line: str) -> str | None:
    """Return what of a line is prose: a record's text, or a comment."""
    name = PurePosixPath(path).name
    if name in _RECORDS:
        return None if _is_task_line(line.strip()) else line
    by_name = is_container_file(name) or name == "Makefile"
    marker = "#" if by_name else _COMMENT.get(PurePosixPath(path).suffix)
    if marker is None:
        return None
    match = re.search(rf"(?:^|\s)(?:{marker})+\s?(?P<text>.*)$", line)
    return match["text"] if match else None


def _in_build_files(context: RuleContext, references: set[str]) -> Iterator[Finding]:
    """Look at every line of what is built: its claims are about this revision, whenever they were written."""
    for path in context.paths():
        is_workflow = path.startswith(".github/workflows/")
        if is_sample(path) or not (is_workflow or is_container_file(PurePosixPath(path).name)):
            continue
        for number, line in enumerate((context.read(path) or "").splitlines(), start=1):
            text = _prose(path, line)
            if text and (claim := find_claim(text)) and not _has_reference(text, references):
                yield _finding(claim, text, Location(path, number))


def _in_commits(context: RuleContext) -> Iterator[Finding]:
    base = context.unpushed()
    commits = context.repository.log(f"{base}..HEAD") if base else context.repository.log(limit=1)
    for commit in commits[:50]:
        for line in (commit.subject, *commit.body.splitlines()):
            if claim := find_claim(line):
                yield _finding(claim, line, None, commit.revision)


def _finding(claim: str, line: str, where: Location | None, revision: str = "") -> Finding:
    place = f"the message of {revision[:7]}" if revision else "this line"
    return Finding(
        CODE,
        f'{place} claims "{claim}", and no evidence says so: "{one_line(line, 160)}"',
        "say what is expected instead, or let Conductor observe it: conductor task expect, conductor release",
        Severity.ADVICE,
        Confidence.MEDIUM,
        where,
        docs=_DOCS,
        data={"claim": claim, "quoted": one_line(line, 300)},
    )
