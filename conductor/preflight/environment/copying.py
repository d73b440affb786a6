"""What COPY and ADD put into an image."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from conductor.preflight.environment.carried import carry
from conductor.preflight.environment.context import clean
from conductor.preflight.environment.files import Placed
from conductor.preflight.environment.origin import Origin
from conductor.preflight.environment.timeline import CopyStep
from conductor.preflight.parse.words import split_words

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Environment
    from conductor.preflight.parse.dockerfile import Instruction

_BIN = frozenset({"/usr/bin", "/usr/local/bin", "/bin", "/usr/sbin", "/sbin"})
_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")


def words_of(instruction: Instruction, escape: str) -> tuple[str, ...]:
    """Return the sources and the destination as written; a heredoc's word stands for its content."""
    if instruction.json is not None:
        return instruction.json
    return tuple(word.raw for word in split_words(instruction.text, escape))


def step_of(instruction: Instruction, stage: int, words: tuple[str | None, ...], environment: Environment) -> CopyStep:
    """Return the step with its destination made absolute."""
    destination = words[-1] if words else None
    if destination is not None:
        folder = destination.endswith(("/", "/.")) or destination == "."
        if not destination.startswith("/"):
            destination = None if environment.workdir is None else posixpath.join(environment.workdir, destination)
        if destination is not None:
            destination = posixpath.normpath(destination) + ("/" if folder else "")
    return CopyStep(instruction, stage, words[:-1], destination, environment.copy(), instruction.flag("from"))


def note_owner(step: CopyStep, environment: Environment, owner: str | None) -> None:
    """Note whose what is copied is; a folder that was there before keeps its owner where root copies."""
    destination = (step.destination or "/").rstrip("/") or "/"
    there = environment.files is not None and environment.files.find(destination).state != "absent"
    if owner is None:
        environment.owners.note(destination, None, deep=True)
    elif not there:
        environment.owners.note(destination, owner, deep=True)


def from_context(step: CopyStep, environment: Environment, path: str) -> None:
    """Put what comes from the build context into the image."""
    files = environment.files
    if files is None:
        return
    origin = Origin(path, step.instruction.line, f"{step.instruction.name} {step.instruction.text}"[:120])
    if step.destination is None:
        files.base_known = False
        return
    if step.instruction.flag("parents") is not None:  # which folders it keeps is not followed
        files.put(Placed(step.destination.rstrip("/") or "/", None, True, True, None, origin))
        return
    mode = step.instruction.flag("chmod") or ""
    executable = True if (mode and any(digit in "1357" for digit in mode[-3:])) or "+x" in mode else None
    many = len(step.sources) > 1
    for source in step.sources:
        if source is None or step.instruction.name == "ADD":
            _add(step, source, environment, origin)
        elif source.startswith("<<"):
            _place(
                environment,
                _target(step, source.lstrip("<-").strip("\"'"), environment, many=many),
                None,
                origin,
                executable=executable,
            )
        else:
            _source(step, source, environment, origin, executable=executable, many=many)


def _source(
    step: CopyStep, source: str, environment: Environment, origin: Origin, *, executable: bool | None, many: bool
) -> None:
    files = environment.files
    if files is None or step.destination is None:
        return
    matches = files.context.match(source)
    for entry in matches:
        if entry.is_folder:
            files.put(Placed(step.destination.rstrip("/") or "/", entry.path, True, False, executable, origin))
            continue
        name = posixpath.basename(entry.path)
        target = _target(step, name, environment, many=many or len(matches) > 1)
        if (
            files.find(target).state == "unknown"
            and posixpath.basename(target) != name
            and "." not in target
            and posixpath.dirname(target) not in _BIN
        ):
            # Nobody knows whether the base has a folder of that name: the file is it, or in it.
            files.put(Placed(target, None, True, True, None, origin))
            continue
        _place(environment, target, entry.path, origin, executable=executable or entry.executable)


