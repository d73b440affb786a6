"""What a person would do who does exactly what a finding's remedy says: the remedy as changes of lines.

Such a change is no safe repair: it is shown as a patch and judged again, never made by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from conductor.domain.finding import Finding
from conductor.preflight.check import Fix
from conductor.preflight.environment.distributions import commands
from conductor.preflight.parse.dockerfile import Instruction, Stage, parse_dockerfile

Reader = Callable[[str], "str | None"]
Fixes = tuple[Fix, ...]
_WRITTEN = re.compile(
    r"(/[\w./-]+) (?:does not exist here, so \S+ cannot be written|is not in the image when \S+ writes )"
)
_REQUIREMENTS = re.compile(r"(?:-r|--requirement)[ =]([\w./-]+\.(?:txt|in))")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a remedy is followed: the finding, the Dockerfile's path, and how the project's files are read."""

    finding: Finding
    dockerfile: str
    read: Reader

    @property
    def path(self) -> str:
        """Return the file that the finding is about."""
        return self.finding.location.path if self.finding.location else self.dockerfile

    @property
    def line(self) -> int:
        """Return the line that the finding is about; 0 where it names none."""
        return (self.finding.location.line or 0) if self.finding.location else 0

    def stage(self) -> Stage | None:
        """Return the stage that the finding is about: the last one where it is about another file."""
        stages = parse_dockerfile(self.read(self.dockerfile) or "").stages
        if self.path != self.dockerfile or not self.line:
            return stages[-1] if stages else None
        return next((stage for stage in reversed(stages) if stage.start.line <= self.line), None)

    def before(self, new: str, *, start: bool = False) -> Fixes:
        """Put an instruction before the one that the finding is about, or, with `start`, before what is started.

        What only root may do is put before the USER that gives root up.
        """
        stage = self.stage()
        if stage is None:
            return ()
        about_start = start or self.path != self.dockerfile or not self.line
        at = _start_of(stage) if about_start else _at(stage, self.line)
        user = _left_root(stage) if new.startswith("RUN ") else None
        if at is None and user is None:
            return (Fix(self.dockerfile, max(one.end_line for one in (stage.start, *stage.body)) + 1, "", new),)
        line = min(one.line for one in (at, user) if one is not None)
        return (Fix(self.dockerfile, line, "", new),)

    def on_line(self, pattern: str, put: str) -> Fixes:
        """Change what the finding's line says."""
        lines = (self.read(self.path) or "").split("\n")
        if not 0 < self.line <= len(lines):
            return ()
        old = lines[self.line - 1]
        new = re.sub(pattern, put, old, count=1)
        return (Fix(self.path, self.line, old, new),) if new != old else ()

    def below_from(self, new: str) -> Fixes:
        """Put an instruction below the FROM of the finding's stage."""
        stage = self.stage()
        return (Fix(self.dockerfile, stage.start.end_line + 1, "", new),) if stage else ()

    def at_end(self, path: str, new: str) -> Fixes:
        """Put a line at the end of a file."""
        text = self.read(path)
        if text is None or new in text.splitlines():
            return ()
        lines = text.split("\n")
        if lines[-1]:
            return (Fix(path, len(lines), lines[-1], f"{lines[-1]}\n{new}"),)
        return (Fix(path, len(lines), "", new),)


def _start_of(stage: Stage) -> Instruction | None:
    return next((one for one in stage.body if one.name in {"CMD", "ENTRYPOINT"}), None)


def _at(stage: Stage, line: int) -> Instruction | None:
    return next((one for one in stage.body if one.line <= line <= one.end_line), None)


def _left_root(stage: Stage) -> Instruction | None:
    users = [one for one in stage.body if one.name == "USER"]
    return next((one for one in users if one.text.split(":")[0].strip() not in {"root", "0"}), None)


def _install(place: Place, said: re.Match[str]) -> Iterator[Fixes]:
    """Ask for a Python package where the others are asked for, or else in an instruction of its own."""
    stage = place.stage()
    running = _at(stage, place.line) if stage and place.path == place.dockerfile else None
    if running is not None and running.name == "RUN":  # it is missing while the image is built
        yield place.before(f"RUN pip install --no-cache-dir '{said[1]}'")
        return
    for one in stage.body if stage else ():
        if one.name == "RUN" and (named := _REQUIREMENTS.search(one.text)):
            folder = place.dockerfile.rpartition("/")[0]
            name = named[1].rpartition("/")[2]
            path = f"{folder}/{name}" if folder else name
            if "--hash" not in (place.read(path) or "--hash"):
                yield place.at_end(path, said[1])
    yield place.before(f"RUN pip install --no-cache-dir '{said[1]}'", start=True)


