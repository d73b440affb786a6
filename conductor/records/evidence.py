"""The evidence store: `.conductor/evidence/YYYY-MM/<writer-id>.jsonl`, one file a writer, each line chained.

A writer is a session or a release, so two branches never write the same file. A line counts once its newline is on
disk; half a line at the end of a file was never acknowledged and is taken away by the next append.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conductor.config.places import make_folder
from conductor.domain.evidence import REFERENCE, Evidence, EvidenceLine, Outcome, hash_line, render_line
from conductor.domain.finding import Finding, Location, Severity
from conductor.domain.secret import redact
from conductor.domain.text import strip_controls
from conductor.errors import RecordSyntaxError, UsageProblem

FOLDER = Path(".conductor/evidence")
SCHEMA = 1
_WRITER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class EvidenceStore:
    """The evidence of one project."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / FOLDER

    def append(self, writer: str, evidence: Evidence) -> EvidenceLine:
        """Write one observation and return it with its place; it is on disk when this returns.

        Secrets in `source` and `detail` are replaced first. Raises RecordSyntaxError where the writer's file is broken.
        """
        if not _WRITER.fullmatch(writer):
            raise UsageProblem(f"{writer!r} is not a writer's id", hint="use letters, digits, '.', '_' and '-'")
        clean = Evidence(
            evidence.kind,
            _clean(evidence.subject),
            evidence.outcome,
            evidence.observed_at,
            _clean(evidence.source),
            _clean(evidence.detail),
        )
        path = self._file_of(writer) or self.folder / evidence.observed_at[:7] / f"{writer}.jsonl"
        make_folder(path.parent)
        with path.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            content = file.read()
            whole = content[: content.rfind(b"\n") + 1]
            if len(whole) != len(content):
                file.truncate(len(whole))
            seq, prev = 1, None
            if whole:
                last = whole[:-1].rsplit(b"\n", 1)[-1].decode("utf-8")
                seq, prev = _sequence(last, path) + 1, hash_line(last)
            line = render_line(seq, prev, clean)
            file.write(line.encode("utf-8") + b"\n")
            file.flush()
            os.fsync(file.fileno())
        _sync_folder(path.parent)
        return EvidenceLine(writer, seq, prev, clean, hash_line(line))

    def lines(self, writer: str | None = None) -> list[EvidenceLine]:
        """Return every readable line, by file and number; with a writer, that writer's only."""
        return [line for path in self._files(writer) for line in self._read(path)]

    def resolve(self, reference: str) -> EvidenceLine | None:
        """Return the line a reference names, or None where there is none or its hash differs."""
        match = REFERENCE.fullmatch(reference)
        if not match:
            return None
        for line in self.lines(match["writer"]):
            if line.seq == int(match["seq"]) and line.sha256.startswith(match["sha"]):
                return line
        return None

    def check(self) -> list[Finding]:
        """Return what is wrong with the files: lines that are not evidence, gaps, and broken chains."""
        return [finding for path in self._files(None) for finding in self._check_file(path)]

    def _file_of(self, writer: str) -> Path | None:
        return next(iter(sorted(self.folder.glob(f"*/{writer}.jsonl"))), None)

    def _files(self, writer: str | None) -> list[Path]:
        return sorted(self.folder.glob(f"*/{writer or '*'}.jsonl"))

    def _read(self, path: Path) -> Iterator[EvidenceLine]:
        for text in _whole_lines(path):
            try:
                yield _parse(path.stem, text)
            except (ValueError, KeyError, TypeError):
                continue

    def _check_file(self, path: Path) -> Iterator[Finding]:
        name = path.relative_to(self.root).as_posix()
        restore = f"git log -p -- {name} shows what stood there; take the file back from a commit where it was whole"
        content = path.read_bytes()
        previous: str | None = None
        for number, text in enumerate(_whole_lines(path), start=1):
            where = Location(name, number)
            try:
                line = _parse(path.stem, text)
            except (ValueError, KeyError, TypeError):
                yield Finding("EV-LINE-001", "this line is not evidence", restore, location=where)
            else:
                if line.seq != number or line.prev != previous:
                    yield Finding(
                        "EV-CHAIN-001",
                        f"the chain is broken: line {number} does not follow from the line before it",
                        restore,
                        location=where,
                    )
            previous = hash_line(text)
        if content and not content.endswith(b"\n"):
            yield Finding(
                "EV-LINE-002",
                "the last line is incomplete: its writer was stopped before it was acknowledged",
                "nothing is lost; the next line from the same writer takes its place",
                Severity.WARNING,
                location=Location(name, content.count(b"\n") + 1),
            )


def _whole_lines(path: Path) -> list[str]:
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    return whole.decode("utf-8", "replace").split("\n")[:-1]


def _parse(writer: str, text: str) -> EvidenceLine:
    data = json.loads(text)
    if data["schema"] != SCHEMA:
        raise ValueError(data["schema"])
    evidence = Evidence(
        data["kind"],
        data["subject"],
        Outcome(data["outcome"]),
        data["observed_at"],
        data["source"],
        dict(data["detail"]),
    )
    return EvidenceLine(writer, int(data["seq"]), data["prev"], evidence, hash_line(text))


def _sequence(line: str, path: Path) -> int:
    try:
        data = json.loads(line)
        if data["schema"] != SCHEMA:
            raise RecordSyntaxError(
                f"evidence of schema {data['schema']}: this version knows {SCHEMA}",
                hint="install a newer Conductor",
                path=path.name,
            )
        return int(data["seq"])
    except (ValueError, KeyError, TypeError) as error:
        raise RecordSyntaxError(
            "the last line of this evidence file is not evidence", hint="conductor check says where", path=path.name
        ) from error


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return redact(strip_controls(value))
    if isinstance(value, dict):
        return {str(key): _clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    return value


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
