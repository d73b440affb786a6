"""Build a machine in a folder: interpreters, distributions, package managers' files."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from conductor.host.layout import HostLayout
from conductor.host.scan import take_inventory

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
LATER = datetime(2026, 1, 5, 15, 30, tzinfo=UTC)
HOME = "/home/ada"


class Machine:
    """A root folder with what the tests put into it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("/usr/bin/env", "x")

    def at(self, name: str) -> Path:
        return self.root / name.lstrip("/")

    def write(self, name: str, text: str | bytes = "") -> Path:
        path = self.at(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def python(self, prefix: str, version: str, *, bundled: tuple[str, ...] = ()) -> str:
        """Install an interpreter under a prefix, with its names, library and ensurepip."""
        minor = ".".join(version.split(".")[:2])
        executable = self.write(f"{prefix}/bin/python{minor}", b"\x7fELF and more")
        executable.chmod(0o755)
        for name in ("python3", "python"):
            link = self.at(f"{prefix}/bin/{name}")
            if not link.is_symlink():
                link.symlink_to(f"python{minor}")
        self.write(f"{prefix}/lib/python{minor}/os.py")
        self.write(f"{prefix}/include/python{minor}/patchlevel.h", f'#define PY_VERSION              "{version}"\n')
        for wheel in bundled:
            self.write(f"{prefix}/lib/python{minor}/ensurepip/_bundled/{wheel}-py3-none-any.whl")
        self.at(f"{prefix}/lib/python{minor}/site-packages").mkdir(parents=True, exist_ok=True)
        return f"{prefix}/lib/python{minor}/site-packages"

    def distribution(self, site, name, version, *, installer="pip", requested=True, url=None, record="x,,\n") -> Path:
        """Install a distribution into a folder of packages."""
        folder = f"{site}/{name.replace('-', '_')}-{version}.dist-info"
        self.write(f"{folder}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nName: no\n")
        self.write(f"{folder}/RECORD", record)
        if installer:
            self.write(f"{folder}/INSTALLER", installer + "\n")
        if requested:
            self.write(f"{folder}/REQUESTED")
        if url:
            self.write(f"{folder}/direct_url.json", json.dumps({"url": url, "dir_info": {"editable": True}}))
        return self.at(folder)

    def dpkg(self, package: str, *paths: str, version: str = "1") -> None:
        """Let dpkg own these paths."""
        self.write(f"/var/lib/dpkg/info/{package}.list", "".join(f"{path}\n" for path in ("/.", *paths)))
        status = self.at("/var/lib/dpkg/status")
        before = status.read_text() if status.exists() else ""
        self.write(
            "/var/lib/dpkg/status",
            before + f"Package: {package}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n\n",
        )

    def venv(self, prefix: str, base: str) -> str:
        """Make a virtual environment whose interpreter is a link to its base."""
        self.write(f"{prefix}/pyvenv.cfg", "home = /usr/bin\nversion = 3.11.2\n")
        self.at(f"{prefix}/bin").mkdir(parents=True, exist_ok=True)
        target = self.at(base)
        self.at(f"{prefix}/bin/python").symlink_to(os.path.relpath(target, self.at(f"{prefix}/bin")))
        site = f"{prefix}/lib/python3.11/site-packages"
        self.at(site).mkdir(parents=True, exist_ok=True)
        return site

    def layout(self, *path: str, project: str | None = None, **environment: str) -> HostLayout:
        places = path or ("/usr/local/bin", "/usr/bin")
        return HostLayout(str(self.root), HOME, places, environment, project)

    def scan(self, *path: str, project=None, cache=None, now=NOON, **environment: str):
        return take_inventory(self.layout(*path, project=project, **environment), now, cache)