def _apt_package(place: Place, said: re.Match[str]) -> Iterator[Fixes]:
    named = re.search(r"no package (\S+?)(?=[:;,]?(?: |$))", place.finding.message)
    if named:
        yield place.on_line(rf"(?<![\w.+-]){re.escape(named[1])}(?![\w.+-])", said[1])


def _script_line(place: Place, said: re.Match[str]) -> Iterator[Fixes]:
    """Begin the script that is started with a line; the finding names it."""
    for name in re.findall(r"[\w./-]+", place.finding.message):
        for path in dict.fromkeys((name.lstrip("/"), name.rpartition("/")[2])):
            text = place.read(path) if path else None
            if text and not text.startswith("#!"):
                yield (Fix(path, 1, "", said[1]),)


Way = Callable[[Place, re.Match[str]], Iterator[Fixes]]


def _before(template: str, *, start: bool = False) -> Way:
    """Put an instruction before the finding's, or before the start."""

    def way(place: Place, said: re.Match[str]) -> Iterator[Fixes]:
        yield place.before(said.expand(template), start=start)

    return way


def _on_line(pattern: str, put: str) -> Way:
    """Change the finding's line; `put` may hold `{1}`, a part of the remedy, beside the pattern's own groups."""

    def way(place: Place, said: re.Match[str]) -> Iterator[Fixes]:
        yield place.on_line(pattern, put.replace("{1}", _literal(said[1]) if said.re.groups else ""))

    return way


def _swap(old: int, new: int) -> Way:
    """Write one word of the remedy for another one on the finding's line."""

    def way(place: Place, said: re.Match[str]) -> Iterator[Fixes]:
        yield place.on_line(rf"(?<![\w.-]){re.escape(said[old])}(?![\w.-])", _literal(said[new]))

    return way


def _pin(place: Place, said: re.Match[str]) -> Iterator[Fixes]:
    """Write another version of a package for the one on the finding's line."""
    name = "[-_.]+".join(re.escape(part) for part in re.split(r"[-_.]+", said[1]))  # however it is written (PEP 503)
    yield place.on_line(rf"(?i)\b{name}(\[[\w,.-]*\])?\s*===?\s*[\w.+!*]+", rf"{said[1]}\1=={said[2]}")


def _command(place: Place, said: re.Match[str]) -> Iterator[Fixes]:
    """Write another form of a command, up to the next one."""
    yield place.on_line(rf"\b{said[2]} [^&;|]*?(?=\s*(?:&&|;|\||$))", _literal(said[1]))


def _newer_base(place: Place, said: re.Match[str]) -> Iterator[Fixes]:
    """Start every stage that has the image's Python from the newer one."""
    stage = place.stage()
    written = re.match(r"(?:docker\.io/)?(?:library/)?python:(3\.\d+)(?=[.-]|$)", stage.base) if stage else None
    if written is None:
        return
    lines = (place.read(place.dockerfile) or "").split("\n")
    yield tuple(
        Fix(place.dockerfile, number, line, re.sub(r"python:3\.\d+(?:\.\d+)?", f"python:{said[1]}", line))
        for number, line in enumerate(lines, start=1)
        if re.match(rf"\s*FROM .*python:{re.escape(written[1])}\b", line, re.IGNORECASE)
    )


def _bash_script(place: Place, _: re.Match[str]) -> Iterator[Fixes]:
    first = (place.read(place.path) or "").partition("\n")[0]
    if re.match(r"#!.*\bsh\b", first) and place.path != place.dockerfile:
        yield (Fix(place.path, 1, first, "#!/bin/bash"),)


def _put_there(place: Place, _: re.Match[str]) -> Iterator[Fixes]:
    """Make the folder that something is written into, or let the builder have the file that is hidden from it."""
    for fact in place.finding.context:
        if hidden := re.search(r"(\S+) is left out by (\S+)", fact):
            yield place.at_end(hidden[2].partition(":")[0], f"!{hidden[1]}")
    written = _WRITTEN.match(place.finding.message)
    if written:
        yield place.before(f"RUN mkdir -p {written[1]}")


def _stage_package(place: Place, _: re.Match[str]) -> Iterator[Fixes]:
    """Install what brings the command that nothing installs."""
    named = re.match(r"([\w.-]+) is not in the image: nothing installs it", place.finding.message)
    brought = commands().get(named[1], ()) if named else ()
    if named and (named[1] in brought or len(brought) == 1):
        said = re.fullmatch(r"(.*)", named[1] if named[1] in brought else brought[0])
        yield from _install(place, said) if said else ()


