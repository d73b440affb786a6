"""The merge driver as git sees it: registered in its configuration and `.gitattributes`, run for one file at a time."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conductor.domain.text import one_line
from conductor.errors import UsageProblem
from conductor.ports.git import Repository
from conductor.records.document import Document
from conductor.records.files import ERRORS, JOURNAL, JOURNAL_ARCHIVE, TASK_ARCHIVE, TASKS, read_bytes, write_atomically
from conductor.records.grammar import ANY_ID
from conductor.records.merge import merge_records
from conductor.records.merge_ids import Renumbering, Versions, plan_renumbering, renumber
from conductor.records.merge_lines import Labels, Merged
from conductor.records.merge_state import ATTRIBUTES, SECTION
from conductor.records.store import Records

FILES = (TASKS, JOURNAL, ERRORS)
_PATTERNS = (*FILES, f"{TASK_ARCHIVE}/*.md", f"{JOURNAL_ARCHIVE}/*.md")
_NOTE = "# conductor: records are merged by meaning"
_JOINED = " (the line above had no end)"


@dataclass(frozen=True, slots=True)
class Sides:
    """The commits of a merge: its base, ours, and theirs."""

    base: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class DriverResult:
    """The merged file, and what a person should know about it."""

    merged: Merged
    notes: list[str]


def install_driver(repository: Repository, command: list[str]) -> list[str]:
    """Register the driver and return what was changed; `command` starts Conductor. A second time changes nothing."""
    wanted = {
        "name": "records of Conductor, merged by meaning",
        "driver": shlex.join(command).replace("%", "%%") + " records merge-driver run %O %A %B %P --marker-size %L",
        "recursive": "text",
    }
    done = []
    for key, value in wanted.items():
        known = repository.run("config", "--local", "--get", f"{SECTION}.{key}", check=False).stdout.decode().strip()
        if known != value:
            repository.run("config", "--local", f"{SECTION}.{key}", value)
            done.append(f"git config {SECTION}.{key}")
    path = repository.root / ATTRIBUTES
    before = read_bytes(path) or b""
    if _NOTE.encode() not in before:
        write_atomically(path, before + _attribute_lines(before))
        done.append(ATTRIBUTES)
    return done


def uninstall_driver(repository: Repository) -> list[str]:
    """Take out exactly what `install_driver` put in, and return what was changed."""
    done = []
    if repository.run("config", "--local", "--get-regexp", rf"^{SECTION}\.", check=False).returncode == 0:
        repository.run("config", "--local", "--remove-section", SECTION)
        done.append(f"git config {SECTION}")
    path = repository.root / ATTRIBUTES
    before = read_bytes(path) or b""
    after = _without_lines(before)
    if after != before:
        if after:
            write_atomically(path, after)
        else:
            path.unlink()
        done.append(ATTRIBUTES)
    return done


def run_driver(
    repository: Repository,
    versions: Versions,
    path: str,
    environment: Mapping[str, str],
    target: tuple[str, str] = ("origin", "main"),
    labels: Labels | None = None,
) -> DriverResult:
    """Merge one file, a record file or one of an archive; `target` is the remote and the branch that work ends up on.

    Ids that both sides gave to different things are renumbered in all three files alike: each run looks at the other
    files of the same commits. Raises RecordSyntaxError where a version is not UTF-8 text.
    """
    sides = find_sides(repository, path, versions, environment)
    plan = Renumbering()
    for source in (TASKS, ERRORS):
        texts = versions if source == path else read_versions(repository, sides, source) if sides else None
        if texts is not None:
            plan = _union(plan, _plan(repository, sides, source, texts, target))
    kind = {TASK_ARCHIVE: TASKS, JOURNAL_ARCHIVE: JOURNAL}.get(path.partition("/")[0], path)
    merged = merge_records(kind, versions, plan, labels)
    notes = _notes(repository, sides, plan) if path in {TASKS, ERRORS} else []
    if merged.conflicts:
        notes.append(
            f"{path}: {merged.conflicts} {'place' if merged.conflicts == 1 else 'places'} changed on both sides"
        )
    return DriverResult(merged, notes)


def renumber_lines(records: Records, old: str, new: str, span: str) -> list[str]:
    """Write the new id for the old one in the lines that the commits `BASE..REV` brought; return the files changed.

    The file that holds the task or error itself was renumbered by the merge, and is left alone.
    Raises UsageProblem for a range that git does not know.
    """
    base, _, revision = span.partition("..")
    known = records.repository.run("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", check=False)
    if not base or base.startswith("-") or known.returncode != 0:
        raise UsageProblem(f"{span[:60]!r} is not a range of commits", hint="write BASE..REV, as the merge printed it")
    done = []
    with records.lock():
        for name in (JOURNAL, ERRORS if old.startswith("TASK") else TASKS):
            document = records.load(name)
            before, after = records.repository.read_many([f"{base}:{name}", f"{revision}:{name}"])
            if document is None or after is None:
                continue
            brought = set(after.split(b"\n")) - set((before or b"").split(b"\n"))
            others = b"\n".join(line for line in document.content.split(b"\n") if line not in brought)
            content = renumber(document.content, others, {old: new}, name="")
            if content != document.content:
                records.save(Document(content, name))
                done.append(name)
    return done


def find_sides(repository: Repository, name: str, versions: Versions, environment: Mapping[str, str]) -> Sides | None:
    """Return the commits that git merges, or None where they can't be told: each must hold the very bytes given."""
    candidates = [key.removeprefix("GITHEAD_") for key in environment if key.startswith("GITHEAD_")]
    candidates += ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REBASE_HEAD"]
    done = read_bytes(repository.git_dir / "rebase-merge" / "done")
    if done and len(done.split()) > 1:
        candidates.insert(0, done.strip().splitlines()[-1].split()[1].decode("ascii", "replace"))
    theirs = _first_with(repository, candidates, name, versions.theirs)
    theirs = theirs or _first_with(repository, _writers_of(repository, name, versions.theirs), name, versions.theirs)
    ours = _first_with(repository, ["HEAD"], name, versions.ours)
    if not theirs or not ours:
        return None
    found = repository.run("merge-base", "--all", ours, theirs, check=False).stdout.decode().split()
    base = _first_with(repository, [*found, f"{theirs}^"], name, versions.base)
    return Sides(base, ours, theirs) if base else None


