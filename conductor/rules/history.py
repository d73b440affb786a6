"""R10: TASKS.md and JOURNAL.md are the project's memory. Entries are added and moved to archives, never deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from conductor.domain.finding import Finding, Location
from conductor.domain.rule import BY_ID
from conductor.records.grammar import DAY, TASK
from conductor.rules.answer import Answer, RuleMeta, Status, count, from_findings, severity_of
from conductor.rules.context import RuleContext, changed_paths
from conductor.rules.example import Shell
from conductor.rules.recorded import unlawful

META = RuleMeta(
    BY_ID["R10"],
    "Keep TASKS.md and JOURNAL.md",
    "TASKS.md and JOURNAL.md were kept as CONDUCTOR.md says: with conductor, and nothing of them was deleted.",
    "`conductor check records`; committed entries against the tree; the session's commits against entries",
    example="git checkout -- JOURNAL.md",
)
EXAMPLE = Shell("sed -i '/^## 2026-01-05 09:10/,$d' JOURNAL.md\nconductor check rules")
RECORDS = ("TASKS.md", "JOURNAL.md")
# A task is named by its block's field, by its heading in other families of the format, or by its row in an archive.
_TASK = re.compile(rf"^(?:#{{1,6}} .*?|[-*\s]*\*\*Task ID\*\*:\s*|[-*] (?:\[[ xX]\] )?\[?)({TASK})\b", re.MULTILINE)
_ENTRY = re.compile(rf"^#{{2,4}} .*?({DAY} \d{{1,2}}:\d{{2}})", re.MULTILINE)


def audit(context: RuleContext) -> Iterator[Finding]:
    """Yield a finding for each record that was removed, and each entry that stands in no record or archive any more."""
    severity = severity_of(context.rule(META.rule.name).level)
    present = _present(context)
    for name in RECORDS:
        before = _committed(context, name)
        if before and context.read(name) is None and not _entries(before) <= present:
            message = f"{name} was removed, with every entry in it ({len(_entries(before))})"
            yield Finding("R10", message, f"git restore {name}", severity, location=Location(name), docs=META.docs)
            continue
        for lost in sorted(_entries(before) - present):
            yield Finding(
                "R10",
                f"the entry {lost} was deleted from {name}, and no archive holds it",
                f"git log -S '{lost}' -- {name} shows it; put it back, or move it with conductor records compact",
                severity,
                location=Location(name),
                docs=META.docs,
                data={"entry": lost},
            )


def _entries(text: str) -> set[str]:
    return set(_TASK.findall(text)) | set(_ENTRY.findall(text))


def _committed(context: RuleContext, name: str) -> str:
    """Return the record as HEAD and what was pushed last have it, one after the other."""
    base = context.unpushed()
    revisions = ["HEAD"] + ([base] if base else [])
    found = context.repository.read_many([f"{revision}:{name}" for revision in revisions])
    return "\n".join(blob.decode("utf-8", "replace") for blob in found if blob)


def _present(context: RuleContext) -> set[str]:
    """Return the entries that stand anywhere in the records and their archives."""
    archives = [path for path in context.paths() if "archive" in path.lower() and PurePosixPath(path).suffix == ".md"]
    return {entry for path in (*RECORDS, *archives) for entry in _entries(context.read(path) or "")}


def report(context: RuleContext) -> Answer:
    """Answer from the guard's log, the records' entries, and whether the session's commits were journaled."""
    ran = unlawful(context, META.rule.name)
    if ran:
        return Answer(Status.VIOLATED, tuple(f"guard log {one.at}: {one.command} ran" for one in ran))
    findings = list(audit(context))
    if findings:
        return from_findings(findings, "")
    if not any(context.read(name) for name in RECORDS):
        return _without_records(context)
    session = context.session
    if session is None or session.base is None:
        return Answer(Status.KEPT, ("no committed entry is missing",))
    commits = context.repository.log(f"{session.base}..HEAD")
    added = _entries(context.read("JOURNAL.md") or "") - _entries(_at(context, session.base))
    if commits and not added:
        told = f"{count(len(commits), 'commit')} since {session.base[:7]}, and no new entry in JOURNAL.md"
        return Answer(Status.VIOLATED, (told,))
    told = f"new since {session.base[:7]}: {count(len(commits), 'commit')}, {len(added)} in JOURNAL.md"
    return Answer(Status.KEPT, (told, "no committed entry is missing"))


def _without_records(context: RuleContext) -> Answer:
    if not changed_paths(context):
        return Answer(Status.NOT_NEEDED, ("nothing changed in this session that a record would tell of",))
    told = "neither TASKS.md nor JOURNAL.md is here: conductor task new, conductor journal add"
    return Answer(Status.VIOLATED, (told,))


def _at(context: RuleContext, revision: str) -> str:
    return (context.repository.read(revision, "JOURNAL.md") or b"").decode("utf-8", "replace")
