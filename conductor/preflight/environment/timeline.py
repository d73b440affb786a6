"""What following a Dockerfile gives: every command in order, what holds after each instruction, and how it starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from conductor.preflight.environment.files import Found
    from conductor.preflight.environment.model import Command, Environment, Fact, Phase
    from conductor.preflight.environment.pip import PipInstall
    from conductor.preflight.environment.texts import Home
    from conductor.preflight.parse.dockerfile import Instruction, Stage
    from conductor.shell import Script


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What holds after one instruction."""

    instruction: Instruction
    stage: int
    after: Environment


@dataclass(frozen=True, slots=True)
class CopyStep:
    """One COPY or ADD from the build context: `sources` are expanded (None where a value is not known)."""

    instruction: Instruction
    stage: int
    sources: tuple[str | None, ...]
    destination: str | None
    before: Environment
    from_stage: str | None = None


@dataclass(frozen=True, slots=True)
class ScriptError:
    """A shell text that cannot be parsed: the place in its file."""

    path: str
    line: int
    column: int
    message: str
    phase: Phase


@dataclass(frozen=True, slots=True)
class ShellText:
    """A text that dash reads: `script` is its tree, `home` where it stands, `release` the system that dash is of.

    `certain` is false where it may not run or its failure stops nothing.
    """

    script: Script
    home: Home
    release: Fact
    certain: bool


@dataclass(frozen=True, slots=True)
class UnsetUse:
    """A variable without a value that is asked for under `set -u`, which ends the shell there."""

    name: str
    home: Home
    certain: bool
    base: str


@dataclass(frozen=True, slots=True)
class PythonRun:
    """A Python file that a command runs: `found` says what is known of the file in the image."""

    command: Command
    image_path: str
    found: Found


@dataclass(frozen=True, slots=True)
class ScriptRun:
    """A shell script that a command runs by its path, or that `how` hands to a shell."""

    command: Command
    image_path: str
    found: Found
    how: Literal["path", "shell", "source"]


@dataclass(frozen=True, slots=True)
class Start:
    """How a container begins: the words of ENTRYPOINT and CMD, and the instruction that says so.

    `whole` is false where they may be arguments: the base may have an ENTRYPOINT, and nobody read it.
    """

    instruction: Instruction | None
    words: tuple[str, ...] | None
    text: str | None
    environment: Environment
    whole: bool = True


@dataclass(slots=True)
class Timeline:
    """Everything that happens, in order; only stages that the last one needs are built."""

    commands: tuple[Command, ...] = ()
    pip_installs: tuple[PipInstall, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    copies: tuple[CopyStep, ...] = ()
    script_errors: tuple[ScriptError, ...] = ()
    dash_texts: tuple[ShellText, ...] = ()
    unset_uses: tuple[UnsetUse, ...] = ()
    python_runs: tuple[PythonRun, ...] = ()
    script_runs: tuple[ScriptRun, ...] = ()
    stages: tuple[tuple[Stage, str | None, Environment], ...] = ()
    needed: frozenset[int] = frozenset()
    start: Start | None = None
    final: Environment | None = None
    # Following it took too much work, so the end is missing.
    unfinished: bool = False
    # Answers that several checks ask for, kept by who works them out.
    answers: dict[str, Any] = field(default_factory=dict)
    # What `RUN --mount=type=bind` takes from the build context.
    mounted: list[tuple[Instruction, str]] = field(default_factory=list)
    # Texts of Python programs given inline: (command, index of the word with the text).
    inline_python: list[tuple[Command, int]] = field(default_factory=list)

    @property
    def file_runs(self) -> tuple[ScriptRun | PythonRun, ...]:
        """Return every script and every Python file that something runs."""
        return (*self.script_runs, *self.python_runs)
