"""What is wrong with the evidence files: broken chains, lines that nobody vouches for; and whose word the rest is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from conductor.domain.evidence import EvidenceLine, Standing, hash_line
from conductor.domain.finding import Finding, Location, Severity
from conductor.errors import UsageProblem
from conductor.records.evidence import EvidenceStore, NewerSchema, whole_lines
from conductor.records.host_key import name_of

DOCS = "docs/evidence.md"
_AGAIN = "take the line out, then have it observed again: conductor task verify, or conductor release"


def check_store(store: EvidenceStore) -> list[Finding]:
    """Return what is wrong with every file, and for each other host that its lines are its word."""
    found = list(_check_key(store))
    hosts: Counter[str] = Counter()
    places: dict[str, str] = {}
    for path in store.files():
        name = path.relative_to(store.root).as_posix()
        found += [*_check_lines(store, path, name), *_check_end(path, name)]
        for line in store.read(path):
            if isinstance(line, EvidenceLine) and line.standing is Standing.REPORTED and line.host:
                hosts[line.host] += 1
                places.setdefault(line.host, name)
    return [*found, *(_reported(store, host, count, places[host]) for host, count in sorted(hosts.items()))]


def _check_key(store: EvidenceStore) -> Iterator[Finding]:
    try:
        _ = store.key
    except UsageProblem as problem:
        yield Finding("EV-KEY-001", problem.message, problem.hint, docs=f"{DOCS}#the-key")


def _check_lines(store: EvidenceStore, path: Path, name: str) -> Iterator[Finding]:
    restore = f"git log -p -- {name} shows what stood there; take the file back from a commit where it was whole"
    previous: str | None = None
    stray: list[int] = []
    for number, (line, text) in enumerate(zip(store.read(path), whole_lines(path), strict=False), start=1):
        where = Location(name, number)
        if isinstance(line, NewerSchema):
            yield _finding("EV-SCHEMA-001", f"evidence of {line}, which this version can't read", _NEWER, where)
        elif isinstance(line, ValueError):
            yield _finding("EV-LINE-001", "this line is not evidence", restore, where)
        elif line.seq != number or line.prev != previous:
            message = f"the chain is broken: line {number} does not follow from the line before it"
            yield _finding("EV-CHAIN-001", message, restore, where)
        if isinstance(line, EvidenceLine) and line.standing is Standing.FORGED:
            yield _finding("EV-HOST-001", f"{line.reference} {line.standing.fault}", _AGAIN, where)
        elif isinstance(line, EvidenceLine) and line.standing is Standing.STRAY:
            stray.append(number)
        previous = hash_line(text)
    if stray:
        more = f" (and {len(stray) - 1} more)" if len(stray) > 1 else ""
        message = f"line {stray[0]}{more} {Standing.STRAY.fault}"
        yield _finding("EV-OLD-001", message, _OLD, Location(name, stray[0]))


_NEWER = "install a newer Conductor"
_OLD = (
    "an older Conductor, or somebody's hand, wrote this: bring Conductor up to date where it ran, and have it observed "
    "again; a person who knows where it is from: conductor check records --accept --why …"
)


def _check_end(path: Path, name: str) -> Iterator[Finding]:
    content = path.read_bytes()
    if content and not content.endswith(b"\n"):
        yield Finding(
            "EV-LINE-002",
            "the last line is incomplete: its writer was stopped before it was acknowledged",
            "nothing is lost; the next line from the same writer takes its place",
            Severity.WARNING,
            location=Location(name, content.count(b"\n") + 1),
            docs=DOCS,
        )


def _reported(store: EvidenceStore, host: str, count: int, name: str) -> Finding:
    key = store.readable_key()
    lines = "1 line of evidence is" if count == 1 else f"{count} lines of evidence are"
    namesake = (
        "; it has this host's name and another key: another user's, or this host's before its key was lost or made anew"
        if key and name_of(host) == name_of(key.host)
        else ""
    )
    return Finding(
        "EV-HOST-002",
        f"{lines} reported by {host}: only that host can check their hash{namesake}",
        "they count; to ask the services themselves: conductor check --online",
        Severity.ADVICE,
        location=Location(name),
        docs=f"{DOCS}#whose-word-it-is",
        data={"host": host, "lines": count},
    )


def _finding(code: str, message: str, remedy: str, where: Location) -> Finding:
    return Finding(code, message, remedy, location=where, docs=DOCS)
