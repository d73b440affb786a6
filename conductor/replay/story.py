"""What happened in a history: defects with their lives, and per commit what is new, carried, repaired or only moved.

A defect is the same one in two commits where its code, its file and its words are: its line may change, and with a
renamed Dockerfile its path does.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from conductor.domain.finding import Finding, Severity

if TYPE_CHECKING:
    from conductor.ports.history import Revision, Span
    from conductor.replay.judging import Judged
    from conductor.replay.read import Entry
    from conductor.replay.recorded import Loss

_NUMBERED = re.compile(r":\d+\b|\bline \d+\b")
# A claim is contradicted by what the next commits repair; later work is another matter.
_CLAIM_REACH = 8
_KEPT = 50
# An image or a workflow that can't be read: what else was wrong with it can't be seen meanwhile.
_UNREAD = frozenset({"RP-FILE-001", "PF-FLOW-001"})
_REPAIR = re.compile(
    r"\b(fix(e[sd])?|repair(s|ed)?|hotfix|correct(s|ed)?|resolve[sd]?|revert(s|ed)?|broken|fail\w*|work ?around)\b",
    re.IGNORECASE,
)


class Key(NamedTuple):
    """What makes a defect the same one in two commits; `turn` tells apart those that read alike."""

    code: str
    path: str
    message: str
    turn: int


@dataclass(slots=True)
class Life:
    """One defect through the history. `repaired` is the commit that ended it, None where the last commit has it.

    `mended` is an earlier commit that ended it on one branch; `commits` counts those that had it; `came_back` how often
    it returned after a repair; `before` tells that it was there before the range began.
    """

    finding: Finding
    first: Revision
    last: Revision
    commits: int = 0
    repaired: Revision | None = None
    mended: Revision | None = None
    came_back: int = 0
    before: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """A task that was called complete, and the commit that repaired the same thing soon after, in the same `files`."""

    task: str
    title: str
    claimed: Revision
    repaired: Revision
    later: int
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What one commit did. `moved` are (defect that went, the one that came in its place)."""

    revision: Revision
    new: tuple[Finding, ...]
    carried: tuple[Finding, ...]
    repaired: tuple[Finding, ...]
    moved: tuple[tuple[Finding, Finding], ...]
    only_moved: bool
    stopped: bool
    lost: tuple[Loss, ...]
    renamed: tuple[tuple[str, str, str], ...]
    claims: tuple[tuple[str, str], ...]

    @property
    def is_quiet(self) -> bool:
        """Tell whether nothing began, ended or was lost with this commit."""
        return not (self.new or self.repaired or self.lost or self.renamed)


