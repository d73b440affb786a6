"""The evidence store: `.conductor/evidence/YYYY-MM/<writer-id>.jsonl`, one file a writer, each line chained and hashed.

A writer is a session or a release, so two branches never write the same file. A line counts once its newline is on
disk; half a line at the end of a file was never acknowledged and is taken away by the next append. Each line names the
host that wrote it and carries that host's keyed hash; what is read back is only what somebody vouches for (`Standing`).
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from conductor.config.places import state_dir
from conductor.domain.evidence import (
    REFERENCE,
    SCHEMA,
    Evidence,
    EvidenceLine,
    Outcome,
    Standing,
    add_hash,
    hash_line,
    render_body,
    split_hash,
)
from conductor.domain.secret import redact
from conductor.domain.text import strip_controls
from conductor.errors import RecordSyntaxError, UsageProblem
from conductor.ports.git import Repository
from conductor.records.files import refusal, sync_folder
from conductor.records.host_key import HostKey, is_host, load_key, make_key

FOLDER = Path(".conductor/evidence")
_WRITER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class NewerSchema(ValueError):
    """A line of a schema that this version does not know."""


class EvidenceStore:
    """The evidence of one project.

    `inherited` returns, for each file (a path below the root), the sha256 of its last line of schema 1 that counts:
    what `Inherited.evidence` holds. `keys` is the folder of this host's key (default: the user's state folder).
    """

    def __init__(
        self, root: Path, inherited: Callable[[], Mapping[str, str]] = dict, *, keys: Path | None = None
    ) -> None:
        self.root = root
        self.folder = root / FOLDER
        self._inherited = inherited
        self._keys = keys
        self._read: dict[Path, tuple[tuple[int, int], list[EvidenceLine | ValueError]]] = {}

    @classmethod
    def of(cls, repository: Repository) -> EvidenceStore:
        """Return the store of a repository, with the old evidence that it brought along."""

        def inherited() -> Mapping[str, str]:
            from conductor.records.inherited import load_inherited

            return load_inherited(repository).evidence

        return cls(repository.root, inherited)

    @cached_property
    def key(self) -> HostKey | None:
        """Return this host's key, None where it has none (yet); raises UsageProblem for one that can't be read."""
        return load_key(self._keys or state_dir())

    def append(self, writer: str, evidence: Evidence) -> EvidenceLine:
        """Write one observation and return it with its place; it is on disk when this returns.

        Secrets in `source` and `detail` are replaced first. Raises RecordSyntaxError where the writer's file is broken,
        UsageProblem where this host's key can't be read or made, or the file not be written.
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
        key = self.require_key()
        path = self._file_of(writer) or self.folder / evidence.observed_at[:7] / f"{writer}.jsonl"
        try:
            return _append_to(path, writer, clean, key)
        except OSError as error:
            raise refusal(path, error) from error

    def lines(self, writer: str | None = None) -> list[EvidenceLine]:
        """Return every line that counts, by file and number; with a writer, that writer's only."""
        return [line for line in self.every_line(writer) if line.standing.counts]

    def every_line(self, writer: str | None = None) -> list[EvidenceLine]:
        """Return every readable line, those that nobody vouches for too."""
        return [line for path in self.files(writer) for line in self.read(path) if isinstance(line, EvidenceLine)]

    def resolve(self, reference: str) -> EvidenceLine | None:
        """Return the line a reference names, whatever its standing; None where there is none or its hash differs."""
        match = REFERENCE.fullmatch(reference)
        if not match:
            return None
        return next((line for line in self.every_line(match["writer"]) if line.reference == reference), None)

    def files(self, writer: str | None = None) -> list[Path]:
        """Return the files, in order; with a writer, that writer's."""
        return sorted(self.folder.glob(f"*/{writer or '*'}.jsonl"))

    def read(self, path: Path) -> list[EvidenceLine | ValueError]:
        """Return each whole line of a file, or why it is not evidence; a file that did not change is read once."""
        stat = path.stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
        known = self._read.get(path)
        if known is None or known[0] != stamp:
            known = self._read[path] = stamp, list(self._parse_file(path))
        return known[1]

    def _file_of(self, writer: str) -> Path | None:
        return next(iter(self.files(writer)), None)

    def _parse_file(self, path: Path) -> Iterator[EvidenceLine | ValueError]:
        key = self.readable_key()
        old: int | None = None
        texts = whole_lines(path)
        for number, text in enumerate(texts):
            try:
                line = _parse(path.stem, text, key)
            except NewerSchema as newer:
                yield newer
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                yield ValueError(str(error))
            else:
                if line.standing is Standing.STRAY:
                    old = self._count_inherited(path, texts) if old is None else old
                    line = _inherit(line) if number < old else line
                yield line

    def require_key(self) -> HostKey:
        """Return this host's key, made now where it has none; raises UsageProblem where that can't be."""
        key = self.key or make_key(self._keys or state_dir())
        self.__dict__["key"] = key
        return key

    def readable_key(self) -> HostKey | None:
        """Return this host's key, None where it has none or it can't be read."""
        try:
            return self.key
        except UsageProblem:
            return None  # `check` says so; without the key every host is another one

    def _count_inherited(self, path: Path, texts: list[str]) -> int:
        """Return how many lines at the file's beginning are inherited: up to the one whose hash is known."""
        last = self._inherited().get(path.relative_to(self.root).as_posix())
        return next((number for number, text in enumerate(texts, start=1) if hash_line(text) == last), 0)


