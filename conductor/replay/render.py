"""The story as text of at most 80 columns, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from conductor.domain.finding import Finding, Severity
from conductor.domain.text import one_line

if TYPE_CHECKING:
    from conductor.ports.history import Revision
    from conductor.replay.story import Life, Story, Told

WIDTH = 80
_LABEL = 12
_SHOWN = 40
_ALIKE = 3
# A commit's subject is cut rather than folded: it is there to be recognised.
_CUT = "…"


def render_told(told: Told) -> Iterator[str]:
    """Yield the lines of one commit that did something."""
    yield _head(told.revision)
    ended: list[Finding] = []
    moved_from = {id(one): came for one, came in told.moved}
    for finding in told.repaired:
        came = moved_from.get(id(finding))
        if came is None:
            ended.append(finding)
        else:
            became = "again" if came.code == finding.code else f"became {came.code}"
            yield from _row("moved", f"{_name(finding)} {became}: {came.message}")
    came_in = {id(came) for _, came in told.moved}
    yield from _rows("repaired", ended)
    yield from _rows("new", [finding for finding in told.new if id(finding) not in came_in])
    for loss in told.lost[:_SHOWN]:
        how = "was planned, and is gone from every record" if loss.planned else "is gone from every record"
        yield from _row("lost", f"{loss.name} {how}")
    if len(told.lost) > _SHOWN:
        yield from _row("lost", f"and {len(told.lost) - _SHOWN} more")
    for task, before, now in told.renamed:
        yield from _row("renamed", f"task {task} meant {before!r} and means {now!r}")
    for task, title in told.claims:
        yield from _row("claimed", f"task {task}{f' ({title})' if title else ''} is called complete")
    if told.carried:
        yield from _row("carried", _count(told.carried))


def count_carried(told: Told) -> str:
    """Return what a commit took over, as `2 errors, 1 warning`; empty where that is nothing."""
    return _count(told.carried)


def render_quiet(commits: int, told: Told) -> str:
    """Return one line for a run of commits that changed nothing of this."""
    what = f"carried {_count(told.carried)}" if told.carried else "had nothing new"
    return f"  … {_number(commits, 'commit')} {what}"


def render_summary(story: Story, *, every: bool = False) -> Iterator[str]:
    """Yield the sum: what would have been stopped, the defects with their lives, what the records lost."""
    yield from _totals(story)
    ranked = [life for life in story.ranked() if every or life.finding.severity is Severity.ERROR]
    if ranked:
        yield ""
        yield f"Defects: {_lives(story.ranked())}"
    for lives in _together(ranked):
        yield from _lived(lives)
    hidden = Counter(life.finding.code for life in story.ranked()) - Counter(life.finding.code for life in ranked)
    if hidden:
        kinds = ", ".join(f"{code} {count}" for code, count in sorted(hidden.items()))
        yield from _fold(f"  warnings (--all tells each): {kinds}", 4)
    yield from _records(story)


def _totals(story: Story) -> Iterator[str]:
    first, last = story.span.revisions[0], story.last
    if last is None:
        return
    whole = len(story.span.revisions)
    of_all = "" if story.told == whole else f" of {whole:,}"
    shallow = "; older ones are not in this clone (git fetch --unshallow)" if story.span.shallow else ""
    days = f"{first.at:%Y-%m-%d} to {last.at:%Y-%m-%d}"
    yield from _fold(f"{story.told:,}{of_all} commits, {days}, {story.judged:,} with an image{shallow}", 2)
    yield f"  {_number(len(story.stopped), 'commit')} would have been stopped"
    pushed = story.pushed()
    if pushed is not None:
        yield f"  {pushed[0]} of {_number(pushed[1], 'push')} would have been stopped"
    elif story.stopped:
        yield "  pushes: this clone has noted none"
    if story.only_moved:
        names = ", ".join(one.id[:7] for one in story.only_moved)
        yield from _fold(f"  {_number(len(story.only_moved), 'commit')} only moved a defect: {names}", 4)


def _together(lives: Sequence[Life]) -> list[list[Life]]:
    """Return the defects of one file that began and ended together as one group."""
    found: dict[tuple[object, ...], list[Life]] = {}
    for life in lives:
        path = life.finding.location.path if life.finding.location else ""
        ended = life.repaired.id if life.repaired else ""
        found.setdefault((path, life.first.id, life.last.id, ended, life.before), []).append(life)
    return list(found.values())


def _lived(lives: Sequence[Life]) -> Iterator[str]:
    """Yield one group: when it lived, what it was, and what would have helped."""
    life = lives[0]
    since = f"before {life.first.id[:7]}" if life.before else life.first.id[:7]
    lived = f"{since} to {life.last.id[:7]}, {_number(life.commits, 'commit')}"
    if life.first.id == life.last.id and not life.before:
        lived = f"{since} only"
    ended = f"repaired by {life.repaired.id[:7]}" if life.repaired else "still there"
    back = f", came back {_number(life.came_back, 'time')}" if life.came_back else ""
    yield from _fold(f"  {lived}, {ended}{back}", 4)
    yield from _rows("", [one.finding for one in lives], severity=True)
    for remedy in list(dict.fromkeys(one.finding.remedy for one in lives))[:_ALIKE]:
        yield from _fold(f"    remedy: {one_line(remedy, 400)}", 6)


def _records(story: Story) -> Iterator[str]:
    if not (story.lost or story.renamed or story.claims):
        return
    yield ""
    yield "Records"
    for claim in story.claims:
        title = f" ({claim.title})" if claim.title else ""
        after = "the next commit" if claim.later == 1 else f"{claim.later} commits later"
        said = f"{claim.claimed.id[:7]} called task {claim.task}{title} complete"
        yield from _fold(f"  {said}; {after} {claim.repaired.id[:7]} repaired {', '.join(claim.files)}", 4)
    for loss, revision in list(story.lost.values())[:_SHOWN]:
        planned = "planned, " if loss.planned else ""
        yield from _fold(f"  {revision.id[:7]} lost {loss.name}: {planned}in no record now", 4)
    if len(story.lost) > _SHOWN:
        yield f"  and {len(story.lost) - _SHOWN} more are lost (--json tells each)"
    for task, before, now, revision in story.renamed:
        yield from _fold(f"  {revision.id[:7]} gave {task} another meaning: {before!r} became {now!r}", 4)


def as_data(story: Story) -> dict[str, Any]:
    """Return the sum as JSON's values."""
    pushed = story.pushed()
    return {
        "totals": {
            "commits": story.told,
            "in_range": len(story.span.revisions),
            "with_image": story.judged,
            "stopped": len(story.stopped),
            "pushes": None if pushed is None else {"stopped": pushed[0], "all": pushed[1]},
            "only_moved": [one.id for one in story.only_moved],
            "shallow": sorted(story.span.shallow),
        },
        "defects": [_life_data(life) for life in story.ranked()],
        "records": {
            "lost": [
                {
                    "kind": loss.kind,
                    "key": loss.key,
                    "title": loss.title,
                    "planned": loss.planned,
                    "commit": revision.id,
                }
                for loss, revision in story.lost.values()
            ],
            "renamed": [
                {"id": task, "before": before, "now": now, "commit": revision.id}
                for task, before, now, revision in story.renamed
            ],
            "claims": [
                {
                    "id": claim.task,
                    "title": claim.title,
                    "commit": claim.claimed.id,
                    "repaired": claim.repaired.id,
                    "commits_later": claim.later,
                    "files": list(claim.files),
                }
                for claim in story.claims
            ],
        },
    }


