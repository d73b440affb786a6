"""Read a Dockerfile as BuildKit does: directives, continuations, comments, heredocs, flags, JSON forms, stages.

Reading never raises: what the builder would refuse becomes a `Problem`, and what can still be read is read.
Source of the rules: moby/buildkit, frontend/dockerfile/parser and docs/reference.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from conductor.preflight.parse.source import Mark, SourceText
from conductor.preflight.parse.words import split_words

INSTRUCTIONS = frozenset(
    {"ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER"}
    | {"ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"}
)
_DIRECTIVE = re.compile(r"#[ \t]*([A-Za-z][A-Za-z0-9]*)[ \t]*=[ \t]*(\S.*?)[ \t]*")
_KNOWN_DIRECTIVES = frozenset({"syntax", "escape", "check"})
_NAME = re.compile(r"[^\t\v\f\r ]+")
_SPACE = " \t\v\f\r"
_HEREDOC = re.compile(r"(\d*)<<(-?)([^<]*)")
_HEREDOC_HOLDERS = frozenset({"ADD", "COPY", "RUN"})
# Docker's own scanner refuses lines over 64 kB x 1024; nobody writes an instruction of a megabyte.
MAX_LINE = 1_000_000


@dataclass(frozen=True, slots=True)
class Problem:
    """Something the builder refuses: `kind` is a stable word, `line` counts from 1."""

    kind: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Flag:
    """An option of an instruction, `--from=build`; `value` is None for a bare one, `--link`."""

    name: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Heredoc:
    """A block that belongs to an instruction; `line` is the line after the one that opens it."""

    name: str
    expand: bool
    strip_tabs: bool
    content: str
    line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: `name` in upper case, `arguments` without the flags, joined over its continuation lines."""

    name: str
    arguments: SourceText
    flags: tuple[Flag, ...]
    json: tuple[str, ...] | None
    heredocs: tuple[Heredoc, ...]
    line: int
    end_line: int

    @property
    def text(self) -> str:
        """Return the arguments as one text."""
        return self.arguments.text

    def flag(self, name: str) -> str | None:
        """Return the value of the first flag of that name; an empty text for a bare one, None where it is absent."""
        return next((flag.value or "" for flag in self.flags if flag.name == name), None)


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: `base` is the first word after FROM as written; `name` is lower case, as the builder compares it.

    `body` begins with what ONBUILD of the stage that it is built on has it do.
    """

    index: int
    base: str
    name: str | None
    start: Instruction
    body: tuple[Instruction, ...]


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """A whole file: `head` are the instructions before the first FROM (only ARG is allowed there)."""

    head: tuple[Instruction, ...]
    stages: tuple[Stage, ...]
    escape: str
    problems: tuple[Problem, ...]
    lines: tuple[str, ...]

    @property
    def instructions(self) -> tuple[Instruction, ...]:
        """Return every instruction of the file in order."""
        return (*self.head, *(i for stage in self.stages for i in (stage.start, *stage.body)))


def parse_dockerfile(text: str) -> Dockerfile:
    """Read the text of a Dockerfile."""
    raw = text.removeprefix("\ufeff").removesuffix("\n").split("\n")
    lines = tuple(line.removesuffix("\r") for line in raw)
    escape = _read_escape(lines)
    reader = _Reader(lines, escape)
    instructions = reader.read()
    head, stages, problems = _split_stages(instructions)
    stages = _with_triggers(stages, escape)
    if not instructions:
        problems.append(Problem("empty", 1, "the file holds no instruction"))
    return Dockerfile(head, stages, escape, (*reader.problems, *problems), lines)


def _read_escape(lines: tuple[str, ...]) -> str:
    """Return the escape character that the directives at the top name; a backslash where none does."""
    for line in lines:
        match = _DIRECTIVE.fullmatch(line.strip())
        if match is None or match[1].lower() not in _KNOWN_DIRECTIVES:
            return "\\"
        if match[1].lower() == "escape":
            return "`" if match[2] == "`" else "\\"
    return "\\"


class _Reader:
    """Walks the lines once and puts instructions together."""

    def __init__(self, lines: tuple[str, ...], escape: str) -> None:
        self.lines = lines
        self.escape = escape
        self.position = 0
        self.problems: list[Problem] = []

    def read(self) -> list[Instruction]:
        instructions = []
        while self.position < len(self.lines):
            line = self.lines[self.position]
            if not line.strip() or line.lstrip().startswith("#"):
                self.position += 1
                continue
            instruction = self._instruction()
            if instruction is not None:
                instructions.append(instruction)
        return instructions

    def _instruction(self) -> Instruction | None:
        start = self.position + 1
        joined = self._join()
        match = _NAME.match(joined.text)
        if match is None:
            return None
        name = match[0].upper()
        if name not in INSTRUCTIONS:
            self.problems.append(Problem("unknown-instruction", start, f"{match[0][:60]!r} is not an instruction"))
            return None
        rest = joined.tail(len(joined.text) - len(joined.text[match.end() :].lstrip(_SPACE)))
        rest = SourceText(rest.text.rstrip(_SPACE + "\n"), rest.marks)
        flags, arguments = _take_flags(rest, self.escape)
        form = _read_json(arguments.text)
        heredocs = self._heredocs(name, arguments.text) if form is None else ()
        if not arguments.text:
            self.problems.append(Problem("no-arguments", start, f"{name} needs at least one argument"))
        self.problems += [
            Problem("form", start, said) for said in _form_problems(name, arguments.text, flags, self.escape)
        ]
        return Instruction(name, arguments, flags, form, heredocs, start, self.position)

    def _join(self) -> SourceText:
        """Join the line at hand with its continuation lines; comments and empty lines between them fall away."""
        pieces: list[str] = []
        marks: list[Mark] = []
        length = 0
        first = True
        while self.position < len(self.lines):
            line = self.lines[self.position]
            self.position += 1
            if not first and (not line.strip() or line.lstrip().startswith("#")):
                continue
            if len(line) > MAX_LINE:
                self.problems.append(Problem("long-line", self.position, f"the line has {len(line):,} characters"))
                line = line[:MAX_LINE]
            skipped = len(line) - len(line.lstrip(_SPACE)) if first else 0
            body, continues = _cut_continuation(line[skipped:], self.escape)
            marks.append(Mark(length, self.position, skipped + 1))
            pieces.append(body)
            length += len(body)
            first = False
            if not continues:
                break
        return SourceText("".join(pieces), tuple(marks))

    def _heredocs(self, name: str, arguments: str) -> tuple[Heredoc, ...]:
        holder = name in _HEREDOC_HOLDERS
        if name == "ONBUILD":
            holder = arguments.split(maxsplit=1)[0].upper() in _HEREDOC_HOLDERS if arguments else False
        if not holder or "<<" not in arguments:
            return ()
        return tuple(
            self._heredoc(match[3], strip_tabs=bool(match[2]))
            for word in split_words(arguments, self.escape)
            if (match := _HEREDOC.fullmatch(word.raw)) is not None and match[3]
        )

    def _heredoc(self, word: str, *, strip_tabs: bool) -> Heredoc:
        expand = not any(quote in word for quote in "\"'")
        name = word.replace('"', "").replace("'", "").replace(self.escape, "")
        first = self.position + 1
        content: list[str] = []
        while self.position < len(self.lines):
            line = self.lines[self.position]
            self.position += 1
            candidate = line.lstrip("\t") if strip_tabs else line
            if candidate == name:
                break
            content.append(candidate)
        else:
            self.problems.append(Problem("unterminated-heredoc", first - 1, f"the heredoc {name} never ends"))
        return Heredoc(name, expand, strip_tabs, "".join(f"{line}\n" for line in content), first, self.position)


def _cut_continuation(line: str, escape: str) -> tuple[str, bool]:
    """Return the line without its continuation character, and whether it had one."""
    stripped = line.rstrip(" \t")
    if not stripped.endswith(escape) or stripped.endswith(escape * 2):
        return line, False
    return stripped[:-1], True


# The options that BuildKit knows of each instruction; others are left alone.
_FLAGS = {
    "COPY": {"from", "chown", "chmod", "link", "parents", "exclude"},
    "ADD": {"chown", "chmod", "link", "keep-git-dir", "checksum", "exclude", "unpack"},
    "RUN": {"mount", "network", "security", "device"},
    "FROM": {"platform"},
    "HEALTHCHECK": {"interval", "timeout", "start-period", "start-interval", "retries"},
}


def _form_problems(name: str, text: str, flags: tuple[Flag, ...], escape: str) -> Iterator[str]:
    """Yield what the builder refuses about an instruction's options and its pairs of name and value."""
    for flag in flags if name in _FLAGS else ():
        if flag.name not in _FLAGS[name]:
            yield f"{name} has no option --{flag.name}; there are --{', --'.join(sorted(_FLAGS[name]))}"
    words = [word.raw for word in split_words(text, escape)] if name in {"ENV", "LABEL"} else []
    if len(words) == 1 and "=" not in words[0]:
        yield f"{name} needs a name and a value: NAME=VALUE"
    elif words and "=" in words[0]:
        bare = next((word for word in words if "=" not in word), None)
        if bare is not None:
            yield f"{name} cannot find = in {bare!r}: the value before it ends at a blank"