def _append_to(path: Path, writer: str, evidence: Evidence, key: HostKey) -> EvidenceLine:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        content = file.read()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) != len(content):
            file.truncate(len(whole))
        seq, prev = 1, None
        if whole:
            last = whole[:-1].rsplit(b"\n", 1)[-1].decode("utf-8", "replace")
            seq, prev = _sequence(last, path) + 1, hash_line(last)
        body = render_body(seq, prev, key.host, evidence)
        line = add_hash(body, key.sign(body))
        file.write(line.encode("utf-8") + b"\n")
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)
    return EvidenceLine(writer, seq, prev, evidence, hash_line(line), key.host, Standing.OWN)


def whole_lines(path: Path) -> list[str]:
    """Return the lines of a file whose newline is on disk."""
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    return whole.decode("utf-8", "replace").split("\n")[:-1]


def _inherit(line: EvidenceLine) -> EvidenceLine:
    from dataclasses import replace

    return replace(line, standing=Standing.INHERITED)


def _parse(writer: str, text: str, key: HostKey | None) -> EvidenceLine:
    data = json.loads(text)
    schema = data["schema"]
    if isinstance(schema, int) and schema > SCHEMA:
        raise NewerSchema(f"schema {schema}")
    if schema not in {1, SCHEMA}:
        raise ValueError(f"schema {schema}")
    evidence = Evidence(
        data["kind"],
        data["subject"],
        Outcome(data["outcome"]),
        data["observed_at"],
        data["source"],
        dict(data["detail"]),
    )
    if not all(isinstance(value, str) for value in (evidence.kind, evidence.subject, evidence.observed_at)):
        raise TypeError("kind, subject and observed_at are texts")
    host = data["host"] if schema == SCHEMA else None
    return EvidenceLine(
        writer, int(data["seq"]), data["prev"], evidence, hash_line(text), host, _standing(text, host, key)
    )


def _standing(text: str, host: Any, key: HostKey | None) -> Standing:
    if host is None:
        return Standing.STRAY
    signed = split_hash(text)
    if key is not None and host == key.host:
        return Standing.OWN if signed and key.has_signed(*signed) else Standing.FORGED
    if signed is None or not isinstance(host, str) or not is_host(host):
        raise ValueError("no host with its hash")
    return Standing.REPORTED


def _sequence(line: str, path: Path) -> int:
    try:
        data = json.loads(line)
        if data["schema"] not in {1, SCHEMA}:
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