@dataclass(slots=True)
class Story:
    """All of it: told commit by commit with `tell`, summed up afterwards."""

    span: Span
    lives: dict[Key, Life] = field(default_factory=dict)
    told: int = 0
    judged: int = 0
    stopped: list[Revision] = field(default_factory=list)
    only_moved: list[Revision] = field(default_factory=list)
    lost: dict[tuple[str, str], tuple[Loss, Revision]] = field(default_factory=dict)
    renamed: list[tuple[str, str, str, Revision]] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    last: Revision | None = None
    _held: dict[str, Mapping[Key, Finding]] = field(default_factory=dict)
    _images: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _open_claims: list[_OpenClaim] = field(default_factory=list)
    _recent: list[tuple[str, ...]] = field(default_factory=list)
    _same: dict[tuple[Finding, ...], dict[Key, Finding]] = field(default_factory=dict)
    _children: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._children.update(parent for one in self.span.revisions for parent in one.parents)

    def begin(self, revision: str, judged: Judged) -> None:
        """Take a commit from before the range: what it has is not new."""
        self._held[revision] = self._keys(judged.findings)
        self._images[revision] = judged.images

    def tell(self, entry: Entry) -> Told:
        """Take the next commit and return what it did."""
        revision = entry.revision
        now = self._keys(entry.judged.findings)
        parents = [self._held[one] for one in revision.parents if one in self._held]
        every = {key: finding for parent in reversed(parents) for key, finding in parent.items()}
        if len(parents) == 1:
            every = self._after_renames(every, now, revision, entry.judged.images)
            parents = [every]
        now = {**dict(_hidden(every, now)), **now}
        new = {key: finding for key, finding in now.items() if key not in every}
        gone = {
            key: finding
            for key, finding in every.items()
            if key not in now and all(key in parent for parent in parents)
        }
        self._live(
            revision, now, new, every, gone, unknown_before=not parents and bool(revision.id in self.span.shallow)
        )
        moved = tuple(_pairs(gone, new))
        wrong = sum(map(_is_error, gone.values()))
        only_moved = 0 < wrong <= sum(_is_error(one) and _is_error(came) for one, came in moved)
        stopped = any(map(_is_error, now.values()))
        self._held[revision.id], self._images[revision.id] = now, entry.judged.images
        self._let_go(revision)
        self._sum_up(entry, stopped=stopped, only_moved=only_moved)
        self._note_records(entry, gone)
        return Told(
            revision,
            tuple(new.values()),
            tuple(finding for key, finding in now.items() if key in every),
            tuple(gone.values()),
            moved,
            only_moved,
            stopped,
            entry.recorded.lost,
            entry.recorded.renamed,
            entry.recorded.claims,
        )

    def pushed(self) -> tuple[int, int] | None:
        """Return (pushes that would have been stopped, all of the range); None where this clone notes no push."""
        if self.span.pushed is None:
            return None
        ends = self.span.pushed & {one.id for one in self.span.revisions}
        return len(ends & {one.id for one in self.stopped}), len(ends)

    def ranked(self) -> list[Life]:
        """Return the defects: errors first, then by when they began."""
        order = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.ADVICE: 2}
        return sorted(
            self.lives.values(), key=lambda life: (order[life.finding.severity], life.first.at, life.first.id)
        )

    def _keys(self, findings: tuple[Finding, ...]) -> dict[Key, Finding]:
        """Return the findings by what makes them the same; commits with equal findings share one answer."""
        known = self._same.get(findings)
        if known is None:
            if len(self._same) > _KEPT:
                self._same.clear()
            known = self._same[findings] = _keyed(findings)
        return known

    def _let_go(self, revision: Revision) -> None:
        """Forget the commits whose children have all been told."""
        for parent in revision.parents:
            self._children[parent] -= 1
            if self._children[parent] <= 0:
                self._held.pop(parent, None)
                self._images.pop(parent, None)

    def _sum_up(self, entry: Entry, *, stopped: bool, only_moved: bool) -> None:
        self.told += 1
        self.judged += bool(entry.judged.images)
        self.last = entry.revision
        if stopped:
            self.stopped.append(entry.revision)
        if only_moved:
            self.only_moved.append(entry.revision)

    def _live(
        self,
        revision: Revision,
        now: Mapping[Key, Finding],
        new: Mapping[Key, Finding],
        every: Mapping[Key, Finding],
        gone: Mapping[Key, Finding],
        *,
        unknown_before: bool,
    ) -> None:
        for key, finding in now.items():
            life = self.lives.get(key)
            if life is None:
                before = unknown_before or key not in new
                life = self.lives[key] = Life(finding, revision, revision, before=before)
            elif key in new and life.repaired is not None:
                life.came_back += 1
            life.mended, life.repaired = life.repaired or life.mended, None
            life.last, life.finding = revision, finding
            life.commits += 1
        for key, finding in every.items():
            if key in now:
                continue
            life = self.lives.setdefault(key, Life(finding, revision, revision, before=True))
            if key in gone:
                life.repaired = revision
            elif life.repaired is None:
                # A merge that has it from one side only: the other side repaired it, or the merge left it out.
                life.repaired = life.mended or revision

    def _after_renames(
        self, every: dict[Key, Finding], now: Mapping[Key, Finding], revision: Revision, images: tuple[str, ...]
    ) -> dict[Key, Finding]:
        """Return what the parents had, under the new name where a file was renamed with its image: it is carried."""
        old = {path for one in revision.parents for path in self._images.get(one, ())}
        if not old or not images or set(images) & old:
            return every
        renamed = {key: _moved(key, sorted(old), images, now) if key not in now else key for key in every}
        for before, after in renamed.items():
            if before != after and before in self.lives:
                self.lives[after] = self.lives.pop(before)
        return {renamed[key]: finding for key, finding in every.items()}

    def _note_records(self, entry: Entry, gone: Mapping[Key, Finding]) -> None:
        revision, recorded = entry.revision, entry.recorded
        for loss in recorded.lost:
            self.lost.setdefault((loss.kind, loss.key), (loss, revision))
        for name in recorded.found:
            self.lost.pop(name, None)
        self.renamed += [(*one, revision) for one in recorded.renamed]
        self._contradict(entry, gone)
        files = entry.changed or next((one for one in reversed(self._recent) if one), ())
        self._open_claims += [_OpenClaim(*one, revision, files) for one in recorded.claims]
        self._recent = [*self._recent[-3:], entry.changed]

    def _contradict(self, entry: Entry, gone: Mapping[Key, Finding]) -> None:
        kept = []
        mends = bool(_REPAIR.search(entry.revision.subject)) or any(map(_is_error, gone.values()))
        for claim in self._open_claims:
            claim.later += 1
            same = tuple(path for path in entry.changed if path in claim.files)
            if mends and same:
                self.claims.append(Claim(claim.task, claim.title, claim.claimed, entry.revision, claim.later, same[:5]))
            elif claim.later < _CLAIM_REACH:
                kept.append(claim)
        self._open_claims = kept


