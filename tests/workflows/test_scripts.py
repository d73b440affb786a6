"""What scripts of steps hand on and start, as the shell would have it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conductor.config.disk import DiskTree
from conductor.shell.expand import UNKNOWN
from conductor.workflows import partial
from conductor.workflows.documents import Files
from conductor.workflows.scripts import read_assignments, read_script

NO_FILES = Files(DiskTree(Path(__file__).parent / "none"))


@pytest.mark.parametrize(
    ("script", "environment"),
    [
        ('echo "A=1" >> $GITHUB_ENV', {"A": "1"}),
        ('echo "A=1" >> "${GITHUB_ENV}"', {"A": "1"}),
        ("echo A=$REPO | tee -a $GITHUB_ENV", {"A": "Acme/Worker"}),
        ("printf 'A=%s\\n' \"$REPO\" >> $GITHUB_ENV", {"A": "Acme/Worker"}),
        ('echo "A=${REPO##*/}" >> $GITHUB_ENV', {"A": "Worker"}),
        ('X=${REPO,,}; echo "A=ghcr.io/$X" >> $GITHUB_ENV', {"A": "ghcr.io/acme/worker"}),
        ("X=$(echo $REPO | tr A-Z a-z); echo A=$X >> $GITHUB_ENV", {"A": "acme/worker"}),
        ("X=$(tr '[:upper:]' '[:lower:]' <<< \"$REPO\"); echo A=$X >> $GITHUB_ENV", {"A": "acme/worker"}),
        ("{ echo 'A<<END'; echo one; echo two; echo END; } >> $GITHUB_ENV", {"A": "one\ntwo"}),
        ("cat <<END >> $GITHUB_ENV\nA=$REPO\nB=2\nEND\n", {"A": "Acme/Worker", "B": "2"}),
        ('f() { echo "A=$1" >> $GITHUB_ENV; }\nf one', {"A": "one"}),
        ('if [ "$REPO" = "Acme/Worker" ]; then X=1; else X=2; fi; echo A=$X >> $GITHUB_ENV', {"A": "1"}),
        ("case $REPO in Acme/*) X=1;; *) X=2;; esac; echo A=$X >> $GITHUB_ENV", {"A": "1"}),
        ('[ -n "$REPO" ] && echo A=1 >> $GITHUB_ENV || echo A=2 >> $GITHUB_ENV', {"A": "1"}),
        ("echo '::set-env name=A::1'", {"A": "1"}),
        ("for x in 1 2; do Y=$x; done; echo A=$Y >> $GITHUB_ENV", {"A": "2"}),
    ],
)  # fmt: skip
def test_variables_are_handed_on(script, environment):
    assert read_script(script, {"REPO": "Acme/Worker"}, NO_FILES).environment == environment


@pytest.mark.parametrize(
    "script",
    [
        "if git diff --quiet; then X=1; else X=2; fi; echo A=$X >> $GITHUB_ENV",
        "echo A=$(date) >> $GITHUB_ENV",
        "echo A=$UNSET >> $GITHUB_ENV",
        "if test -f x; then echo A=1 >> $GITHUB_ENV; else echo A=2 >> $GITHUB_ENV; fi",
        "case $(uname) in a) X=1;; b) X=2;; esac; echo A=$X >> $GITHUB_ENV",
    ],
)
def test_what_only_the_run_knows_is_open(script):
    assert UNKNOWN in read_script(script, {}, NO_FILES).environment["A"]


def test_a_part_that_can_not_be_seen_goes_through_the_shell_by_name():
    secret = partial.mark("secrets.USER")
    script = read_script(f'IMAGE="{secret}/worker"; docker push "$IMAGE:1"', {}, NO_FILES)
    assert partial.show(script.commands[-1].words[-1]) == "${{ secrets.USER }}/worker:1"


def test_outputs_and_the_environment_are_apart():
    script = read_script("echo a=1 >> $GITHUB_OUTPUT; echo b=2 >> $GITHUB_ENV; echo c=3 > other", {}, NO_FILES)
    assert (script.outputs, script.environment) == ({"a": "1"}, {"b": "2"})


def test_assignments_may_span_lines():
    assert read_assignments("a=1\nb<<X\n2\n3\nX\nc=4=5\n") == {"a": "1", "b": "2\n3", "c": "4=5"}


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet="ab$(){};|&<>'\"=\n #`[]", max_size=60))
def test_no_script_ends_in_an_exception(text):
    read_script(text, {"a": "b"}, NO_FILES)
