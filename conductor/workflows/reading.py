"""The workflows of a repository as they are written: documents with places, their jobs and steps, their expressions."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conductor.workflows.builds import Found
from conductor.workflows.documents import Files, as_list, as_mapping
from conductor.workflows.events import Facts
from conductor.workflows.expression_tree import ExpressionError, Tree, find_expressions, parse_expression
from conductor.workflows.located import Row, Table, Text, YamlFault, place, read_located


@dataclass(frozen=True, slots=True)
class Use:
    """One expression: its text, tree (None with `fault` where it is none), the keys that lead to it, and its place.

    `job` is the job's id, `step` the number of its step (from 0); `column` is that of its text, behind `${{`.
    """

    text: str
    tree: Tree | None
    fault: ExpressionError | None
    path: tuple[str, ...]
    line: int
    column: int

    @property
    def job(self) -> str | None:
        """Return the id of the job that it stands in."""
        return self.path[1] if self.path[0] == "jobs" and len(self.path) > 1 else None

    @property
    def step(self) -> int | None:
        """Return the number of the step that it stands in, from 0."""
        return int(self.path[3]) if self.path[2:3] == ("steps",) and len(self.path) > 3 else None


@dataclass(frozen=True, slots=True, eq=False)
class Workflow:
    """One file. `root` is empty where the text is no mapping; `fault` says why it is not YAML."""

    path: str
    text: str
    lines: tuple[str, ...]
    root: Table
    fault: YamlFault | None

    @property
    def jobs(self) -> dict[str, Any]:
        """Return the jobs that are mappings, by their ids."""
        return {name: job for name, job in as_mapping(self.root.get("jobs")).items() if isinstance(job, Table)}

    def uses(self) -> Iterator[Use]:
        """Yield every expression, and every `if:` that stands without `${{ }}`."""
        for path, value in _texts(self.root, ()):
            yield from self._in_text(path, value)

    def _in_text(self, path: tuple[str, ...], value: Text) -> Iterator[Use]:
        found = list(find_expressions(value))
        if not found and path[-1] == "if" and path[0] == "jobs" and value.strip():
            yield _use(value, path, value.line, value.column + (not value.plain))
        places = self._places(value) if found else iter(())
        for begin, end in found:
            line, column = next(places, place(value))
            yield _use(value[begin + 3 : end - 2], path, line, column + 3)

    def _places(self, value: Text) -> Iterator[tuple[int, int]]:
        """Yield where each `${{` of a text stands in the file."""
        for number in range(value.line, value.end_line + 1):
            line = self.lines[number - 1] if number <= len(self.lines) else ""
            start = value.column - 1 if number == value.line else 0
            while (start := line.find("${{", start)) >= 0:
                yield number, start + 1
                start += 3


def steps_of(job: Any) -> list[Table]:
    """Return the steps of a job that are mappings."""
    return [step for step in as_list(as_mapping(job).get("steps")) if isinstance(step, Table)]


class Workflows:
    """Every workflow of a repository, read when it is asked for."""

    def __init__(self, files: Files | None = None, default_branch: str = "main") -> None:
        self.files = files
        self._facts = Facts(None, default_branch)

    @functools.cached_property
    def documents(self) -> tuple[Workflow, ...]:
        """Return the workflows, in the order of their paths."""
        if (files := self.files) is None:
            return ()
        return tuple(read_workflow(path, text) for path in files.workflows() if (text := files.read(path)) is not None)

    @functools.cached_property
    def builds(self) -> tuple[Found, ...]:
        """Return what they build (`runs.find_builds`)."""
        from conductor.workflows.runs import find_builds

        return tuple(find_builds(self.files, self._facts)) if self.files is not None and self.documents else ()

    def lines(self, path: str) -> tuple[str, ...] | None:
        """Return the lines of one of the workflows, None for another file."""
        return next((one.lines for one in self.documents if one.path == path), None)


@functools.lru_cache(maxsize=256)
def read_workflow(path: str, text: str) -> Workflow:
    """Return one workflow; a history asks for the same text at many commits."""
    document = read_located(text)
    fault = document if isinstance(document, YamlFault) else None
    empty = Table()
    empty.line, empty.column, empty.places, empty.repeated = 1, 1, {}, []
    return Workflow(path, text, tuple(text.splitlines()), document if isinstance(document, Table) else empty, fault)


def _texts(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Text]]:
    if isinstance(value, Table):
        for key, one in value.items():
            yield from _texts(one, (*path, key))
    elif isinstance(value, Row):
        for number, one in enumerate(value):
            yield from _texts(one, (*path, str(number)))
    elif isinstance(value, Text):
        yield path, value


def _use(text: str, path: tuple[str, ...], line: int, column: int) -> Use:
    try:
        return Use(text, parse_expression(text), None, path, line, column)
    except ExpressionError as fault:
        return Use(text, None, fault, path, line, column)
