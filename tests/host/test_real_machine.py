"""The machine that runs the tests, whichever it is."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from conductor.host.layout import HostLayout
from conductor.host.scan import take_inventory


def test_the_interpreter_that_runs_this_test_is_found(tmp_path):
    found = take_inventory(HostLayout.of_this_machine(), datetime.now(UTC), tmp_path / "cache.json")
    base = os.path.realpath(sys.executable)
    assert base in {one.path for one in found.interpreters}
    again = take_inventory(HostLayout.of_this_machine(), datetime.now(UTC), tmp_path / "cache.json")
    assert again.distributions == found.distributions
    assert again.interpreters == found.interpreters


def test_the_scan_starts_no_process(tmp_path, monkeypatch):
    import subprocess

    def refuse(*arguments, **options):
        raise AssertionError(f"started {arguments}")

    if not Path("/var/lib/rpm").is_dir():
        monkeypatch.setattr(subprocess, "Popen", refuse)
    take_inventory(HostLayout.of_this_machine(), datetime.now(UTC))
