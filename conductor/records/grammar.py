"""The grammar of the record files, in one place: ids, stamps, fields, fences, items, rows of the chain and of tables.

Everything that reads, checks, merges or restores records asks here, so a line means the same to all of them. Patterns
that only some commands need are compiled when they are first used: every start of the program would pay for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from conductor.records.markup import unescape_title

DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
TIME = "[0-9]{2}:[0-9]{2}"
TASK = f"TASK-{DAY}-[0-9]{{3,}}[a-z]?"
ERROR = f"ERR-{DAY}-[0-9]{{3,}}"
ANY_ID = f"({TASK}|{ERROR})"
NOT_FURTHER = "(?![0-9A-Za-z])"
DONE_MARK, ACTIVE_MARK, PLANNED_MARK, DROPPED_MARK = "✅", "🔄", "⏳", "❌"
MARKS = {DONE_MARK: "COMPLETE", ACTIVE_MARK: "IN_PROGRESS", PLANNED_MARK: "PLANNING", DROPPED_MARK: "DROPPED"}
CURRENT = "CURRENT"
# A field's line is `**Name**: value` or `**Name:** value`, as a paragraph or a list item.
_FIELD = r"(?:[-*+] )?\*\*(?P<name>{name})(?:\*\*:|:\*\*)[ \t]*(?P<value>[^\n]*)"
_NAME = r"[A-Za-z][^*\n]{0,60}?"
ITEM = r"(?:[-*+]|[0-9]{1,9}[.)])[ \t]"
# CommonMark 4.5: an info string behind backticks has none of its own.
FENCE = r"```+(?=[^`\n]*(?:\n|\Z))|~~~+"
_MOST_IN_RANGE = 200


class Stamp(NamedTuple):
    """A date with what follows it in its line; `time` is empty where there is none."""

    day: str
    time: str
    rest: str

    @property
    def text(self) -> str:
        """Return `YYYY-MM-DD HH:MM`, or the day alone."""
        return f"{self.day} {self.time}" if self.time else self.day


class Row(NamedTuple):
    """A row of the chain, `1. ✅ Title (TASK-…)`, as the parts of its line: joined they are the line again."""

    number: str
    gap: str
    mark: str
    front: str
    text: str
    link: str
    tail: str

    @property
    def order(self) -> int:
        """Return the row's number; 0 for a bullet."""
        return int(self.number) if self.number.isdigit() else 0

    @property
    def symbol(self) -> str | None:
        """Return the mark without its variation selector."""
        return self.mark.strip().rstrip("\ufe0f") or None

    @property
    def title(self) -> str:
        """Return the title, unescaped, without what the row links to."""
        return unescape_title(self.text)

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the tasks the row stands for; a range (`(TASK-…-001 to 005)`) stands for each of them."""
        return tuple(expand_ids(self.front or self.link))

    @property
    def id(self) -> str | None:
        """Return the one task the row stands for, or None."""
        ids = self.ids
        return ids[0] if len(ids) == 1 else None

    @property
    def is_current(self) -> bool:
        """Tell whether the row says `(CURRENT)` and no id: it stands for the current task."""
        return CURRENT in self.link and "TASK-" not in self.link


def is_task_id(text: str) -> bool:
    """Tell whether the text is a task's id, in its one form."""
    return _whole_id("TASK").fullmatch(text) is not None


def is_error_id(text: str) -> bool:
    """Tell whether the text is an error's id, in its one form."""
    return _whole_id("ERR").fullmatch(text) is not None


@cache
def _whole_id(prefix: str) -> re.Pattern[str]:
    return re.compile(TASK if prefix == "TASK" else ERROR)


@cache
def task_ids() -> re.Pattern[str]:
    """Return the pattern that finds the tasks' ids in a text."""
    return re.compile(TASK + NOT_FURTHER)


@cache
def _malformed(prefix: str) -> re.Pattern[bytes]:
    # What follows the year is looked at first: nearly all of them are well-formed.
    letter = "[a-z]?" if prefix == "TASK" else ""
    return re.compile(rf"{prefix}-(?!{DAY}-[0-9]{{3,}}{letter}-*(?![0-9A-Za-z-]))[0-9]{{4}}-[0-9A-Za-z-]*".encode())


def find_malformed_ids(plain: bytes) -> Iterator[tuple[int, str]]:
    """Yield where something stands that begins like an id and is none, with its text."""
    for prefix in ("TASK", "ERR"):
        for match in _malformed(prefix).finditer(plain):
            text = match[0].decode("ascii").rstrip("-")
            before = plain[match.start() - 1 : match.start()]
            if not before.isalnum() and before not in {b"|", b":", b"-"} and "YYYY" not in text and "NNN" not in text:
                yield match.start(), text


