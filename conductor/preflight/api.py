"""Judge the image of a project: the one entry that the command line, the release and replay use."""

from __future__ import annotations

import difflib
import itertools
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity, sort_findings
from conductor.errors import UsageProblem
from conductor.preflight.checks import load_checks
from conductor.preflight.limits import MAX_FINDINGS_PER_CHECK, MAX_JUDGE_S
from conductor.preflight.load import load_subject

if TYPE_CHECKING:
    from pathlib import Path

    from conductor.config.settings import Settings
    from conductor.ports.tree import Tree
    from conductor.preflight.check import Check
    from conductor.preflight.subject import Lookup, Subject


@dataclass(frozen=True, slots=True)
class Report:
    """What was found.

    `skipped` are the ids of checks that declined (they need `--online`, or got no answer), `files` what was read.
    `instructions` are those of the Dockerfile: path, first and last line of each.
    `late` says what was not judged because the rest took too much work, '' where everything was.
    """

    findings: tuple[Finding, ...]
    checks_run: tuple[str, ...]
    files: tuple[str, ...]
    skipped: tuple[str, ...]
    instructions: tuple[tuple[str, int, int], ...] = ()
    late: str = ""

    def count(self, severity: Severity) -> int:
        """Return how many findings have this severity."""
        return sum(1 for finding in self.findings if finding.severity is severity)


def check_project(
    root: Path,
    settings: Settings,
    *,
    dockerfile: Path | None = None,
    context: Path | None = None,
    online: bool = False,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    lookup: Lookup | None = None,
    tree: Tree | None = None,
) -> Report:
    """Judge the image of the project at `root`; nothing of it is executed and no network is used unless `online`.

    `tree` are the files to judge in the place of those in the folder. `lookup` answers the questions of `online`;
    without it the checks that ask are skipped. `only` and `skip` name checks by id or code. Raises UsageProblem where
    there is no readable Dockerfile or a check's name is not known.
    """
    chosen = choose(only, skip)
    lookup = lookup if online else None
    subject = load_subject(root, settings, dockerfile=dockerfile, context=context, lookup=lookup, tree=tree)
    return judge_subject(subject, chosen)


def judge_subject(subject: Subject, checks: Iterable[Check]) -> Report:
    """Run the checks on what was read."""
    findings: dict[tuple[str, str, str], Finding] = {}
    run: list[str] = []
    skipped: list[str] = []
    late = ["the file's end"] if subject.timeline.unfinished else []
    deadline_s = time.process_time() + MAX_JUDGE_S
    for check in checks:
        if time.process_time() > deadline_s:
            late.append(check.meta.id)
            continue
        if not check.meta.offline and subject.lookup is None:
            skipped.append(check.meta.id)
            continue
        asked = _Asked(subject.lookup) if subject.lookup is not None else None
        judged = replace(subject, lookup=asked)
        found = iter(check.judge(judged))
        kept = list(itertools.islice(found, MAX_FINDINGS_PER_CHECK))
        if kept and next(found, None) is not None:
            kept[-1] = replace(kept[-1], context=(*kept[-1].context, "and more of the same, which are not listed"))
        for finding in kept:
            findings.setdefault((finding.code, str(finding.location), finding.message), finding)
        (skipped if asked is not None and asked.silent else run).append(check.meta.id)
    found_all = tuple(sort_findings(list(findings.values())))
    spans = tuple((subject.dockerfile_path, one.line, one.end_line) for one in subject.dockerfile.instructions)
    return Report(found_all, tuple(run), files_of(subject), tuple(skipped), spans, ", ".join(late))


class _Asked:
    """Passes questions on and remembers whether one got no answer: such a check did not judge everything."""

    def __init__(self, lookup: Lookup) -> None:
        self.lookup = lookup
        self.silent = False

    def serves(self, address: str) -> bool | None:
        return self._note(self.lookup.serves(address))

    def has_image(self, reference: str) -> bool | None:
        return self._note(self.lookup.has_image(reference))

    def is_public(self, name: str) -> bool | None:
        return self._note(self.lookup.is_public(name))

    def _note(self, answer: bool | None) -> bool | None:  # noqa: FBT001 - it is the answer itself
        self.silent = self.silent or answer is None
        return answer


def files_of(subject: Subject) -> tuple[str, ...]:
    """Return the files that the judgement read, relative to the project."""
    timeline = subject.timeline
    names = {subject.dockerfile_path, *(workflow.path for workflow in subject.workflows.documents)}
    if subject.context.ignore_file:
        names.add(subject.context.display(subject.context.ignore_file))
    names.update(command.path for command in timeline.commands)
    names.update(f.path for install in timeline.pip_installs for f in install.files if f.path)
    names.update(subject.context.display(run.found.source) for run in timeline.python_runs if run.found.source)
    return tuple(sorted(names))


def choose(only: Sequence[str] = (), skip: Sequence[str] = ()) -> tuple[Check, ...]:
    """Return the checks that are wanted, by id or code."""
    checks = load_checks()
    wanted = {find_check(name).meta.id for name in only}
    unwanted = {find_check(name).meta.id for name in skip}
    return tuple(c for c in checks if (not wanted or c.meta.id in wanted) and c.meta.id not in unwanted)


def find_check(name: str) -> Check:
    """Return the check of that id or code. Raises UsageProblem with the nearest known one."""
    checks = load_checks()
    for check in checks:
        if name.lower() in {check.meta.id, check.meta.code.lower()}:
            return check
    known = [check.meta.id for check in checks] + [check.meta.code for check in checks]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else "see docs/checks for all of them"
    raise UsageProblem(f"there is no check {name!r}", hint=hint)
