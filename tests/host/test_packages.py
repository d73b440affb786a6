from __future__ import annotations

from conductor.host.audit import audit_host
from conductor.host.packages import load_history, load_packages
from tests.host.machine import LATER


def test_packages_are_read_from_each_managers_own_files(machine):
    machine.dpkg("curl", "/usr/bin/curl", version="8.5-2")
    machine.write(
        "/var/lib/dpkg/status",
        machine.at("/var/lib/dpkg/status").read_text()
        + ("Package: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n\n"),
    )
    machine.write("/lib/apk/db/installed", "P:busybox\nV:1.36-r2\nA:x86_64\n\nP:musl\nV:1.2\n\n")
    machine.write("/opt/homebrew/Cellar/wget/1.24/README")
    machine.at("/var/lib/pacman/local/python-yaml-6.0-1").mkdir(parents=True)
    assert load_packages(machine.layout()) == {
        "dpkg": {"curl:amd64": "8.5-2"},
        "apk": {"busybox": "1.36-r2", "musl": "1.2"},
        "pacman": {"python-yaml": "6.0-1"},
        "brew": {"wget": "1.24"},
    }


def test_a_machine_without_package_managers_has_none(machine):
    assert load_packages(machine.layout()) == {}
    assert load_history(machine.layout()) == []


def test_history_says_when_and_by_which_command(machine):
    machine.write(
        "/var/log/apt/history.log",
        "\nStart-Date: 2026-01-05  12:10:00\nCommandline: apt-get install -y ffmpeg\n"
        "Install: libav:amd64 (7:5.1, automatic), ffmpeg:amd64 (7:5.1)\nEnd-Date: 2026-01-05  12:10:09\n\n",
    )
    machine.write("/var/log/dpkg.log", "2026-01-05 12:10:05 install ffmpeg:amd64 <none> 7:5.1\n")
    runs = load_history(machine.layout())
    assert [(run.at, run.command) for run in runs] == [
        ("2026-01-05 12:10:00", "apt-get install -y ffmpeg"),
        ("2026-01-05 12:10:05", "dpkg install"),
    ]
    assert runs[0].packages == ("libav:amd64", "ffmpeg:amd64")


def test_packages_that_came_and_went_since_the_baseline_are_found_with_the_command(machine):
    machine.dpkg("curl", "/usr/bin/curl")
    machine.dpkg("old", "/usr/bin/old")
    before = machine.scan()
    machine.write("/var/lib/dpkg/status", "")
    machine.dpkg("curl", "/usr/bin/curl", version="2")
    machine.dpkg("ffmpeg", "/usr/bin/ffmpeg")
    machine.write(
        "/var/log/apt/history.log",
        "Start-Date: 2026-01-05  12:10:00\nCommandline: apt-get install -y ffmpeg\nInstall: ffmpeg:amd64 (1)\n",
    )
    found = audit_host(machine.scan(now=LATER), before, machine.layout())
    assert [finding.code for finding in found] == ["R5", "R5", "HOST-OS-001"]
    assert "ffmpeg:amd64 1 was installed by dpkg" in found[0].message
    assert "2026-01-05 12:10:00 apt-get install -y ffmpeg" in found[0].message
    assert found[0].remedy == "apt-get remove ffmpeg"
    assert "old:amd64 1 was removed" in found[1].message
