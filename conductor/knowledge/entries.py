"""Load the knowledge files: YAML beside this module, compiled JSON where a file is large, and a project's additions."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conductor.errors import ConductorError
from conductor.knowledge.shapes import misshapen
from conductor.ports.tree import Tree

Entry = Mapping[str, Any]
HERE = Path(__file__).parent
PROJECT_FOLDER = ".conductor/knowledge"
MAX_PROJECT_BYTES = 1_000_000


class KnowledgeProblem(ConductorError):
    """A knowledge file of the project cannot be used."""


def subjects() -> dict[str, str]:
    """Return every built-in subject with its title, by name."""
    return {path.stem: str(_document(path)["title"]) for path in sorted(HERE.glob("*.yaml"))}


def entries(subject: str, *, root: Tree | None = None) -> tuple[Entry, ...]:
    """Return the entries of a subject, the project's own first; each has `name`, `source` and `checked`.

    Raises:
        KnowledgeProblem: the subject does not exist, or the project's file for it is malformed.
    """
    if subject not in _names():
        raise KnowledgeProblem(f"there is no subject {subject!r}", hint=f"choose one of: {', '.join(_names())}")
    where = f"{PROJECT_FOLDER}/{subject}.yaml"
    content = root.read(where, MAX_PROJECT_BYTES + 1) if root else None
    if content is not None:
        return _project_entries(content, subject, where) + _built_in(subject)
    if root is not None and root.node(where) is not None:
        raise KnowledgeProblem("is no file that can be read", hint="correct the file or remove it", path=where)
    return _built_in(subject)


@functools.cache
def _names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in HERE.glob("*.yaml")))


@functools.cache
def _built_in(subject: str) -> tuple[Entry, ...]:
    compiled = HERE / f"{subject}.json"
    document = json.loads(compiled.read_bytes()) if compiled.exists() else _document(HERE / f"{subject}.yaml")
    return _completed(document)


@functools.cache
def _document(path: Path) -> Mapping[str, Any]:
    return dict(read_yaml(path.read_bytes()))


def read_yaml(content: bytes) -> Any:
    """Return the value of a YAML document, with libyaml where it is there."""
    import yaml

    return yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader


def _completed(document: Mapping[str, Any]) -> tuple[Entry, ...]:
    defaults = {key: document[key] for key in ("source", "checked") if key in document}
    return tuple({**defaults, **entry} for entry in document["entries"])


@functools.lru_cache(maxsize=64)
def _project_entries(content: bytes, subject: str, where: str) -> tuple[Entry, ...]:
    import yaml

    if len(content) > MAX_PROJECT_BYTES:
        raise KnowledgeProblem("the file is larger than 1 MB", hint="keep project facts short", path=where)
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(content, Loader=yaml.SafeLoader)):
            raise KnowledgeProblem("uses YAML aliases", hint="write the values out", path=where)
        document = read_yaml(content)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise KnowledgeProblem(
            f"cannot be read as YAML: {error}", hint="correct the file or remove it", path=where
        ) from error
    if not isinstance(document, dict) or not isinstance(document.get("entries"), list):
        raise KnowledgeProblem("has no list `entries`", hint="see docs/knowledge.md for the shape", path=where)
    found = _completed({**document, "entries": [_as_entry(item, where) for item in document["entries"]]})
    for entry in found:
        missing = next(
            (f"an entry has no `{key}`" for key in ("name", "source", "checked") if not entry.get(key)), None
        )
        wrong = missing or misshapen(subject, entry)
        if wrong:
            raise KnowledgeProblem(wrong, hint="see docs/knowledge.md for the shape", path=where)
    return found


def _as_entry(item: object, where: str) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise KnowledgeProblem("an entry is not a mapping", hint="write entries as `- name: …`", path=where)
    return item