def _target(step: CopyStep, name: str, environment: Environment, *, many: bool) -> str:
    destination = step.destination or "/"
    existing = environment.files.find(destination) if environment.files else None
    if many or destination.endswith("/") or (existing is not None and existing.is_folder):
        return "/" + posixpath.join(destination, name).lstrip("/")
    return destination


def _place(
    environment: Environment, target: str, source: str | None, origin: Origin, *, executable: bool | None
) -> None:
    if environment.files is None:
        return
    environment.files.put(Placed(posixpath.normpath(target), source, False, False, executable, origin))
    folder, _, name = target.rpartition("/")
    if folder in _BIN:
        environment.commands[name] = True


def _add(step: CopyStep, source: str | None, environment: Environment, origin: Origin) -> None:
    """Put what ADD brings: a download keeps its name, an archive is unpacked."""
    files = environment.files
    if files is None or step.destination is None:
        return
    destination = step.destination
    if source is not None and "://" in source:
        name = source.partition("?")[0].rsplit("/", 1)[-1]
        _place(environment, _target(step, name, environment, many=False), None, origin, executable=None)
    elif source is None or source.endswith(_ARCHIVES) or clean(source) == ".":
        entries = files.context.match(source) if source and not source.endswith(_ARCHIVES) else []
        for entry in entries:
            files.put(Placed(destination.rstrip("/") or "/", entry.path, entry.is_folder, False, None, origin))
        if not entries:
            files.put(Placed(destination.rstrip("/") or "/", None, True, True, None, origin))
            if destination.rstrip("/") in {"", "/usr", "/usr/local", "/opt"}:
                environment.opaque = (*environment.opaque, origin)
    else:
        _source(step, source, environment, origin, executable=None, many=len(step.sources) > 1)


def from_stage(step: CopyStep, environment: Environment, other: Environment | None, path: str) -> None:
    """Put what comes from another stage or image into the image; of another image only the names are known."""
    origin = Origin(path, step.instruction.line, f"COPY --from={step.from_stage}")
    if environment.files is None or step.destination is None:
        return
    for source in step.sources:
        _from_one(step, source, environment, other, origin)


def _from_one(
    step: CopyStep, source: str | None, environment: Environment, other: Environment | None, origin: Origin
) -> None:
    files = environment.files
    if files is None:
        return
    plain = str(step.destination).rstrip("/") or "/"
    if source is None:
        environment.opaque = (*environment.opaque, origin)
        return
    source = posixpath.normpath(posixpath.join("/", source))
    name = posixpath.basename(source)
    found = other.files.find(source) if other is not None and other.files is not None else None
    folder = found is None or found.state == "unknown" or bool(found.is_folder)
    target = plain if folder else _target(step, name, environment, many=len(step.sources) > 1)
    if folder and other is not None and other.files is not None:
        files.carry(other.files, source, target, origin)
    else:
        context = found.source if found is not None and found.state == "context" else None
        files.put(Placed(target, context, folder, context is None, found.executable if found else None, origin))
    _bring_commands(environment, other, name, plain, origin, folder=folder)
    if other is not None:
        carry(environment, other, source, plain)


def _bring_commands(
    environment: Environment, other: Environment | None, name: str, plain: str, origin: Origin, *, folder: bool
) -> None:
    """Know the commands that came along with what was put at `plain`; of another image nobody knows which."""
    if plain in _BIN or posixpath.dirname(plain) in _BIN:
        environment.commands[name if plain in _BIN else posixpath.basename(plain)] = True
        brings_more = folder and name in {"bin", "local", "usr"}
    else:
        brings_more = plain in {"/", "/usr", "/usr/local", "/opt"}
    if brings_more and (other is None or other.opaque):
        environment.opaque = (*environment.opaque, origin)
    if other is not None and plain in {"/", "/usr", "/usr/local"}:
        environment.commands.update({command: True for command, there in other.commands.items() if there})