def _writers_of(repository: Repository, name: str, content: bytes) -> list[str]:
    """Return commits of any ref that wrote these bytes: a cherry-pick tells its driver nothing else."""
    blob = repository.run("hash-object", "--stdin", stdin=content).stdout.decode().strip()
    found = repository.run("log", "--all", "-20", "--format=%H", f"--find-object={blob}", "--", name, check=False)
    return found.stdout.decode().split()


def _first_with(repository: Repository, revisions: list[str], name: str, content: bytes) -> str | None:
    blobs = repository.read_many([f"{revision}:{name}" for revision in revisions])
    return next((rev for rev, blob in zip(revisions, blobs, strict=True) if (blob or b"") == content), None)


def read_versions(repository: Repository, sides: Sides, name: str) -> Versions:
    """Return the file as the three commits have it."""
    base, ours, theirs = repository.read_many([f"{rev}:{name}" for rev in (sides.base, sides.ours, sides.theirs)])
    return Versions(base or b"", ours or b"", theirs or b"")


def _plan(
    repository: Repository, sides: Sides | None, name: str, versions: Versions, target: tuple[str, str]
) -> Renumbering:
    plan = plan_renumbering(name, versions)
    if not plan:
        return plan
    remote, branch = target
    refs = [f"refs/remotes/{remote}/{branch}:{name}", f"refs/heads/{branch}:{name}"]
    targets = [blob for blob in repository.read_many(refs) if blob]
    taken = b""
    if sides:
        folders = (*FILES, TASK_ARCHIVE, JOURNAL_ARCHIVE)
        taken = repository.run("grep", "-hoE", ANY_ID, sides.ours, sides.theirs, "--", *folders, check=False).stdout
    return plan_renumbering(name, versions, targets, (taken,))


def _union(first: Renumbering, second: Renumbering) -> Renumbering:
    return Renumbering({**first.ours, **second.ours}, {**first.theirs, **second.theirs}, {**first.base, **second.base})


def _notes(repository: Repository, sides: Sides | None, plan: Renumbering) -> list[str]:
    """Say which ids changed, and where the old ones are still named: no commit and no evidence is ever rewritten."""
    notes = []
    for label, new_ids in (("ours", plan.ours), ("theirs", plan.theirs)):
        for old, new in new_ids.items():
            notes.append(f"{old} is two different things; the one of {label} is {new} now")
            if sides:
                side, other = (sides.ours, sides.theirs) if label == "ours" else (sides.theirs, sides.ours)
                notes += [f"  {line}" for line in _still_named(repository, side, other, old, new)]
    return notes


def _still_named(repository: Repository, side: str, other: str, old: str, new: str) -> Iterable[str]:
    commits = repository.log(side, f"^{other}", naming=old)
    yield from (f"commit {one.revision[:10]} still names {old}: {one_line(one.subject, 80)}" for one in commits)
    found = repository.run("grep", "-n", "-F", old, side, "--", ".conductor/evidence", check=False).stdout
    for line in found.decode("utf-8", "replace").splitlines():
        _, path, number = line.split(":", 3)[:3]
        yield f"evidence {path}:{number} still names {old}"
    names = repository.run("diff", "--name-only", f"{other}...{side}", "--", *FILES, check=False).stdout.decode()
    theirs = repository.run("diff", "--name-only", f"{side}...{other}", "--", *FILES, check=False).stdout.decode()
    for name in sorted(set(names.split()) - set(theirs.split())):
        if old.encode() in (repository.read(side, name) or b""):
            span = f"{repository.run('merge-base', side, other).stdout.decode()[:10]}..{side[:10]}"
            yield f"{name} names {old} too, and git takes it as one side has it. When the merge is done, run:"
            yield f"  conductor records renumber {old} {new} --lines-of {span}"


def _attribute_lines(before: bytes) -> bytes:
    joined = bool(before) and not before.endswith(b"\n")
    lines = [_NOTE + (_JOINED if joined else ""), *(f"/{name} merge=conductor" for name in _PATTERNS)]
    return (b"\n" if joined else b"") + "".join(f"{line}\n" for line in lines).encode()


def _without_lines(content: bytes) -> bytes:
    for joined in (f"\n{_NOTE}{_JOINED}\n", f"{_NOTE}\n"):
        lines = joined.encode() + "".join(f"/{name} merge=conductor\n" for name in _PATTERNS).encode()
        if lines in content:
            return content.replace(lines, b"", 1)
    return content
