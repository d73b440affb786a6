"""The catalogue: what can be at fault, by which lines it is known, and what to do about it."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conductor.diagnosis.linear import compile_linear
from conductor.errors import UsageProblem
from conductor.knowledge.entries import read_yaml

HERE = Path(__file__).parent / "catalogue"
PROJECT_FOLDER = Path(".conductor/causes")
MAX_PROJECT_BYTES = 1_000_000
PHASES = ("ci", "push", "build", "start", "run")
SURE, LIKELY, HINT = 3, 2, 1
_KEYS = frozenset(
    {
        "code",
        "meaning",
        "remedy",
        "phase",
        "lines",
        "example",
        "checks",
        "after",
        "at_worker",
        "called",
        "reads",
        "futile",
    }
)
_LINE_KEYS = frozenset({"has", "match", "unless", "near", "sure"})
_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,39}")


@dataclass(frozen=True, slots=True)
class Sign:
    """A line by which a cause is known.

    `has` is in it, in lower case, whatever the case there; `match` is found in it, `unless` is not; `near` is found in
    it or in one of the lines around it. `sure` is 3 where nothing else says this, 2 where another cause might, and 1
    where it is mostly a consequence.
    """

    has: str
    match: re.Pattern[str] | None
    unless: re.Pattern[str] | None
    near: re.Pattern[str] | None
    sure: int


@dataclass(frozen=True, slots=True)
class Cause:
    """What can be at fault. `after` names causes of which this is a consequence; `family` is the catalogue's file.

    `reads` names the reader of `own_error.py` by which it is known, where no sign is; such a cause is thought of last.
    `at_worker` is the remedy where a worker's log shows it, empty where that is the same; `called` finds the words by
    which people name it. `futile` are texts by which people try to get around it, each with why that changes nothing.
    """

    code: str
    meaning: str
    remedy: str
    phase: str
    signs: tuple[Sign, ...]
    example: str
    checks: tuple[str, ...]
    after: tuple[str, ...]
    family: str
    at_worker: str = ""
    reads: str = ""
    futile: tuple[tuple[str, str], ...] = ()
    called: tuple[re.Pattern[str], ...] = ()


@functools.cache
def built_in() -> tuple[Cause, ...]:
    """Return the causes that Conductor knows, by family and in the files' order."""
    return tuple(cause for path in sorted(HERE.glob("*.yaml")) for cause in _read(path.read_bytes(), path.stem, None))


def load_causes(root: Path | None = None) -> tuple[Cause, ...]:
    """Return a project's own causes (`.conductor/causes/*.yaml`), then those that Conductor knows.

    An own cause takes the place of one with the same code. Raises UsageProblem for a file that is none.
    """
    own: list[Cause] = []
    for path in sorted((root / PROJECT_FOLDER).glob("*.yaml")) if root else []:
        where = path.relative_to(root).as_posix() if root else path.name
        try:
            if not path.is_file() or path.stat().st_size > MAX_PROJECT_BYTES:
                raise UsageProblem("is no file of at most 1 MB", hint="keep a project's causes short", path=where)
            own += _read(path.read_bytes(), path.stem, where)
        except OSError as error:
            raise UsageProblem(f"can't be read: {error.strerror}", hint="look at the file", path=where) from error
    replaced = {cause.code for cause in own}
    return (*own, *(cause for cause in built_in() if cause.code not in replaced))


def _read(content: bytes, family: str, where: str | None) -> Iterator[Cause]:
    import yaml

    try:
        document = read_yaml(content)
        entries = document["causes"]
        yield from [_cause(entry, family) for entry in entries]
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError, re.error, RecursionError) as error:
        if where is None:
            raise
        raise UsageProblem(
            f"is no list of causes: {type(error).__name__}: {str(error)[:200]}",
            hint="write it as docs/diagnosis.md shows: causes: [{code, meaning, remedy, phase, lines: [{has}]}]",
            path=where,
        ) from error


def _cause(entry: Mapping[str, Any], family: str) -> Cause:
    unknown = entry.keys() - _KEYS
    if unknown:
        raise ValueError(f"{entry.get('code')}: {sorted(unknown)} is not known")
    if not _CODE.fullmatch(entry["code"]) or entry["phase"] not in PHASES:
        raise ValueError(f"{entry['code']!r} is no code of capitals, or its phase is none of {', '.join(PHASES)}")
    return Cause(
        entry["code"],
        str(entry["meaning"]),
        str(entry["remedy"]),
        entry["phase"],
        tuple(_sign(line) for line in entry["lines"]),
        str(entry.get("example", "")),
        tuple(entry.get("checks", ())),
        tuple(entry.get("after", ())),
        family,
        str(entry.get("at_worker", "")),
        str(entry.get("reads", "")),
        tuple((str(tried), str(why)) for tried, why in entry.get("futile", {}).items()),
        tuple(re.compile(words, re.IGNORECASE) for words in entry.get("called", ())),
    )


def _sign(line: Mapping[str, Any]) -> Sign:
    unknown = line.keys() - _LINE_KEYS
    has, sure = line["has"], line.get("sure", LIKELY)
    if unknown or len(has) < 2 or has != has.lower() or not re.search("[a-z]", has) or sure not in {SURE, LIKELY, HINT}:
        raise ValueError(f"a line needs `has` in lower case with a letter, and `sure` of 1 to 3: {dict(line)!r:.200}")
    match, unless, near = (compile_linear(line[key]) if key in line else None for key in ("match", "unless", "near"))
    return Sign(has, match, unless, near, sure)