def _below_from(place: Place, said: re.Match[str]) -> Iterator[Fixes]:
    yield place.below_from(said[1])


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\")


def _exceptions(place: Place, _: re.Match[str]) -> Iterator[Fixes]:
    """Let the builder have again what a line of the ignore file hides."""
    said = re.match(r"(\S+) is kept from the builder by (\S+?):(\d+) ", place.finding.message)
    if said:
        yield place.at_end(said[2], f"!{said[1].removeprefix('./').rstrip('/')}")


_APT_INSTALL = r"(apt-get (?:-\S+ )*install(?: -\S+)*) "

# What a remedy says, and what is changed then. The first that is found in it counts.
WAYS: tuple[tuple[str, Way], ...] = (
    (r"^(RUN apt-get update && .+ -m venv \S+), and below it (ENV \S+)$", _before(r"\1\n\2")),
    (r"RUN apt-get update && apt-get install -y [\w.+ -]*[\w+]", _before(r"\g<0>")),
    (r"^pip install ([\w.\[\]-]+(?:[=<>!~]+[\w.]+)?)$", _install),
    (r"setuptools brings one of its own: pip install (setuptools)$", _install),
    (r"^COPY \S+ /\S+$", _before(r"\g<0>", start=True)),
    (r'SHELL \["/bin/bash", "-c"\] before it', _before('SHELL ["/bin/bash", "-c"]')),
    (r"^put apt-get update && before", _on_line(r"apt(-get)? ((?:-\S+ )*)install", r"apt\1 update && apt\1 \2install")),
    (r"^put ENTRYPOINT \[\] before CMD", _before("ENTRYPOINT []")),
    (r"put USER root before it", _before("USER root")),
    (r"make a virtual environment: (RUN \S+ -m venv \S+), (ENV \S+)", _before(r"\1\n\2")),
    (r"^(?:call|start) (python3)\b", _on_line(r"\bpython(?![\w.-])", "{1}")),
    (r"^end the destination with /", _on_line(r"[ \t]*(\r?)$", r"/\1")),
    (r"^begin the file with (#!/bin/\w+)", _script_line),
    (r"^install ca-certificates in the same apt-get install", _on_line(_APT_INSTALL, r"\1 ca-certificates ")),
    (r"^use ([\w.-]+)==([\w.+!]+)$", _pin),
    (r"^(ENV PATH=\S+)$", _before(r"\1", start=True)),
    (r"^write ((add(?:group|user)) .+)$", _command),
    (r"^put (\S+ \S+) before it$", _on_line(r"\b(?=(?:useradd|usermod|adduser|chown) )", "{1} && ")),
    (r"^quote the requirement", _on_line(r"(?<=\s)([A-Za-z][\w.\[\]-]*[<>][\w.,<>=!~*]*)", r"'\1'")),
    (r"^take it out, or say when it is meant: (.+)$", _on_line(r"^[^#\r]*[^#\s]", "{1}")),
    (r"^(?:use|start from) a base with Python (?:>=)?(3\.\d+)", _newer_base),
    (r"^begin the script with #!/bin/bash and start it with bash", _bash_script),
    (r"^(?:COPY the file first|create the folder first), or correct the path", _put_there),
    (r"^install the package in the stage that runs it", _stage_package),
    (r"make it first: (RUN .+)$", _before(r"\1")),
    (r"^put (RUN .+) before USER$", _before(r"\1", start=True)),
    (r"^write (ENV \S+=\S+) before it", _before(r"\1")),
    (r"^add (ARG \w+) below FROM", _below_from),
    (r"^add --system", _on_line("uv pip install", "uv pip install --system")),
    (r"^add (--index-url \S+)$", _on_line("pip3? install", r"\g<0> {1}")),
    (r"^did you mean (\S+)\? The builder looks for (\S+)$", _swap(2, 1)),
    (r"^use -r (\S+)$", _on_line(r"-r \S+", "-r {1}")),
    (r"^write (\S+) for (\S+)$", _swap(2, 1)),
    (r"^install ([a-z0-9][a-z0-9.+-]+)$", _apt_package),
    (r"or add an exception with ! below it", _exceptions),
)


def ways_of(finding: Finding, dockerfile: str, read: Reader) -> Iterator[Fixes]:
    """Yield the ways to follow a finding's remedy, the best first; none where only a person can."""
    if finding.fix and isinstance(plan := finding.data.get("fix"), dict):
        yield (Fix(**plan),)
    place = Place(finding, dockerfile, read)
    for pattern, way in WAYS:
        if said := re.search(pattern, finding.remedy):
            yield from (fixes for fixes in way(place, said) if fixes)
            return
