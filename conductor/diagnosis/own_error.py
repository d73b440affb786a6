"""What a program says itself where no sign of the catalogue knows it: the exception it ends with, or its last error.

Read from the last lines of a log, because what ends a program stands there. The exception is Python's (its class, its
message, the last line of the project's own code in its traceback); the last error is that of the command that failed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from conductor.diagnosis.ends import is_bad, is_good, is_warning
from conductor.diagnosis.lines import Line

_HEADER = re.compile(r"(?P<before>.*?)Traceback \(most recent call last\)")
_FRAME = re.compile(
    r'\s*(?:\| +)?File "(?P<file>[^"]{1,300})", line (?P<line>\d{1,7})(?:, in (?P<within>[\w.]{1,200}))?'
)
# rich's: │ /app/main.py:12 in load │
_RICH_FRAME = re.compile(r"\u2502 (?P<file>/\S{1,300}):(?P<line>\d{1,7}) in ")
_EXCEPTION = re.compile(r"(?P<error>[A-Za-z_][\w.]{0,150})(?:: (?P<message>.*)|:?\s*$)")
_LIBRARY = re.compile(r"site-packages|dist-packages|/lib/python3|\\lib\\|^<|/pip/|/bin/[^/]{1,60}$")
# A build of a package that pip or uv runs: it is no program of the project.
_BUILD = re.compile(
    r"/pip-(?:install|build-env|req-build|modern-metadata)|/pip/_(?:internal|vendor)|/_in_process|builds-v\d|setuptools/build_meta"
)
_CHAINED = ("The above exception was the direct cause", "During handling of the above exception")
_MOST_FRAMES = 400  # lines of one traceback
_MOST_BEHIND = 30  # lines that a program may write after what it ends with: a server's last words, a runner's
_ENDS_QUIETLY = re.compile(r"^(?:SystemExit(?:: 0)?|KeyboardInterrupt)\b")

# What a command says itself when it fails: `error: …`, `prog: error: …`, `E: …`, `main.go:3:5: error: …`, `panic: …`.
_OWN_ERROR = re.compile(
    r"^[\s\W]{0,8}(?:[^:\s][^:]{0,60}: ){0,3}(?:fatal )?(?:error|fatal|err!|panic|critical|failure|failed"
    r"|abort(?:ed|ing)?|exception|invalid|cannot|can't|could not|unable to|unknown|unsupported|usage|no such|not found"
    r"|missing)\b"
    r"|^(?:E|F)[:\]] |^\[?(?:ERROR|FATAL|CRITICAL)\]?\b|\b(?:error|fatal)(?: [A-Z]{1,3}\d{1,5})?: |^\S{1,80}Error: "
    r"|^\s{0,8}(?:--> )?[\w./-]{1,150}\.\w{1,5}:\d+:\d+",
    re.IGNORECASE,
)
# What the builder, the runner or make says about the command: it says only that it failed, or shows its lines.
_ABOUT = re.compile(
    r"did not complete successfully|building at step|subprocess[ -]exited|exit(?:ed with)?(?: code| status)"
    r"|non-zero code|process completed with|failed to solve|^make(?:\[\d+\])?: \*\*\*|^error: exit|^Error: Process"
    r"|^-{4,}|^>>> |^\s*\d+ \||^\s*> \[|^STEP \d|^#\d+ \[|^Dockerfile:\d+|^\[notice\]|error building (?:image|stage)"
    r"|^ERROR: Service |command failed with|^\s*$",
    re.IGNORECASE,
)
_COMMANDS = (
    re.compile(r'process "(?P<command>.{1,300}?)" did not complete successfully: exit code: (?P<exit>\d+)'),
    re.compile(r'building at STEP "RUN (?P<command>.{1,300}?)".{0,60}exit status (?P<exit>\d+)'),
    re.compile(r"The command '(?P<command>.{1,300}?)' returned a non-zero code: (?P<exit>\d+)"),
    re.compile(r"[Pp]rocess completed with exit code (?P<exit>\d+)"),
    re.compile(r"waiting for process to exit: exit status (?P<exit>\d+)"),
    re.compile(r"(?:exited|failed) with (?:exit )?(?:code|status):? (?P<exit>[1-9]\d{0,2})\b"),
)


@dataclass(frozen=True, slots=True)
class OwnError:
    """What a program said: its lines, what they name, from where to where it stands, and whether it ended with it."""

    lines: tuple[Line, ...]
    found: Mapping[str, str]
    begins: int
    ends: int
    last: bool
    exception: bool = True


Reader = Callable[[Sequence[Line]], OwnError | None]


def read_exception(tail: Sequence[Line]) -> OwnError | None:
    """Return the last exception of Python that nothing caught, as its traceback tells it."""
    tail = [line for one in tail for line in _spread(one)]
    chains = _chains(list(_tracebacks(tail)), tail)
    for chain in reversed(chains):
        behind = [line for line in tail if line.number > chain[-1].ends and line.text.strip()]
        if any(is_good(line.text) for line in behind):
            return None
        ordinary = sum(not is_bad(line.text, line.text.lower()) for line in behind)
        final = chain[-1]
        if _ENDS_QUIETLY.match(final.lines[-1].text.strip()):
            continue
        frames = [one.found for one in chain if "file" in one.found]
        found = {**(frames[-1] if frames else {}), **final.found}
        lines = tuple(dict.fromkeys((*final.lines, *(one.lines[-1] for one in chain[:-1]))))
        return OwnError(lines, found, chain[0].begins, final.ends, ordinary <= _MOST_BEHIND)
    return None


def _spread(line: Line) -> Iterator[Line]:
    """Yield the lines of a traceback that stands in one line, as a string of JSON."""
    if "\\n" not in line.text or "Traceback (most recent" not in line.text:
        yield line
        return
    text = line.text.replace("\\\\n", "\\n").replace('\\"', '"')
    for part in text[text.index("Traceback (most recent") :].split("\\n"):
        yield Line(line.number, part, line.step)


def _chains(tracebacks: list[OwnError], tail: Sequence[Line]) -> list[list[OwnError]]:
    """Return the tracebacks, those of one chain of exceptions together."""
    chains: list[list[OwnError]] = []
    for one in tracebacks:
        between = [line.text for line in tail if chains and chains[-1][-1].ends < line.number < one.begins]
        if chains and (not between or any(words in text for text in between for words in _CHAINED)):
            chains[-1].append(one)
        else:
            chains.append([one])
    return chains


def _tracebacks(tail: Sequence[Line]) -> Iterator[OwnError]:
    for index, line in enumerate(tail):
        if header := _HEADER.match(line.text):
            block = [one for one in tail[index + 1 : index + _MOST_FRAMES] if one.step == line.step]
            if found := _traceback(line, header["before"], block):
                yield found


def _traceback(header: Line, before: str, block: Sequence[Line]) -> OwnError | None:
    indent = len(before) if not before.strip(" |+") else 0
    frames: list[re.Match[str]] = []
    for line in block:
        text = line.text[indent:]
        if frame := _FRAME.match(line.text) or _RICH_FRAME.search(line.text):
            frames.append(frame)
            if _BUILD.search(frame["file"]):
                return None
        elif frames and not text.startswith((" ", "\t", "\u2502", "\u2570", "|", "+")) and text.strip():
            match = _EXCEPTION.match(text.strip())
            return _exception(header, line, match, frames) if match else None
    return None


def _exception(header: Line, line: Line, match: re.Match[str], frames: list[re.Match[str]]) -> OwnError:
    own = [frame for frame in frames if not _is_library(frame)]
    place = {"file": own[-1]["file"], "at": own[-1]["line"]} if own else {}
    message = {"message": match["message"]} if (match["message"] or "").strip() else {}
    return OwnError((line,), {"error": match["error"], **message, **place}, header.number, line.number, last=True)


def _is_library(frame: re.Match[str]) -> bool:
    """Tell whether a frame is of installed code; Cython names the source and the module it was made from."""
    path, within = frame["file"], frame.groupdict().get("within") or ""
    module = path.rpartition(".")[0].replace("/", ".")
    return bool(_LIBRARY.search(path)) or (not path.startswith("/") and within.startswith(f"{module}."))


def read_command(tail: Sequence[Line]) -> OwnError | None:
    """Return what the command said itself that failed last; None where nothing tells of its exit code."""
    end, found = _last_failure(tail)
    if not found:
        return None
    step = next((one.step for one in reversed(tail[:end]) if not _ABOUT.search(one.text)), "")
    said = [one for one in tail[:end] if one.step == step and not _ABOUT.search(one.text)]
    errors = [one for one in said[-200:] if _says_error(one)]
    if errors:
        found["says"] = errors[0].text.strip()
    elif "command" not in found:
        return None
    lines = (errors[0], errors[-1]) if errors else (*said[-1:], tail[end])
    behind = any(is_good(one.text) for one in tail[end:])
    return OwnError(tuple(dict.fromkeys(lines)), found, lines[0].number, tail[-1].number, not behind, exception=False)


def _last_failure(tail: Sequence[Line]) -> tuple[int, dict[str, str]]:
    """Return the place of the last line that tells a command's exit code, and what it names; nothing without one."""
    for index in range(len(tail) - 1, -1, -1):
        for words in _COMMANDS:
            if match := words.search(tail[index].text):
                return index, {name: value for name, value in match.groupdict().items() if value}
    return len(tail), {}


def _says_error(line: Line) -> bool:
    return bool(_OWN_ERROR.search(line.text)) and not is_warning(line.text) and not _ABOUT.search(line.text)


READERS: Mapping[str, Reader] = {"exception": read_exception, "command": read_command}
