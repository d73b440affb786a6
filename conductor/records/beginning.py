"""The state a project was in when a task began: noted once, as evidence, when the task is first started.

What was not committed then is noted as keyed hashes of names and contents: they tell this host whether a file is
unchanged, and nobody anything else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conductor.domain.digest import is_revision
from conductor.domain.evidence import Evidence, EvidenceLine, Outcome, Standing
from conductor.errors import UsageProblem
from conductor.ports.git import Repository
from conductor.records.blocks import Block
from conductor.records.host_key import HostKey
from conductor.records.proof import find_beginning, names_of
from conductor.records.store import Records

KIND = "start"
LARGEST_BYTES = 1_000_000
_MOST_FILES = 500
_SHOWN = 32  # hex digits of a keyed hash that are kept


@dataclass(frozen=True, slots=True)
class Start:
    """Where a task began: a revision, and keyed hashes of the files that differed from it.

    `known` is false where that was not noted by this host: then the revision is all that is known, and only a guess
    where it was not noted at all (`noted` is false).
    """

    revision: str
    noted: bool = True
    known: bool = True
    files: Mapping[str, str | None] = field(default_factory=dict, hash=False)
    key: HostKey | None = None

    def has(self, path: str) -> bool:
        """Tell whether the file differed from the revision when the task began."""
        return self.key is not None and _seal(self.key, path.encode("utf-8", "surrogateescape")) in self.files

    def is_same(self, path: str, content: bytes | None) -> bool:
        """Tell whether a file that differed then has the bytes it had then (None: it was not there)."""
        if self.key is None:
            return False
        noted = self.files.get(_seal(self.key, path.encode("utf-8", "surrogateescape")))
        return noted == (None if content is None else _seal(self.key, content))


def note_start(records: Records, task_id: str) -> None:
    """Note the state the project is in, unless the task was started before.

    A host that can't write evidence (a sandbox without the key) leaves it out: the last commit before the task's date
    stands in for it then.
    """
    writer = f"t-{task_id.lower()}"
    store = records.evidence
    head = records.repository.head()
    if head is None or store.files(writer):
        return
    try:
        key = store.require_key()
        files = dict(_differing(records.repository, key))
        at = records.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        detail = {"revision": head, "files": files}
        store.append(writer, Evidence(KIND, task_id, Outcome.OBSERVED, at, "conductor task start", detail))
    except UsageProblem:
        return


def find_start(records: Records, block: Block) -> Start | None:
    """Return where the task began; None in a repository without a commit."""
    names = names_of(block)
    store = records.evidence
    for line in sorted(store.lines(), key=lambda line: line.evidence.observed_at):
        if line.evidence.kind == KIND and line.evidence.subject in names:
            found = _from_line(records.repository, line, store.readable_key())
            if found is not None:
                return found
    revision = _last_before(records, block)
    return Start(revision, noted=False, known=False) if revision else None


def _from_line(repository: Repository, line: EvidenceLine, key: HostKey | None) -> Start | None:
    revision, files = line.evidence.detail.get("revision"), line.evidence.detail.get("files")
    if not isinstance(revision, str) or not _is_here(repository, revision):
        return None
    if line.standing is not Standing.OWN or not isinstance(files, dict) or len(files) >= _MOST_FILES:
        return Start(revision, known=False)
    return Start(revision, files=files, key=key)


def _is_here(repository: Repository, revision: str) -> bool:
    if not is_revision(revision):
        return False
    return repository.run("cat-file", "-e", f"{revision}^{{commit}}", check=False).returncode == 0


def _last_before(records: Records, block: Block) -> str | None:
    """Return the last commit before the task's date, or the first of all where none is older."""
    since = find_beginning(records, block)
    run = records.repository.run
    before = run("rev-list", "-1", "--first-parent", f"--before={since}:00Z", "HEAD", check=False) if since else None
    found = before.stdout.split() if before and before.returncode == 0 else []
    found = found or run("rev-list", "--max-parents=0", "HEAD", check=False).stdout.split()
    return found[-1].decode() if found else None


def _differing(repository: Repository, key: HostKey) -> Iterator[tuple[str, str | None]]:
    """Yield what differs from HEAD, and what git ignores outside ignored folders, as keyed hashes."""
    ignored = repository.run("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory").stdout
    paths = [change.path for change in repository.changes()]
    paths += [name for name in ignored.decode("utf-8", "surrogateescape").split("\0") if name and name[-1] != "/"]
    for path in paths[:_MOST_FILES]:
        content = _read(repository.root / path)
        yield _seal(key, path.encode("utf-8", "surrogateescape")), None if content is None else _seal(key, content)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() and path.stat().st_size <= LARGEST_BYTES else None
    except OSError:
        return None


def _seal(key: HostKey, content: bytes) -> str:
    return key.sign_bytes(b"file " + content)[:_SHOWN]
