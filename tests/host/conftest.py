"""A Debian machine with its own Python, as most of the tests start from."""

from __future__ import annotations

import pytest

from tests.host.machine import Machine


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path / "root")


@pytest.fixture
def debian(machine):
    """Return a machine whose /usr/bin/python3 and one distribution are dpkg's."""
    machine.python("/usr", "3.11.2")
    machine.at("/usr/lib/python3.11/site-packages").rmdir()
    machine.write("/usr/lib/python3.11/EXTERNALLY-MANAGED", "[externally-managed]\n")
    site = "/usr/lib/python3/dist-packages"
    machine.distribution(site, "six", "1.16.0", installer=None, requested=False)
    machine.dpkg("python3-six", f"{site}/six-1.16.0.dist-info")
    machine.dpkg("python3.11-minimal", "/usr/bin/python3.11", "/usr/lib/python3.11/EXTERNALLY-MANAGED")
    machine.at("/usr/local/lib/python3.11/dist-packages").mkdir(parents=True)
    return machine