def _take_flags(source: SourceText, escape: str) -> tuple[tuple[Flag, ...], SourceText]:
    """Split the leading `--name=value` words from the arguments."""
    flags: list[Flag] = []
    position = 0
    for word in split_words(source.text, escape):
        if not word.raw.startswith("--"):
            position = word.start
            break
        position = word.end
        if word.raw == "--":
            break
        name, equals, value = word.raw[2:].partition("=")
        flags.append(Flag(name, value.strip("\"'") if equals else None))
    else:
        position = len(source.text)
    text = source.text
    while position < len(text) and text[position] in _SPACE:
        position += 1
    return tuple(flags), source.tail(position) if position else source


def _read_json(arguments: str) -> tuple[str, ...] | None:
    """Return the words of the JSON form, or None for the shell form."""
    if not arguments.startswith("["):
        return None
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        return None
    return tuple(value)


def _split_stages(
    instructions: list[Instruction],
) -> tuple[tuple[Instruction, ...], tuple[Stage, ...], list[Problem]]:
    """Group the instructions by FROM and name what cannot be a stage."""
    head: list[Instruction] = []
    groups: list[tuple[Instruction, list[Instruction]]] = []
    problems: list[Problem] = []
    for instruction in instructions:
        if instruction.name == "FROM":
            groups.append((instruction, []))
        elif groups:
            groups[-1][1].append(instruction)
        else:
            head.append(instruction)
            if instruction.name != "ARG":
                message = f"{instruction.name} stands before the first FROM; only ARG may"
                problems.append(Problem("before-from", instruction.line, message))
    if instructions and not groups:
        problems.append(Problem("no-from", instructions[0].line, "the file has no FROM"))
    stages = []
    for index, (start, body) in enumerate(groups):
        words = start.text.split()
        named = len(words) == 3 and words[1].lower() == "as"
        if len(words) not in {1, 3} or (len(words) == 3 and not named):
            problems.append(Problem("from-form", start.line, "FROM takes an image, or an image AS a name"))
        name = words[2].lower() if named else None
        stages.append(Stage(index, words[0] if words else "", name, start, tuple(body)))
    return tuple(head), tuple(stages), problems


def _with_triggers(stages: tuple[Stage, ...], escape: str) -> tuple[Stage, ...]:
    """Put the ONBUILD instructions of a stage before the body of each stage that is built on it."""
    found: list[Stage] = []
    for stage in stages:
        parent = next((each for each in stages[: stage.index] if each.name and each.name == stage.base.lower()), None)
        asked = [each for each in parent.body if each.name == "ONBUILD"] if parent is not None else []
        triggers = tuple(filter(None, (_trigger(each, escape) for each in asked)))
        found.append(replace(stage, body=(*triggers, *stage.body)) if triggers else stage)
    return tuple(found)


def _trigger(instruction: Instruction, escape: str) -> Instruction | None:
    """Return the instruction that an ONBUILD holds."""
    text = instruction.text
    match = _NAME.match(text)
    name = match[0].upper() if match is not None else ""
    if match is None or name not in INSTRUCTIONS - {"ONBUILD", "FROM"}:
        return None
    rest = instruction.arguments.tail(len(text) - len(text[match.end() :].lstrip(_SPACE)))
    flags, arguments = _take_flags(rest, escape)
    form = _read_json(arguments.text)
    return replace(instruction, name=name, arguments=arguments, flags=flags, json=form)
