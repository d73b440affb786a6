"""What git's history of the record files ever held: tasks, chain rows, journal titles, errors, and who brought them.

One `git log -p` tells it all. What was read is kept in git's common directory by commit, so the next time only newer
commits are read; losing that file costs time, nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from conductor.ports.git import Repository
from conductor.records.files import ERRORS, JOURNAL, JOURNAL_ARCHIVE, TASK_ARCHIVE, TASKS
from conductor.records.grammar import (
    MARKS,
    is_error_id,
    is_task_id,
    parse_field,
    parse_row,
    parse_table_row,
    read_stamp,
    without_links,
)
from conductor.records.markup import unescape_title

PATHS = (TASKS, JOURNAL, ERRORS, TASK_ARCHIVE, JOURNAL_ARCHIVE)
_VERSION = 3
_HUNK = re.compile(rb"@@ -([0-9]+)(?:,([0-9]+))? \+([0-9]+)(?:,([0-9]+))? @@")
_HEADING = re.compile(r"(?P<marks>##|###)[ \t]+(?P<text>.*?)[ \t]*")


class Sighting(NamedTuple):
    """Something that a version of a record file held.

    `kind` is task, row (of the chain, without an id), entry or error; `state` the status or mark it had; `revision` is
    the commit that wrote the line, or took it away where `removed`; `line` counts from 1 in the version that has it.
    """

    kind: str
    key: str
    title: str
    state: str
    path: str
    revision: str
    line: int
    removed: bool


@dataclass
class Past:
    """What the history held: sightings by (kind, key), newest first; old titles by the new ones they were edited to."""

    sightings: dict[str, list[Sighting]] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    brought: dict[str, tuple[str, int]] = field(default_factory=dict)
    shallow: bool = False

    def of(self, kind: str) -> Iterator[tuple[str, list[Sighting]]]:
        """Return the keys of one kind with their sightings."""
        wanted, length = f"{kind} ", len(kind) + 1
        return ((name[length:], seen) for name, seen in self.sightings.items() if name.startswith(wanted))


def read_past(repository: Repository) -> Past | None:
    """Return what the commits behind HEAD held, or None where there is no commit."""
    answer = repository.run("rev-parse", "--is-shallow-repository", "--verify", "HEAD^{commit}", check=False)
    lines = answer.stdout.decode().split()
    if answer.returncode != 0 or len(lines) != 2:
        return None
    shallow, head = lines[0] == "true", lines[1]
    known_head, known = _load(repository.common_dir)
    if known_head == head:
        known.shallow = shallow
        return known
    if known_head and not _is_ancestor(repository, known_head, head):
        known_head, known = None, Past()
    past = _scan(_log(repository, f"{known_head}..{head}" if known_head else head))
    _append(past, known)
    past.shallow = shallow
    _save(repository.common_dir, head, past)
    return past


def title_of(text: str) -> str:
    """Return a journal heading's title without links, as it is compared."""
    return unescape_title(without_links(text)).strip(" #*")


def words_in_common(first: str, second: str) -> float:
    """Return the share of the shorter title's words that the longer one has too, from 0 to 1."""
    one, two = _words(first), _words(second)
    return len(one & two) / min(len(one), len(two)) if one and two else float(first.strip() == second.strip())


_FREQUENT = frozenset(
    {
        "the",
        "a",
        "an",
        "in",
        "for",
        "of",
        "to",
        "and",
        "with",
        "on",
        "from",
        "using",
        "by",
        "fix",
        "add",
        "update",
        "test",
    }
)


def _words(title: str) -> set[str]:
    every = {word.removesuffix("s") for word in re.findall(r"\w+", title.casefold())}
    return every - _FREQUENT or every


def _is_ancestor(repository: Repository, older: str, newer: str) -> bool:
    return repository.run("merge-base", "--is-ancestor", older, newer, check=False).returncode == 0


def _log(repository: Repository, span: str) -> bytes:
    # Without --full-history git leaves out a branch whose records a merge threw away: just what is looked for.
    return repository.run(
        *("-c", "core.quotePath=off", "log", span, "--full-history", "--format=%x01%H %at", "-p", "-U4"),
        *("--no-renames", "--no-color", "--no-ext-diff", "--no-textconv", "--no-prefix", "--", *PATHS),
    ).stdout


@dataclass(slots=True)
class _Line:
    text: str
    old: int
    new: int
    sign: str


def _scan(output: bytes) -> Past:
    past = Past()
    for revision, at, path, lines in _hunks(output):
        now = list(_sightings([line for line in lines if line.sign != "-"], path, revision, removed=False))
        before = list(_sightings([line for line in lines if line.sign != "+"], path, revision, removed=True))
        for one in (*now, *before):
            seen = past.sightings.setdefault(f"{one.kind} {one.key}", [])
            if all((other.title, other.state) != (one.title, one.state) for other in seen):
                seen.append(one)
        _note_renames(past, before, now)
        if path == JOURNAL or path.startswith(JOURNAL_ARCHIVE):
            for line in lines:
                heading = _HEADING.fullmatch(line.text) if line.sign == "+" else None
                if heading and heading["marks"] == "##" and read_stamp(heading["text"]):
                    past.brought[line.text.strip()] = (revision, at)
    return past