def told_data(told: Told) -> dict[str, Any]:
    """Return one commit as JSON's values."""
    return {
        "id": told.revision.id,
        "at": told.revision.at.isoformat(),
        "subject": one_line(told.revision.subject, 200),
        "stopped": told.stopped,
        "only_moved": told.only_moved,
        "new": [finding.as_json() for finding in told.new],
        "repaired": [finding.as_json() for finding in told.repaired],
        "moved": [{"from": _short(one), "to": _short(came)} for one, came in told.moved],
        "carried": len(told.carried),
        "claims": [{"id": task, "title": title} for task, title in told.claims],
    }


def _life_data(life: Life) -> dict[str, Any]:
    return {
        **_short(life.finding),
        "severity": str(life.finding.severity),
        "message": life.finding.message,
        "remedy": life.finding.remedy,
        "first": life.first.id,
        "last": life.last.id,
        "commits": life.commits,
        "before_the_range": life.before,
        "came_back": life.came_back,
        "repaired": life.repaired.id if life.repaired else None,
    }


def _short(finding: Finding) -> dict[str, Any]:
    where = finding.location
    return {"code": finding.code, "path": where.path if where else None, "line": where.line if where else None}


def _head(revision: Revision) -> str:
    line = f"{revision.at:%Y-%m-%d} {revision.id[:7]} {one_line(revision.subject, 200)}"
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + _CUT


def _row(label: str, text: str) -> Iterator[str]:
    yield from _fold(f"  {label:<{_LABEL - 2}}{one_line(text, 400)}" if label else f"    {one_line(text, 400)}", 4)


def _rows(label: str, findings: Sequence[Finding], *, severity: bool = False) -> Iterator[str]:
    """Yield a row for each of the first few findings of a code, and one for the rest of them."""
    of_code: dict[str, list[Finding]] = {}
    for finding in findings:
        of_code.setdefault(finding.code, []).append(finding)
    for code, found in of_code.items():
        for finding in found[:_ALIKE]:
            yield from _row(label, f"{f'{finding.severity} ' if severity else ''}{_name(finding)}: {finding.message}")
        if len(found) > _ALIKE:
            yield from _row(label, f"{code} in {_number(len(found) - _ALIKE, 'more place')}")


def _name(finding: Finding) -> str:
    where = finding.location
    line = f":{where.line}" if where and where.line else ""
    return f"{finding.code} {where.path}{line}" if where else finding.code


def _lives(lives: Sequence[Life]) -> str:
    left = sum(life.repaired is None for life in lives)
    return f"{len(lives)}, {left} of them in the last commit"


def _count(findings: Sequence[Finding]) -> str:
    counts = Counter(finding.severity for finding in findings)
    parts = [_number(counts[one], str(one)) for one in (Severity.ERROR, Severity.WARNING) if counts[one]]
    return ", ".join(parts)


def _number(count: int, word: str) -> str:
    plural = f"{word}es" if word.endswith("sh") else f"{word}s"
    return f"{count:,} {word if count == 1 else plural}"


def _fold(line: str, hang: int) -> Iterator[str]:
    """Yield the line in pieces of at most `WIDTH` characters, what continues `hang` in."""
    import textwrap

    # An address stays whole, so that it can be copied: a word longer than the line has one to itself.
    yield from textwrap.wrap(
        line, WIDTH, subsequent_indent=" " * hang, break_long_words=False, break_on_hyphens=False
    ) or [""]
