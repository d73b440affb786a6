"""What was found on a machine: interpreters, distributions, tools, OS packages and what could not be read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Interpreter:
    """One interpreter, once, by its real path.

    `kind`: system, pyenv, uv, conda, venv or other. `owner` is the OS package that put it there. `managed` tells
    whether PEP 668's marker stands in its standard library.
    """

    path: str
    prefix: str
    version: str
    kind: str
    owner: str | None
    managed: bool
    sites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Distribution:
    """One installed distribution; `record` is the sha256 of its RECORD, `dated` the time of its metadata in UTC.

    `bundled` is true for what the interpreter itself brought along (ensurepip).
    """

    site: str
    name: str
    version: str
    installer: str | None
    requested: bool
    direct_url: str | None
    record: str | None
    owner: str | None
    dated: str
    bundled: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Return what stays the same when the distribution is upgraded."""
        return self.site, self.name.lower().replace("_", "-").replace(".", "-")

    @property
    def identity(self) -> tuple[str, str | None, str | None]:
        """Return what changes when other files take its place."""
        return self.version, self.record, self.direct_url


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that pipx, uv or npm installed for every project of this user or machine."""

    manager: str
    name: str
    version: str
    path: str
    dated: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be looked at; `code` is the finding's."""

    code: str
    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """Everything at one instant. `packages` maps a manager (dpkg, rpm, apk, brew) to its packages and versions."""

    taken_at: str
    interpreters: tuple[Interpreter, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    tools: tuple[Tool, ...] = ()
    problems: tuple[Problem, ...] = ()
    unmanaged: tuple[str, ...] = ()
    packages: dict[str, dict[str, str]] = field(default_factory=dict, hash=False)

    def as_json(self) -> dict[str, Any]:
        """Return the form the baseline file has."""
        return {"schema": 1, **asdict(self)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Inventory:
        """Read that form again; raises KeyError or TypeError for anything else."""
        return cls(
            taken_at=str(data["taken_at"]),
            interpreters=tuple(Interpreter(**{**row, "sites": tuple(row["sites"])}) for row in data["interpreters"]),
            distributions=tuple(Distribution(**row) for row in data["distributions"]),
            tools=tuple(Tool(**row) for row in data["tools"]),
            problems=tuple(Problem(**row) for row in data["problems"]),
            unmanaged=tuple(data["unmanaged"]),
            packages={str(manager): dict(names) for manager, names in data["packages"].items()},
        )
