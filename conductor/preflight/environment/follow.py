"""Follow a Dockerfile from its first FROM to the process it starts."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from conductor.preflight.environment import copying, mounts
from conductor.preflight.environment.base import start_from
from conductor.preflight.environment.files import ImageFiles, Placed
from conductor.preflight.environment.model import Environment, Fact
from conductor.preflight.environment.origin import Origin
from conductor.preflight.environment.owners import ROOT
from conductor.preflight.environment.permissions import opens, user_of
from conductor.preflight.environment.running import Runner
from conductor.preflight.environment.timeline import Snapshot, Start, Timeline
from conductor.preflight.parse.words import expand, parse_assignments, split_words
from conductor.programs import find

if TYPE_CHECKING:
    from conductor.domain.day import Day
    from conductor.ports.tree import Tree
    from conductor.preflight.environment.context import Context
    from conductor.preflight.parse.dockerfile import Dockerfile, Instruction, Stage

# What BuildKit defines by itself, for the platform every worker runs on.
_PLATFORM = {
    "TARGETPLATFORM": "linux/amd64",
    "TARGETOS": "linux",
    "TARGETARCH": "amd64",
    "TARGETVARIANT": "",
    "BUILDPLATFORM": "linux/amd64",
    "BUILDOS": "linux",
    "BUILDARCH": "amd64",
    "BUILDVARIANT": "",
}
_NOT_OURS = ("pytorch/pytorch", "nvidia/cuda", "python", "ubuntu", "debian")


def follow(
    dockerfile: Dockerfile, path: str, context: Context, *, root: Tree | None = None, day: Day | None = None
) -> Timeline:
    """Return everything that the build and the start of this image do, with the base images as they were on that day.

    Raises UsageProblem for a requirements file over the limit; any other bad file is followed as far as it goes.
    """
    return _Follower(dockerfile, path, context, root, day).run()


class _Follower:
    """Walks the stages in order; one environment a stage."""

    def __init__(self, dockerfile: Dockerfile, path: str, context: Context, root: Tree | None, day: Day | None) -> None:
        self.dockerfile = dockerfile
        self.path = path
        self.context = context
        self.root = root
        self.day = day
        self.timeline = Timeline()
        self.runner = Runner(context)
        self.arguments: dict[str, str | None] = dict(_PLATFORM)
        self._global_arguments()
        self.ends: list[Environment] = []
        self.starts: list[dict[str, Instruction]] = []
        # Stages whose base may have an ENTRYPOINT that nobody read.
        self.unread: set[int] = set()

    def run(self) -> Timeline:
        needed = self._needed()
        self.timeline.needed = needed
        snapshots: list[Snapshot] = []
        stages = []
        for stage in self.dockerfile.stages:
            reference = self._reference(stage)
            environment = self._begin(stage, reference)
            self.runner.silent = stage.index not in needed
            for instruction in stage.body:
                self._instruction(instruction, stage, environment)
                if stage.index in needed:
                    snapshots.append(Snapshot(instruction, stage.index, environment.copy()))
            self.ends.append(environment)
            stages.append((stage, reference, environment))
        self.runner.silent = False
        self.timeline.snapshots, self.timeline.stages = tuple(snapshots), tuple(stages)
        if self.ends:
            self.timeline.final = self.ends[-1]
            self._start(self.ends[-1])
        return self.runner.complete(self.timeline)

    def _global_arguments(self) -> None:
        for instruction in self.dockerfile.head:
            if instruction.name == "ARG":
                self._declare(instruction, self.arguments, self.arguments)

    def _declare(self, instruction: Instruction, values: dict[str, str | None], known: dict[str, str | None]) -> None:
        """Take an ARG: its default, or nothing known where a value must come from outside."""
        for word in split_words(instruction.text, self.dockerfile.escape):
            name, equals, raw = word.raw.partition("=")
            if equals:
                values[name] = expand(raw, known, self.dockerfile.escape)
            elif name in self.arguments:
                values[name] = self.arguments[name]
            else:
                values.setdefault(name, None)

    def _needed(self) -> frozenset[int]:
        """Return the stages that the last one is built from, directly or not."""
        stages = self.dockerfile.stages
        pending = [len(stages) - 1] if stages else []
        needed: set[int] = set()
        while pending:
            index = pending.pop()
            if index in needed:
                continue
            needed.add(index)
            for name in self._names_used(stages[index]):
                found = self.stage_index(name, index)
                if found is not None:
                    pending.append(found)
        return frozenset(needed)

    def _names_used(self, stage: Stage) -> list[str]:
        names = [expand(stage.base, self.arguments, self.dockerfile.escape) or ""]
        for instruction in stage.body:
            for flag in instruction.flags:
                if flag.name == "from":
                    names.append(flag.value or "")
                elif flag.name == "mount" and "from=" in (flag.value or ""):
                    names.append((flag.value or "").partition("from=")[2].partition(",")[0])
        return names

    def stage_index(self, name: str, before: int) -> int | None:
        """Return the stage of that name or number that stands before this one."""
        for stage in self.dockerfile.stages[:before]:
            if stage.name == name.lower() or str(stage.index) == name:
                return stage.index
        return None

    def _reference(self, stage: Stage) -> str | None:
        return expand(stage.base, self.arguments, self.dockerfile.escape) or None

    def _begin(self, stage: Stage, reference: str | None) -> Environment:
        line = stage.start.line
        self.starts.append({})
        if reference is None:
            self.unread.add(stage.index)
            unknown = Environment(opaque=(Origin(self.path, line, "the base image is a build argument"),))
            unknown.files = ImageFiles(self.context)
            return unknown
        parent = self.stage_index(reference, stage.index)
        if parent is not None:
            environment = self.ends[parent].copy()
            environment.build_variables = {}
            self.starts[-1].update(self.starts[parent])
            self.unread |= {stage.index} if parent in self.unread else set()
            return environment
        environment = start_from(reference, Origin(self.path, line, reference), self.root, self.day)
        if environment.opaque:
            self.unread.add(stage.index)
        name = reference.partition("@")[0].removeprefix("docker.io/").removeprefix("library/")
        known = name.rpartition(":")[0] in _NOT_OURS or name in _NOT_OURS
        runpod = name.startswith(("runpod/pytorch:", "runpod/base:"))
        environment.files = ImageFiles(self.context, base_known=known or runpod, root_unknown=runpod)
        if name.startswith("pytorch/pytorch"):
            environment.workdir = "/workspace"
            origin = Origin(self.path, line, f"{reference} has it")
            environment.files.put(Placed("/workspace", None, True, False, None, origin))
        return environment

    def values(self, environment: Environment) -> dict[str, str | None]:
        """Return what variables stand for in an instruction: ENV goes before ARG."""
        return {**environment.build_variables, **environment.variables}

    def expand(self, word: str, environment: Environment) -> str | None:
        """Return a word of an instruction with its variables replaced."""
        return expand(word, self.values(environment), self.dockerfile.escape)

    def _instruction(self, instruction: Instruction, stage: Stage, environment: Environment) -> None:  # noqa: C901 - a table
        name = instruction.name
        if name == "RUN":
            self._run(instruction, stage, environment)
        elif name in {"COPY", "ADD"}:
            self._copy(instruction, stage, environment)
        elif name == "ENV":
            known = self.values(environment)
            for key, raw, _ in parse_assignments(instruction.text, self.dockerfile.escape):
                environment.variables[key] = expand(raw, known, self.dockerfile.escape)
                self._known_path(environment, key)
        elif name == "ARG":
            self._declare(instruction, environment.build_variables, self.values(environment))
        elif name == "WORKDIR":
            self._workdir(instruction, environment)
        elif name == "USER":
            user = self.expand(instruction.text, environment)
            origin = Origin(self.path, instruction.line, f"USER {instruction.text}")
            environment.user = Fact(user, origin) if user else None
        elif name == "SHELL" and instruction.json:
            environment.shell = instruction.json
        elif name in {"ENTRYPOINT", "CMD"}:
            self.starts[-1][name] = instruction
            if name == "ENTRYPOINT":
                self.starts[-1].pop("CMD", None)

    def _run(self, instruction: Instruction, stage: Stage, environment: Environment) -> None:
        """Run a RUN with its mounts laid over the files."""

        def value(word: str) -> str | None:
            return self.expand(word, environment)

        def end(name: str) -> Environment | None:
            index = self.stage_index(value(name) or "", stage.index)
            return self.ends[index] if index is not None else None

        for mount in mounts.read_mounts(instruction, environment, value):
            if mount.kind == "bind" and mount.origin is None and mount.source and stage.index in self.timeline.needed:
                self.timeline.mounted.append((instruction, mount.source))
        before = mounts.lay(instruction, environment, self.path, value, end)
        self.runner.run_instruction(instruction, stage.index, environment, self.path)
        mounts.lift(instruction, environment, before, value)

    def _known_path(self, environment: Environment, key: str) -> None:
        """Take over the commands of a folder that PATH now names."""
        if key != "PATH":
            return
        for folder in environment.path or ():
            for command in environment.interpreters.get(folder, {}):
                environment.commands[command] = True

    def _workdir(self, instruction: Instruction, environment: Environment) -> None:
        path = self.expand(instruction.text, environment)
        if path is None or (environment.workdir is None and not path.startswith("/")):
            environment.workdir = None
            return
        environment.workdir = posixpath.normpath(posixpath.join(environment.workdir or "/", path))
        if environment.files is not None:
            origin = Origin(self.path, instruction.line, f"WORKDIR {path}")
            if not environment.files.find(environment.workdir).is_folder:
                # BuildKit makes it the user's, older builders root's.
                root = user_of(environment) == ROOT
                environment.owners.note(environment.workdir, ROOT if root else None, deep=not root)
                environment.files.put(Placed(environment.workdir, None, True, False, None, origin))

    def _copy(self, instruction: Instruction, stage: Stage, environment: Environment) -> None:
        words = copying.words_of(instruction, self.dockerfile.escape)
        expanded = tuple(self.expand(word, environment) if word else None for word in words)
        name = instruction.flag("from")
        step = copying.step_of(instruction, stage.index, expanded, environment)
        if step.destination is not None:
            # A folder that was there keeps its owner with some builders and gets the new one with others.
            owner = None if instruction.flag("chown") or opens(instruction.flag("chmod") or "") else ROOT
            copying.note_owner(step, environment, owner)
        if name is None:
            if stage.index in self.timeline.needed:
                self.runner.copies.append(step)
            copying.from_context(step, environment, self.path)
            return
        source = self.stage_index(name, stage.index)
        copying.from_stage(step, environment, self.ends[source] if source is not None else None, self.path)

    def _start(self, environment: Environment) -> None:
        found = self.starts[-1]
        entry, command = found.get("ENTRYPOINT"), found.get("CMD")
        if entry is None and command is None:
            self.timeline.start = Start(None, None, None, environment)
            return
        first = entry or command
        if first is None:
            return
        if entry is not None and entry.json is None:
            self.timeline.start = Start(entry, None, entry.text, environment)
        elif entry is None and command is not None and command.json is None:
            self.timeline.start = Start(command, None, command.text, environment)
        else:
            words = (*((entry.json or ()) if entry else ()), *_words_of_command(command))
            whole = entry is not None or len(self.ends) - 1 not in self.unread or _is_program(words)
            self.timeline.start = Start(first, words, None, environment, whole=whole)
        start = self.timeline.start
        if not start.whole:
            # As its own ENTRYPOINT has it, or as a shell has it: what a script does is the same.
            words = ("bash", *words) if words[0].endswith(".sh") else ()
            start = Start(first, words, None, environment)
        self.runner.start(start, self.path)


def _is_program(words: tuple[str, ...]) -> bool:
    """Tell whether words begin with a program of the system, so that they are no arguments of another."""
    return not words or find(posixpath.basename(words[0]).rstrip("0123456789.")) is not None


def _words_of_command(command: Instruction | None) -> tuple[str, ...]:
    """Return what CMD adds to an ENTRYPOINT in JSON form."""
    if command is None:
        return ()
    return command.json if command.json is not None else ("/bin/sh", "-c", command.text)