@cache
def _ranges() -> re.Pattern[str]:
    following = r"(?:[ ,/&]+(?:and +)?|(?P<to> *(?:to|through|\u2013|-|\.\.) *))"
    return re.compile(rf"{following}(?P<whole>TASK-{DAY}-)?(?P<number>[0-9]{{3,}}[a-z]?){NOT_FURTHER}")


def expand_ids(text: str) -> list[str]:
    """Return the tasks that a text names, those of `TASK-…-001, 003` and `TASK-…-001 to 005` too."""
    found: list[str] = []
    at = 0
    while match := task_ids().search(text, at):
        found.append(match[0])
        at = match.end()
        while more := _ranges().match(text, at):
            stem = found[-1].rpartition("-")[0] + "-"
            if more["to"] and more["whole"] in {None, stem}:
                found += _between(stem, found[-1], more["number"])
            found.append((more["whole"] or stem) + more["number"])
            at = more.end()
    return list(dict.fromkeys(found))


@cache
def _range_beginnings() -> re.Pattern[str]:
    return re.compile(rf"{TASK}(?=[ ,/&\u2013.-]+(?:to |through |and )?(?:TASK-|[0-9]))")


def find_ranged_ids(text: str) -> Iterator[str]:
    """Yield the tasks that the ranges in a text stand for, those that are spelled out too."""
    for match in _range_beginnings().finditer(text):
        end = text.find("\n", match.start())
        yield from expand_ids(text[match.start() : end if end >= 0 else None])


def _between(stem: str, first: str, last: str) -> list[str]:
    begin, end = (int(text.rstrip("abcdefghijklmnopqrstuvwxyz")) for text in (first.rpartition("-")[2], last))
    return [f"{stem}{number:03d}" for number in range(begin + 1, end)] if end - begin <= _MOST_IN_RANGE else []


@cache
def _stamp() -> re.Pattern[str]:
    return re.compile(rf"({DAY})(?:[ T]+({TIME}))?(?![0-9])(.*)", re.DOTALL)


def read_stamp(text: str) -> Stamp | None:
    """Return the date that the text begins with, or None."""
    match = _stamp().match(text)
    return Stamp(match[1], match[2] or "", match[3]) if match else None


@cache
def stamped_heading() -> re.Pattern[bytes]:
    """Return the pattern of a heading's line that begins with a date; groups are the day and the time."""
    return re.compile(rf" {{0,3}}#+[ \t]+({DAY})(?:[ T]+({TIME}))?(?![0-9])".encode())


def is_day(text: str) -> bool:
    """Tell whether the text is a day of the calendar, `YYYY-MM-DD`."""
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


@cache
def field_lines(name: str = _NAME) -> re.Pattern[bytes]:
    """Return the pattern of a field's line in a text with LF line ends; groups `name` and `value`."""
    return re.compile(b"(?m)^" + _FIELD.format(name=name).encode())


@cache
def _field() -> re.Pattern[str]:
    return re.compile(_FIELD.format(name=_NAME).replace(r"[^\n]*", r"[\s\S]*"))


def parse_field(text: str) -> tuple[str, str] | None:
    """Return name and value of a field, further lines included, or None."""
    match = _field().fullmatch(text)
    return (match["name"], match["value"].strip()) if match else None


@cache
def _journal_links() -> re.Pattern[str]:
    return re.compile(r"(?<!\\)\|([A-Z][A-Z_-]*):([^|\s]+)(?<!\\)\|")


def find_links(title: str) -> tuple[tuple[str, str], ...]:
    """Return the links of a journal's title, `|TASK:TASK-…|`, as (kind, id)."""
    return tuple(_journal_links().findall(title)) if "|" in title else ()


def without_links(title: str) -> str:
    """Return a journal's title without its links."""
    return _journal_links().sub("", title) if "|" in title else title


@cache
def _row() -> re.Pattern[str]:
    return re.compile(
        r"(?P<number>[0-9]{1,9}(?=[.)])|[-*+])(?P<gap>[.)]?[ \t]+)(?P<mark>[^\w\s\[\]()`*\"'\\<]{1,3}[ \t]+)?"
        rf"(?P<front>\[?\*{{0,2}}{TASK}\*{{0,2}}\]?[ \t]*(?::|[-\u2013\u2014][ \t])[ \t]*)?(?P<rest>[^\n]*)"
    )


@cache
def _plain_row() -> re.Pattern[str]:
    # What nearly all rows are: a number, a mark of ours, a title without parentheses, an id.
    marks = "".join(MARKS)
    return re.compile(rf"([0-9]{{1,9}})([.)][ \t]+)([{marks}][ \t]+)([^()\n\t ][^()\n]*?)([ \t]+\({TASK}\))")


@cache
def _link() -> re.Pattern[str]:
    part = rf"{TASK}|{CURRENT}|to|through|and|[0-9]{{3,}}[a-z]?"
    inside = rf"(?:(?:{part})(?:[ \t,:;/&\u2013.-]+|(?=\))))+|{TASK}[,;:][^()]*"
    named = rf"\((?=[^()]*(?:{CURRENT}|TASK-))[ \t]*(?:{inside})[ \t]*\)"
    return re.compile(rf"[ \t]*(?<!`)(?P<strong>(?:\*\*)?){named}(?P=strong)(?=[ \t]*(?:\Z|[^\w\s`*]))")