@dataclass(slots=True)
class _OpenClaim:
    task: str
    title: str
    claimed: Revision
    files: tuple[str, ...]
    later: int = 0


def _hidden(every: Mapping[Key, Finding], now: Mapping[Key, Finding]) -> Iterable[tuple[Key, Finding]]:
    """Yield what the parents had in files that this commit makes unreadable: nobody repaired it, nobody can see it."""
    unread = {key.path for key in now if key.code in _UNREAD}
    image = any(key.code == "RP-FILE-001" for key in now)
    for key, finding in every.items():
        seen = key in now or key.code in _UNREAD
        if not seen and (key.path in unread or (image and not key.path.startswith(".github/"))):
            yield key, finding


def _moved(key: Key, old: Sequence[str], images: Sequence[str], now: Mapping[Key, Finding]) -> Key:
    """Return the name of a defect after its image's file and folder were renamed; itself where it has none then."""
    for before, after in itertools.product(old, images):
        folders = before.rpartition("/")[0], after.rpartition("/")[0]
        path = after if key.path == before else _in_folder(key.path, *folders)
        message = key.message.replace(f"({folders[0] or '.'})", f"({folders[1] or '.'})")
        candidate = Key(key.code, path, message, key.turn)
        if candidate in now:
            return candidate
    return key


def _in_folder(path: str, before: str, after: str) -> str:
    inside = path.removeprefix(f"{before}/") if before else path
    return f"{after}/{inside}" if after and (inside != path or not before) else inside


def _is_error(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR


def _keyed(findings: Iterable[Finding]) -> dict[Key, Finding]:
    turns: Counter[tuple[str, str, str]] = Counter()
    found = {}
    for finding in findings:
        if finding.severity is Severity.ADVICE:
            continue
        name = (
            finding.code,
            finding.location.path if finding.location else "",
            _NUMBERED.sub("", finding.message),
        )
        found[Key(*name, turns[name])] = finding
        turns[name] += 1
    return found


def _pairs(gone: Mapping[Key, Finding], new: Mapping[Key, Finding]) -> Iterator[tuple[Finding, Finding]]:
    """Yield each defect that went with one of its family that came in the same file: the trouble only moved."""
    left = list(new.items())
    for key, finding in gone.items():
        for index, (other, came) in enumerate(left):
            if other.path == key.path and _family(other.code) == _family(key.code):
                del left[index]
                yield finding, came
                break


def _family(code: str) -> str:
    """Return what a code is about: `PF-WHEEL` of `PF-WHEEL-001`."""
    return code.rpartition("-")[0]
