"""Where a program puts what it downloads, and what each shell has of its own."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from conductor.programs.builtins import BASH, DASH
from conductor.programs.fetching import UNKNOWN, fetched

URL = "https://host.invalid/a/x.sh"
FETCHED = {
    f"curl -fsSL {URL}": ([], True, None),
    f"curl -o y {URL}": (["y"], False, None),
    f"curl -fsSLo y {URL}": (["y"], False, None),
    f"curl --output=y --output-dir d {URL}": (["d/y"], False, None),
    f"curl -o - {URL}": ([], True, None),
    f"curl -O {URL}": (["x.sh"], False, None),
    f"curl -O {URL}?raw=1": (["x.sh"], False, None),
    f"curl -O --url {URL}": (["x.sh"], False, None),
    f"curl -OJ {URL}": (["x.sh"], False, "."),
    "curl -O https://host.invalid/[1-9].sh": ([], False, "."),
    f"curl -o {UNKNOWN} {URL}": ([], False, "."),
    "curl --version": ([], False, None),
    f"curl -O {URL} -O https://host.invalid/y": (["x.sh", "y"], False, None),
    f"wget {URL}": (["x.sh"], False, None),
    f"wget -q {URL}?raw=1": (["x.sh?raw=1"], False, None),
    f"wget -P d {URL}": (["d/x.sh"], False, None),
    f"wget -qO- {URL}": ([], True, None),
    f"wget -qO y -P d {URL}": (["y"], False, None),
    f"wget -r {URL}": (["x.sh"], False, "."),
    "wget -i list -P d": ([], False, "d"),
    f"wget --spider {URL}": ([], False, None),
    "wget https://host.invalid": ([], False, "."),
    f"aria2c -x 8 -d d -o y {URL}": (["d/y"], False, None),
    f"aria2c {URL}": (["x.sh"], False, None),
    f"http GET {URL}": ([], True, None),
    f"xh -d {URL}": (["x.sh"], False, "."),
    f"http -o y {URL}": (["y"], False, None),
    f"lynx -source {URL}": ([], True, None),
    f"GET {URL}": ([], True, None),
    f"fetch {URL}": (["x.sh"], False, None),
    f"fetch -o - {URL}": ([], True, None),
}


@pytest.mark.parametrize("line", FETCHED)
def test_what_is_fetched_is_printed_or_put_into_files(line):
    name, *args = line.split()
    found = fetched(name, args)
    files, prints, folder = FETCHED[line]
    assert (sorted(set(found.files)), found.prints, found.folder) == (sorted(files), prints, folder)


@pytest.mark.parametrize("name", ["cat", "tar", "pip", "no-such-program"])
def test_other_programs_fetch_nothing(name):
    assert fetched(name, [URL]) is None


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_has_these_commands_of_its_own():
    run = subprocess.run(["bash", "-c", "compgen -b"], capture_output=True, text=True, check=True)
    assert set(run.stdout.split()) == BASH - {"[["}


@pytest.mark.skipif(shutil.which("dash") is None, reason="dash is not installed")
def test_dash_has_these_of_them():
    ask = 'for name in "$@"; do case $(type "$name" 2>/dev/null) in *builtin) echo "$name";; esac; done'
    run = subprocess.run(["dash", "-c", ask, "sh", *sorted(BASH)], capture_output=True, text=True, check=True)
    assert set(run.stdout.split()) == set(DASH)