def parse_row(line: str) -> Row | None:
    """Return the parts of a row of the chain, without the white space at the line's end, or None.

    The link is the last one in parentheses that names tasks and nothing else: what a row only mentions is its title.
    """
    line = line.rstrip(" \t")
    plain = _plain_row().fullmatch(line)
    if plain:
        number, gap, mark, text, link = plain.groups(default="")
        return Row(number, gap, mark, "", text, link, "")
    return _parse_any_row(line)


def _parse_any_row(line: str) -> Row | None:
    match = _row().fullmatch(line)
    if match is None:
        return None
    number, gap, mark, front, rest = match.groups(default="")
    links = list(_link().finditer(rest)) if rest.find("(") >= 0 else []
    if front and mark.strip() in MARKS and links and task_ids().fullmatch(links[-1][0].strip(" \t()")):
        rest = front + rest  # as we write a title that begins like this: the id behind it is the row's
        front, links = "", list(_link().finditer(rest))
    start, end = links[-1].span() if links and not front else (len(rest), len(rest))
    return Row(number, gap, mark, front, rest[:start], rest[start:end], rest[end:])


@cache
def numbered_rows() -> re.Pattern[bytes]:
    """Return the pattern of numbered lines in a text with LF line ends; groups are the number and the rest."""
    return re.compile(rb"(?m)^([0-9]{1,9})[.)][ \t]+([^\n]*)")


@cache
def plain_rows() -> re.Pattern[bytes]:
    """Return the pattern of the rows that have a mark of ours and an id at their end; groups are these two."""
    return re.compile(rf"(?m)^[0-9]{{1,9}}[.)][ \t]+({'|'.join(MARKS)})[^\n]*\(({TASK})\)[ \t]*$".encode())


@cache
def _listed() -> re.Pattern[str]:
    return re.compile(
        rf"[-*+][ \t]+(?:\[[ xX]\][ \t]+)?\[?(?P<id>{ANY_ID})\]?(?:\([^)]*\))?[ \t]*[:-]?[ \t]*"
        r"(?P<title>.*?)(?:[ \t]+→.*)?"
    )


def parse_listed(line: str) -> tuple[str, str] | None:
    """Return id and title of a line of a list of tasks, `- [TASK-…]: title → See JOURNAL.md`, or None."""
    match = _listed().fullmatch(line)
    return (match["id"], unescape_title(match["title"])) if match else None


@cache
def _titled() -> re.Pattern[str]:
    return re.compile(rf"(?:\S{{1,3}}[ \t]+)?(?P<id>{TASK})[ \t]*[:-][ \t]*(?P<title>.+)")


def parse_titled(heading: str) -> tuple[str, str] | None:
    """Return id and title of a heading like `✅ TASK-…: title`, or None."""
    match = _titled().fullmatch(heading)
    return (match["id"], unescape_title(match["title"])) if match else None


@cache
def _table_row() -> re.Pattern[str]:
    return re.compile(rf"\|[ \t]*(?P<id>{ANY_ID})[ \t]*\|(?P<rest>[^\n]*)")


@cache
def _cell() -> re.Pattern[str]:
    return re.compile(r"(?<!\\)\|")


def parse_table_row(line: str) -> tuple[str, list[str]] | None:
    """Return the id and the further cells, unescaped, of a row `| ERR-… | … |`, or None."""
    match = _table_row().fullmatch(line)
    return (match["id"], [unescape_title(cell.strip()) for cell in _cell().split(match["rest"])]) if match else None


@cache
def _fence_end(mark: bytes, indent: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?m)^" + indent + re.escape(mark[:1]) + rb"{%d,}[ \t]*$" % len(mark))


def after_fence(plain: bytes, mark: bytes, at: int, *, indent: bytes = b" {0,3}") -> int:
    """Return where the fence that was opened by `mark` before `at` ends; the end of the text where it is not closed."""
    closing = _fence_end(mark, indent).search(plain, at)
    return closing.end() if closing else len(plain)


@cache
def _any_fence() -> re.Pattern[bytes]:
    return re.compile(rb"(?m)^[ \t]*(?:[-*+][ \t]+)?(?P<mark>" + FENCE.encode() + rb")")


def fenced_spans(plain: bytes) -> list[tuple[int, int]]:
    """Return the parts of a text with LF line ends that stand in fences, those of list items too."""
    found: list[tuple[int, int]] = []
    if b"```" not in plain and b"~~~" not in plain:
        return found
    at = 0
    while match := _any_fence().search(plain, at):
        at = after_fence(plain, match["mark"], match.end(), indent=rb"[ \t]*")
        found.append((match.start(), at))
    return found
