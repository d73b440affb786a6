"""How this copy of Conductor was installed, and therefore which command adds what it lacks.

Every hint that names an installation is made here: from the distribution's own metadata, so that it names what was
installed, and from the environment it runs in, so that it can be typed as it stands. Reading metadata takes 38 ms:
nothing here is called before something is missing. Nothing of Conductor is imported here, so that it can be read where
another distribution has overwritten the rest.
"""

from __future__ import annotations

import enum
import json
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

DISTRIBUTION = "worker-conductor"
# What ours was called before; on the package index the name is somebody else's.
NAMESAKE = "conductor"


class Way(enum.Enum):
    """What made the environment that this copy runs in."""

    CLONE = "make, in a clone"
    PIPX = "pipx"
    UV_TOOL = "uv tool"
    VENV = "venv, with pip"
    UV_VENV = "uv venv, without pip"
    OUTSIDE = "no virtual environment"


@dataclass(frozen=True, slots=True)
class Commands:
    """What is typed to add an extra of ours, to put back another package, and to be rid of the namesake.

    `{wanted}` is our requirement with its source, `{package}` the other one's.
    """

    extra: str
    package: str
    alone: str


COMMANDS = {
    Way.CLONE: Commands(*3 * ("make -C {clone} clean install",)),
    # These two remember what was asked of them, and make the environment anew from that.
    Way.PIPX: Commands("pipx install --force {wanted}", *2 * ("pipx reinstall {name}",)),
    Way.UV_TOOL: Commands("uv tool install --force {wanted}", *2 * ("uv tool upgrade --reinstall {name}",)),
    Way.VENV: Commands(
        "{python} -m pip install {wanted}",
        "{python} -m pip install --force-reinstall {package}",
        "{python} -m pip uninstall --yes {namesake} && {python} -m pip install --force-reinstall --no-deps {wanted}",
    ),
    Way.UV_VENV: Commands(
        "uv pip install --python {python} {wanted}",
        "uv pip install --python {python} --reinstall {package}",
        "uv pip uninstall --python {python} {namesake} && "
        "uv pip install --python {python} --reinstall --no-deps {wanted}",
    ),
    # A Python of the system, or of every project, stays as it is.
    Way.OUTSIDE: Commands(*3 * ("pipx install --force {wanted}",)),
}


@dataclass(frozen=True, slots=True)
class Installation:
    """This copy.

    `source` is the address it came from (empty: the index), `clone` the folder of an editable one, `needs` what its
    metadata requires of every installation.
    """

    way: Way
    python: str
    environment: Path
    source: str = ""
    clone: Path | None = None
    needs: tuple[str, ...] = ()

    def add_extra(self, extra: str) -> str:
        """Return the command that installs one of our extras."""
        return self._fill(COMMANDS[self.way].extra, extra=extra)

    def add_package(self, name: str) -> str:
        """Return the command that puts back a package which every installation has."""
        known = next((need for need in self.needs if re.match(rf"{re.escape(name)}\b(?!-)", need)), name)
        return self._fill(COMMANDS[self.way].package, package=known)

    def stand_alone(self) -> str:
        """Return the command after which only our own distribution brings a package `conductor`."""
        return self._fill(COMMANDS[self.way].alone)

    def _fill(self, command: str, *, extra: str = "", package: str = "") -> str:
        return command.format(
            wanted=self._wanted(f"[{extra}]" if extra else ""),
            package=shlex.quote(package),
            python=shlex.quote(self.python),
            clone=shlex.quote(str(self.clone)),
            name=shlex.quote(self.environment.name),
            namesake=NAMESAKE,
        )

    def _wanted(self, extra: str) -> str:
        if self.clone is not None:
            return f"-e {shlex.quote(f'{self.clone}{extra}')}"
        return shlex.quote(f"{DISTRIBUTION}{extra}{f' @ {self.source}' if self.source else ''}")


def find_installation(prefix: str = sys.prefix, path: list[str] | None = None) -> Installation:
    """Return how the copy in an environment was installed; `path` are the folders its packages are looked for in."""
    folders = sys.path if path is None else path
    found = _find_distribution(DISTRIBUTION, folders)
    record = _read_origin(found)
    clone = _find_clone(record) if found else _find_source_tree()
    python = sys.executable if prefix == sys.prefix else f"{prefix}/bin/python"
    needs = tuple(need for need in (found.requires or () if found else ()) if "extra ==" not in need)
    way = _find_way(Path(prefix), clone, has_pip=_find_distribution("pip", folders) is not None)
    return Installation(way, python, Path(prefix), _name_source(record), clone, needs)


def find_namesake(path: list[str] | None = None) -> str | None:
    """Return an installed distribution `conductor`, with its version and folder, or None."""
    found = _find_distribution(NAMESAKE, sys.path if path is None else path)
    return f"{NAMESAKE} {found.version} in {found.locate_file('')}" if found else None


def describe_conflict(problem: ImportError) -> tuple[str, str] | None:
    """Return what to say and to type where our package can't be imported and a distribution of its name is there."""
    namesake = find_namesake()
    if namesake is None:
        return None
    told = f"another distribution brings a package `{NAMESAKE}` as well, {namesake}: {problem}"
    return told, find_installation().stand_alone()


def _find_distribution(name: str, path: list[str]) -> Any:
    from importlib.metadata import DistributionFinder, MetadataPathFinder

    context = DistributionFinder.Context(name=name, path=path)
    return next(iter(MetadataPathFinder.find_distributions(context)), None)


def _read_origin(found: Any) -> dict[str, Any]:
    """Return direct_url.json (PEP 610), which installers write for what does not come from an index."""
    try:
        record = json.loads(found.read_text("direct_url.json") or "{}") if found else {}
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) and isinstance(record.get("url"), str) else {}


def _find_clone(record: dict[str, Any]) -> Path | None:
    folder = record.get("dir_info")
    return Path(unquote(urlsplit(record["url"]).path)) if folder and folder.get("editable") else None


def _find_source_tree() -> Path | None:
    """Return the clone that is run without having been installed."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "pyproject.toml").is_file() else None


def _name_source(record: dict[str, Any]) -> str:
    if not record:
        return ""
    parts = urlsplit(record["url"])
    user, at, host = parts.netloc.rpartition("@")
    # A password has no place in a hint, nor in the shell's history.
    url = parts._replace(netloc=f"{user.partition(':')[0]}{at}{host}").geturl()
    vcs = record.get("vcs_info")
    return f"{vcs.get('vcs')}+{url}@{vcs.get('requested_revision') or vcs.get('commit_id')}" if vcs else url


def _find_way(prefix: Path, clone: Path | None, *, has_pip: bool) -> Way:
    if (prefix / "pipx_metadata.json").is_file():
        return Way.PIPX
    if (prefix / "uv-receipt.toml").is_file():
        return Way.UV_TOOL
    if clone is not None and prefix == clone / ".venv" and (clone / "Makefile").is_file():
        return Way.CLONE
    if not (prefix / "pyvenv.cfg").is_file():
        return Way.OUTSIDE
    return Way.VENV if has_pip else Way.UV_VENV
