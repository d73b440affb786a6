"""The OS packages of a machine and when they came: read from the managers' own files."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from conductor.host.layout import HostLayout
from conductor.host.reading import list_names, read_text

Packages = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Installation:
    """One run of a package manager as its history tells it; `at` is the machine's local time, as written there."""

    at: str
    command: str
    packages: tuple[str, ...]
    source: str


def load_packages(layout: HostLayout) -> Packages:
    """Return each manager's packages with their versions; a manager that is not here is not in the answer."""
    found = {
        "dpkg": _from_dpkg(layout),
        "apk": _from_apk(layout),
        "pacman": _from_pacman(layout),
        "brew": _from_brew(layout),
        "rpm": _from_rpm(layout),
    }
    return {manager: packages for manager, packages in found.items() if packages}


def _from_dpkg(layout: HostLayout) -> dict[str, str]:
    """Read dpkg's status: what is removed but has configuration left is not installed."""
    packages = {}
    for paragraph in read_text(layout.at("/var/lib/dpkg/status")).split("\n\n"):
        fields = dict(re.findall(r"^(Package|Status|Version|Architecture): (.*)$", paragraph, re.MULTILINE))
        if fields.get("Status", "").endswith(" installed"):
            packages[f"{fields['Package']}:{fields.get('Architecture', '')}"] = fields.get("Version", "?")
    return packages


def _from_apk(layout: HostLayout) -> dict[str, str]:
    text = read_text(layout.at("/lib/apk/db/installed"))
    return dict(re.findall(r"^P:(.*)\nV:(.*)$", text, re.MULTILINE))


def _from_pacman(layout: HostLayout) -> dict[str, str]:
    names = list_names(layout.at("/var/lib/pacman/local"))
    parts = [name.rsplit("-", 2) for name in names if name.count("-") >= 2]
    return {package: f"{version}-{release}" for package, version, release in parts}


def _from_brew(layout: HostLayout) -> dict[str, str]:
    packages = {}
    for cellar in ("/opt/homebrew/Cellar", "/usr/local/Cellar", "/home/linuxbrew/.linuxbrew/Cellar"):
        for name in list_names(layout.at(cellar)):
            packages[name] = ", ".join(list_names(os.path.join(layout.at(cellar), name))) or "?"
    return packages


def _from_rpm(layout: HostLayout) -> dict[str, str]:
    """Ask rpm itself: its database is binary. Nothing where there is no database or no rpm."""
    if layout.root != "/" or not any(os.path.isdir(name) for name in ("/var/lib/rpm", "/usr/lib/sysimage/rpm")):
        return {}
    import subprocess

    command = ["rpm", "-qa", "--queryformat", "%{NAME}.%{ARCH} %{VERSION}-%{RELEASE}\\n"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return {name: version for name, _, version in (line.partition(" ") for line in answer.splitlines())}


def load_history(layout: HostLayout) -> list[Installation]:
    """Return apt's runs and dpkg's own installations, oldest first; none where the logs are not readable."""
    return _apt_history(layout) + _dpkg_history(layout)


def _apt_history(layout: HostLayout) -> list[Installation]:
    runs = []
    source = "/var/log/apt/history.log"
    for paragraph in read_text(layout.at(source)).split("\n\n"):
        fields = dict(
            re.findall(r"^(Start-Date|Commandline|Install|Upgrade|Remove|Purge): (.*)$", paragraph, re.MULTILINE)
        )
        changed = [fields[name] for name in ("Install", "Upgrade", "Remove", "Purge") if name in fields]
        names = tuple(name for text in changed for name in re.findall(r"([^\s,(]+:[^\s,(]+) \(", text))
        if "Start-Date" in fields and names:
            at = " ".join(fields["Start-Date"].split())
            runs.append(Installation(at, fields.get("Commandline", "unknown"), names, source))
    return runs


def _dpkg_history(layout: HostLayout) -> list[Installation]:
    source = "/var/log/dpkg.log"
    rows = re.findall(r"^(\S+ \S+) (install|upgrade|remove|purge) (\S+) ", read_text(layout.at(source)), re.MULTILINE)
    return [Installation(at, f"dpkg {action}", (package,), source) for at, action, package in rows]
