"""Where a machine keeps its interpreters: every path goes through a layout, so that a test can build a machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from conductor.host.reading import read_text

# Folders that hold a `bin` with an interpreter; `~` is the user's home, `*` is any folder.
_PREFIXES = (
    "/usr",
    "/usr/local",
    "/opt/*",
    "/opt/*/*",
    "/opt/homebrew",
    "/home/linuxbrew/.linuxbrew",
    "/Library/Frameworks/Python.framework/Versions/*",
    "~/.local",
    "~/.rye/py/*",
    "~/.asdf/installs/python/*",
    "~/.local/share/mise/installs/python/*",
    "~/.local/share/hatch/pythons/*/python",
)
_CONDA_ROOTS = ("anaconda3", "miniconda3", "miniforge3", "mambaforge", "micromamba", "conda")
# Folders of packages that exist without an interpreter beside them.
_SITES = (
    "/usr/lib/python3/dist-packages",
    "/usr/local/lib/python*/dist-packages",
    "/usr/local/lib/python*/site-packages",
    "/opt/homebrew/lib/python*/site-packages",
    "/home/linuxbrew/.linuxbrew/lib/python*/site-packages",
    "~/.local/lib/python*/site-packages",
    "~/Library/Python/*/lib/python/site-packages",
)


@dataclass(frozen=True, slots=True)
class HostLayout:
    """A machine: its root folder, and the user, PATH, environment and project it is looked at with.

    `home`, `path` and `project` are written as the machine itself writes them ("/home/ada"); `at` turns such a name
    into a path on this disk, `shown` turns it back.
    """

    root: str = "/"
    home: str = "/root"
    path: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    project: str | None = None

    @classmethod
    def of_this_machine(cls, project: str | None = None) -> HostLayout:
        """Return the layout of the machine, user and environment that this process runs in."""
        return cls(
            root="/",
            home=os.path.expanduser("~"),
            path=tuple(part for part in os.environ.get("PATH", "").split(os.pathsep) if os.path.isabs(part)),
            environment=dict(os.environ),
            project=os.path.realpath(project) if project else None,
        )

    def at(self, name: str) -> str:
        """Return where the machine's path (`~` is the home) lies on this disk."""
        if name == "~" or name.startswith("~/"):
            name = self.home + name[1:]
        return name if self.root == "/" else os.path.join(self.root, name.lstrip("/"))

    def shown(self, path: str) -> str:
        """Return the path as the machine itself writes it."""
        if self.root == "/":
            return path
        inside = path.removeprefix(os.path.realpath(self.root)).removeprefix(self.root)
        return "/" + inside.lstrip("/")

    def is_in_project(self, path: str) -> bool:
        """Tell whether a path on this disk lies in the project, whose own environments don't count."""
        if self.project is None:
            return False
        project = os.path.realpath(self.at(self.project))
        return path == project or path.startswith(project + os.sep)

    def expand(self, pattern: str) -> list[str]:
        """Return the existing paths on this disk that match the machine's pattern, in order."""
        if "*" not in pattern:
            found = self.at(pattern)
            return [found] if os.path.exists(found) else []
        import glob

        base = glob.escape(self.root) if self.root != "/" else "/"
        name = glob.escape(self.home) + pattern[1:] if pattern.startswith("~") else pattern
        return sorted(glob.glob(os.path.join(base, name.lstrip("/"))))

    def variable(self, name: str, default: str) -> str:
        """Return a folder named by an environment variable, or the default."""
        return self.environment.get(name) or default

    def pyenv_root(self) -> str:
        """Return pyenv's folder."""
        return self.variable("PYENV_ROOT", "~/.pyenv")

    def data_home(self) -> str:
        """Return the user's folder for programs' data."""
        return self.variable("XDG_DATA_HOME", "~/.local/share")

    def binary_folders(self) -> Iterator[str]:
        """Yield every folder of this disk that may hold an interpreter; PATH first, in its order."""
        for name in self.path:
            yield self.at(name)
        patterns = [f"{prefix}/bin" for prefix in _PREFIXES]
        patterns.append(f"{self.pyenv_root()}/versions/*/bin")
        patterns.append(f"{self.variable('UV_PYTHON_INSTALL_DIR', self.data_home() + '/uv/python')}/*/bin")
        for root in self.conda_roots():
            patterns += [f"{root}/bin", f"{root}/envs/*/bin"]
        for pattern in patterns:
            yield from self.expand(pattern)

    def conda_roots(self) -> list[str]:
        """Return where conda is, or keeps environments: the usual places and what its own list names."""
        roots = [f"{base}/{name}" for base in ("~", "/opt") for name in _CONDA_ROOTS]
        roots += [
            self.environment[name] for name in ("CONDA_PREFIX", "MAMBA_ROOT_PREFIX") if self.environment.get(name)
        ]
        listed = read_text(self.at("~/.conda/environments.txt")).splitlines()
        roots += [line.strip() for line in listed if line.strip().startswith("/")]
        return list(dict.fromkeys(roots))

    def loose_sites(self) -> Iterator[str]:
        """Yield the package folders that stand without an interpreter beside them."""
        for pattern in _SITES:
            yield from self.expand(pattern)
        if base := self.environment.get("PYTHONUSERBASE"):
            yield from self.expand(f"{base}/lib/python*/site-packages")
