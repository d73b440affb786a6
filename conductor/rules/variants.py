"""Which file is a copy of which: by name, and by what stands in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

# What people add to a name instead of changing the file; the policy's list (guard and audit agree on it).
_WORDS = "v[0-9]+|new|old|fixed|final|copy|backup|bak|orig|original"
_MARKED_STEM = re.compile(rf"^(?P<base>.+?)(?:[_.-](?:{_WORDS})|-[2-9]| copy(?: [0-9]+)?| \([0-9]+\))$", re.IGNORECASE)
_MARKED_END = re.compile(r"^(?P<base>.+?)(?:\.(?:new|old|fixed|bak|orig|backup|save)|~)$", re.IGNORECASE)
# Copies of these are noticed whatever they are called; data, prose and translations repeat for good reasons.
_CODE = frozenset({".py", ".sh", ".bash", ".js", ".ts", ".mjs", ".yml", ".yaml", ".toml", ".cfg", ".mk"})
_SEPARATORS = "_.- "
_CONTAINER_FILE = re.compile(r"(?:docker|container)file(?:[._-].+|[0-9]+)?|.+\.(?:docker|container)file", re.IGNORECASE)
# What is about Dockerfiles rather than one: their ignore files and templates, and code that reads them.
_ABOUT_CONTAINERS = (
    ".dockerignore", ".example", ".sample", ".template", ".j2", ".tmpl", ".md", ".txt", ".html", ".json", ".lock",
    ".py", ".pyi", ".js", ".ts", ".tsx", ".mjs", ".go", ".rs", ".rb", ".java", ".kt", ".c", ".h", ".cc", ".cpp", ".lua",
    ".yml", ".yaml", ".toml", ".sh", ".vim",
)  # fmt: skip
# Below this a shared licence header or a few imports make files look alike.
_MIN_LINES = 8
_MAX_BYTES = 400_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be a variant of another; `marked` = its name says so."""

    path: str
    base: str
    marked: bool


def find_candidates(paths: Iterable[str]) -> Iterator[Candidate]:
    """Yield each file whose name extends the name of a file beside it; the names alone are looked at."""
    known = set(paths)
    folders: dict[str, list[str]] = {}
    for path in known:
        folder, _, name = path.rpartition("/")
        folders.setdefault(folder, []).append(name)
    for folder in sorted(folders):
        prefix = f"{folder}/" if folder else ""
        names = sorted(folders[folder])
        for name in names:
            marked = next((base for base in marked_bases(name) if prefix + base in known), None)
            base = marked or _extended(name, known, prefix)
            if base is not None:
                yield Candidate(prefix + name, prefix + base, marked is not None)


def marked_bases(name: str) -> list[str]:
    """Return the names this one would be a marked variant of (`run_v2.sh` → `run.sh`)."""
    if name.endswith((".example", ".sample", ".template", ".dist")):
        return []
    found = []
    if match := _MARKED_END.match(name):
        found.append(match["base"])
    stem, dot, ending = name.rpartition(".")
    for base_stem, tail in ((stem, dot + ending), (name, "")):
        match = _MARKED_STEM.match(base_stem) if base_stem else None
        if match:
            found.append(match["base"] + tail)
    return [base for base in dict.fromkeys(found) if base != name]


def is_container_file(name: str) -> bool:
    """Tell whether a builder would read a file of this name."""
    return _CONTAINER_FILE.fullmatch(name) is not None and not name.endswith(_ABOUT_CONTAINERS)


def _extended(name: str, known: set[str], prefix: str) -> str | None:
    """Return the file beside this one whose stem this name's stem begins with (`run_gpu.sh` → `run.sh`)."""
    if is_container_file(name):
        return next((base for base in ("Dockerfile", "Containerfile") if base != name and prefix + base in known), None)
    stem, dot, ending = name.rpartition(".")
    if dot + ending not in _CODE or stem.startswith(("test_", "conftest")):
        return None
    bare = stem.rstrip("0123456789")
    if bare not in ("", stem) and prefix + bare + dot + ending in known:
        return bare + dot + ending
    for at in range(len(stem) - 1, 1, -1):
        base = stem[:at] + dot + ending
        if stem[at] in _SEPARATORS and prefix + base in known:
            return base
    return None


def similarity(one: bytes, other: bytes) -> float | None:
    """Return how much two texts share, 0 to 1, by lines in any order; None where that says nothing.

    Nothing is said about very large files; two binary ones are equal or not.
    """
    if one == other:
        return 1.0
    if max(len(one), len(other)) > _MAX_BYTES:
        return None
    if b"\0" in one or b"\0" in other:
        return 0.0
    lines, others = _lines(one), _lines(other)
    total = lines.total() + others.total()
    return 2 * (lines & others).total() / total if total else None


def is_short(content: bytes, at_least: int = _MIN_LINES) -> bool:
    """Tell whether a text has so few lines that sharing some of them says little."""
    return _lines(content).total() < at_least


def _lines(content: bytes) -> Counter[bytes]:
    return Counter(line for line in (raw.strip() for raw in content.splitlines()) if line)


def is_sample(path: str) -> bool:
    """Tell whether a path lies where files stand for others on purpose: tests' data, examples, foreign code."""
    return not _SAMPLES.isdisjoint(PurePosixPath(path).parts[:-1])


_SAMPLES = frozenset(
    {"tests", "test", "testdata", "fixtures", "examples", "node_modules", "vendor", "third_party", "migrations"}
)