def _hunks(output: bytes) -> Iterator[tuple[str, int, str, list[_Line]]]:
    revision, at, path = "", 0, ""
    lines = iter(output.split(b"\n"))
    for raw in lines:
        if raw.startswith(b"\x01"):
            name, _, seconds = raw[1:].partition(b" ")
            revision, at = name.decode(), int(seconds)
        elif raw.startswith((b"--- ", b"+++ ")) and raw[4:] != b"/dev/null":
            path = raw[4:].rstrip(b"\t").decode("utf-8", "replace")
        elif match := _HUNK.match(raw):
            yield revision, at, path, list(_hunk_lines(lines, match))


def _hunk_lines(lines: Iterator[bytes], match: re.Match[bytes]) -> Iterator[_Line]:
    old, new = int(match[1]), int(match[3])
    last_old, last_new = old + int(match[2] or 1), new + int(match[4] or 1)
    while old < last_old or new < last_new:
        raw = next(lines, None)
        if raw is None:
            return
        sign = raw[:1].decode("latin-1")
        if sign in {"-", "+", " "}:
            yield _Line(raw[1:].decode("utf-8", "replace").rstrip("\r").lstrip("\ufeff"), old, new, sign)
            old, new = old + (sign != "+"), new + (sign != "-")


def _sightings(lines: list[_Line], path: str, revision: str, *, removed: bool) -> Iterator[Sighting]:
    tasks = path == TASKS or path.startswith(TASK_ARCHIVE)
    for index, line in enumerate(lines):
        number = line.old if removed else line.new
        if tasks:
            for kind, key, title, state in _task_sightings(lines, index):
                yield Sighting(kind, key, title, state, path, revision, number, removed)
        elif path == ERRORS:
            row = parse_table_row(line.text)
            if row and is_error_id(row[0]):
                _, state, _, area = (*row[1], "", "", "", "")[:4]
                yield Sighting("error", row[0], area, state, path, revision, number, removed)
        elif title := _entry_title(line.text):
            yield Sighting("entry", title, title, "", path, revision, number, removed)


def _entry_title(line: str) -> str:
    """Return the title of a journal's entry that the line begins, or nothing."""
    heading = _HEADING.fullmatch(line)
    if heading is None:
        return ""
    stamp = read_stamp(heading["text"]) if heading["marks"] == "##" else None
    if heading["marks"] == "##":
        return title_of(stamp.rest.strip(" -:")) if stamp else ""
    return title_of(heading["text"])


def _task_sightings(lines: list[_Line], index: int) -> Iterator[tuple[str, str, str, str]]:
    text = lines[index].text
    name, value = (parse_field(text) if "**" in text else None) or ("", "")
    if name == "Task ID" and is_task_id(value):
        values: dict[str, str] = {}
        for other in lines[index + 1 : index + 12]:
            if other.text.startswith("#"):
                break
            found = parse_field(other.text)
            if found:
                values.setdefault(*found)
        yield "task", value, unescape_title(values.get("Title", "")), values.get("Status", "")
    row = parse_row(text) if text[:1].isdigit() else None
    if row and row.symbol in MARKS:
        if row.id:
            yield "task", row.id, row.title, row.symbol
        elif row.ids:
            yield from (("task", one, "", row.symbol) for one in row.ids)
        elif row.title and not row.title.startswith("["):
            yield "row", row.title, row.title, row.symbol


def _note_renames(past: Past, before: list[Sighting], now: list[Sighting]) -> None:
    """Take an entry whose title was edited in place for what it is, not for one that is lost."""
    old_titles = {one.key for one in before if one.kind in {"entry", "row"}}
    new_titles = {one.key for one in now if one.kind in {"entry", "row"}}
    for old in old_titles - new_titles:
        near = sorted(new for new in new_titles - old_titles if words_in_common(old, new) >= 0.5)
        if near:
            past.renamed.setdefault(old, near[0])


def _append(newer: Past, older: Past) -> None:
    """Put what older commits held behind what newer ones did."""
    for name, seen in older.sightings.items():
        there = newer.sightings.setdefault(name, [])
        there += [one for one in seen if all((o.title, o.state) != (one.title, one.state) for o in there)]
    newer.renamed = {**older.renamed, **newer.renamed}
    newer.brought |= older.brought


def _cache(common_dir: Path) -> Path:
    return common_dir / "conductor" / "history.json"


def _load(common_dir: Path) -> tuple[str | None, Past]:
    try:
        data: dict[str, Any] = json.loads(_cache(common_dir).read_bytes())
        if data["version"] != _VERSION:
            return None, Past()
        sightings = {name: [Sighting._make(one) for one in seen] for name, seen in data["sightings"].items()}
        brought = {name: (str(one[0]), int(one[1])) for name, one in data["brought"].items()}
        return str(data["head"]), Past(sightings, dict(data["renamed"]), brought)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None, Past()


def _save(common_dir: Path, head: str, past: Past) -> None:
    path = _cache(common_dir)
    sightings = past.sightings
    data = {
        "version": _VERSION,
        "head": head,
        "sightings": sightings,
        "renamed": past.renamed,
        "brought": past.brought,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(data), encoding="utf-8")
        temporary.replace(path)
    except OSError:
        return  # a cache that can't be written costs time, nothing else
