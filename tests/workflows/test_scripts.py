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
from conductor.workflows.handed_on import read_assignments
from conductor.workflows.scripts import read_script

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
        ("echo A=1 >> $GITHUB_ENV; echo A=2 >> $GITHUB_ENV", {"A": "2"}),
        ("echo A=1 >> $GITHUB_ENV; echo B=2 > $GITHUB_ENV", {"B": "2"}),
        ("echo 'A<<E' >> $GITHUB_ENV; echo one >> $GITHUB_ENV; echo E >> $GITHUB_ENV", {"A": "one"}),
        ("echo 'A<<E' >> $GITHUB_ENV; cat x >> $GITHUB_ENV; echo E >> $GITHUB_ENV; echo B=2 >> $GITHUB_ENV",
         {"A": UNKNOWN, "B": "2"}),
        ("printf A= >> $GITHUB_ENV; echo 1 >> $GITHUB_ENV", {"A": "1"}),
        ("cat <<E | tee -a $GITHUB_ENV\nA=$REPO\nE\n", {"A": "Acme/Worker"}),
        ("f() { printf '%s=%s\\n' A \"$1\"; }; f one | tee --append $GITHUB_ENV >/dev/null", {"A": "one"}),
        ("{ echo A=1; { echo B=2; } ; } >> $GITHUB_ENV", {"A": "1", "B": "2"}),
        ("(echo A=1; exit 0; echo A=2) >> $GITHUB_ENV; echo B=1 >> $GITHUB_ENV", {"B": "1"}),
        ("echo A=1 >> $GITHUB_ENV; exit 0; echo A=2 >> $GITHUB_ENV", {"A": "1"}),
        ("A=1; echo A=$A >> $GITHUB_ENV; trap 'echo B=$A >> $GITHUB_ENV' EXIT; A=3", {"A": "1", "B": "3"}),
        ("A=1; (A=2); echo A=$A >> $GITHUB_ENV", {"A": "1"}),
        ("A=1; echo x | A=2; echo A=$A >> $GITHUB_ENV", {"A": "1"}),
        ("set -- a b; echo A=$2 >> $GITHUB_ENV", {"A": "b"}),
        ("a=(x y); echo A=${a[1]} >> $GITHUB_ENV", {"A": "y"}),
        ("[[ $REPO == Acme/* ]] && echo A=1 >> $GITHUB_ENV", {"A": "1"}),
        ("if false; then echo A=1 >> $GITHUB_ENV; fi; echo B=1 >> $GITHUB_ENV", {"B": "1"}),
        ("echo A=$(basename $REPO) >> $GITHUB_ENV", {"A": "Worker"}),
        ("echo A=$(echo $REPO | cut -d/ -f1 | awk '{print tolower($0)}') >> $GITHUB_ENV", {"A": "acme"}),
        ("echo A=$(sed 's/.*/\\L&/' <<< $REPO) >> $GITHUB_ENV", {"A": "acme/worker"}),
        ("echo A=$(echo $REPO | sed -e 's|/|-|g') >> $GITHUB_ENV", {"A": "Acme-Worker"}),
        ("bash -c 'echo A=1 >> $GITHUB_ENV'", {"A": "1"}),
        ("echo A=1 >> ${GITHUB_ENV:-/dev/null}", {"A": "1"}),
        ("exec >> $GITHUB_OUTPUT; true", {}),
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
        '[ -n "$UNSET" ] && X=1 || X=2; echo A=$X >> $GITHUB_ENV',
        "X=1; git diff --quiet || X=2; echo A=$X >> $GITHUB_ENV",
        "X=$(if git diff --quiet; then echo 1; else echo 2; fi); echo A=$X >> $GITHUB_ENV",
        "echo A=1 >> $GITHUB_ENV; git diff --quiet || echo A=2 >> $GITHUB_ENV",
        "X=$(git describe) || X=none; echo A=$X >> $GITHUB_ENV",
        "read -r X < VERSION; echo A=$X >> $GITHUB_ENV",
    ],
)
def test_what_only_the_run_knows_is_open(script):
    assert UNKNOWN in read_script(script, {}, NO_FILES).environment["A"]


def test_a_part_that_can_not_be_seen_goes_through_the_shell_by_name():
    secret = partial.mark("secrets.USER")
    script = read_script(f'IMAGE="{secret}/worker"; docker push "$IMAGE:1"', {}, NO_FILES)
    assert partial.show(script.commands[-1].words[-1]) == "${{ secrets.USER }}/worker:1"


REF = partial.mark("github.ref_name")


@pytest.mark.parametrize(
    ("script", "shown"),
    [
        ('echo "A=$TAG" >> $GITHUB_ENV', "${{ github.ref_name }}"),
        ("echo A=${TAG#v} >> $GITHUB_ENV", "${{ github.ref_name }}"),
        ("echo A=${TAG:0:7} >> $GITHUB_ENV", "${{ github.ref_name }}"),
        ("echo A=$(echo $TAG | tr / -) >> $GITHUB_ENV", "${{ github.ref_name }}"),
        ("I=Acme/W:$TAG; echo A=${I,,} >> $GITHUB_ENV", "acme/w:${{ github.ref_name }}"),
        ("I=acme/w:$TAG; echo A=${I%%:*} >> $GITHUB_ENV", "acme/w"),
        ("I=acme/w:$TAG; echo A=${I##*:} >> $GITHUB_ENV", "${{ github.ref_name }}"),
        ("I=acme/w:$TAG; echo A=${I/w/x} >> $GITHUB_ENV", "acme/x:${{ github.ref_name }}"),
        ("I=acme/w:$TAG; echo A=$(basename $I) >> $GITHUB_ENV", "w:${{ github.ref_name }}"),
        ('[ -n "$TAG" ] && X=$TAG || X=dev; echo A=$X >> $GITHUB_ENV', "…"),
        ('[ "$TAG" = main ] && X=a || X=b; echo A=$X >> $GITHUB_ENV', "…"),
        ("case $TAG in v*) X=a;; *) X=b;; esac; echo A=$X >> $GITHUB_ENV", "…"),
        ("[[ $TAG == *-rc* ]] && X=rc || X=no; echo A=$X >> $GITHUB_ENV", "…"),
        ("X=w:1; [ $TAG = a ] || X=$X,w:latest; echo A=$X >> $GITHUB_ENV", "w:1…"),
        ("if [ $TAG = a ]; then X=acme/w-cpu:1; else X=acme/w-gpu:1; fi; echo A=$X >> $GITHUB_ENV", "acme/w-…:1"),
        ("if [ $TAG = a ]; then echo A=w:1; else echo A=w:2; fi >> $GITHUB_ENV", "w:…"),
        ("if [ $TAG = a ]; then echo A=w:1 >> $GITHUB_ENV; else echo A=w:2 >> $GITHUB_ENV; fi", "w:…"),
        ("if [ $TAG = a ]; then echo A=1 >> $GITHUB_ENV; fi", "1"),
        ('bash -c "echo A=$TAG >> $GITHUB_ENV"', "${{ github.ref_name }}"),
        ("for one in $TAG x; do echo A=$one >> $GITHUB_ENV; break; done", "${{ github.ref_name }}"),
    ],
)
def test_what_is_known_by_name_goes_through_the_shell_and_decides_nothing(script, shown):
    assert partial.show(read_script(script, {"TAG": REF}, NO_FILES).environment["A"]) == shown


def test_a_value_that_held_before_counts_where_a_branch_leaves_it():
    script = "if git diff --quiet; then echo A=new >> $GITHUB_ENV; fi"
    assert read_script(script, {"A": "old"}, NO_FILES).environment == {"A": UNKNOWN}


def test_files_that_a_script_writes_are_known_as_far_as_their_text_is():
    script = (
        f"echo FROM {REF} > Dockerfile; date > now; cat Dockerfile > a/b; docker build -f Dockerfile .; echo x >> ../y"
    )
    written = read_script(script, {}, NO_FILES).written
    assert written == {"Dockerfile": f"FROM {REF}\n", "now": None, "a/b": f"FROM {REF}\n"}


@pytest.mark.parametrize(
    "line",
    [
        "echo '::set-output name=A::1%0A2'",
        "printf '::set-output name=A::1%%0A2\\n'",
        "f() { echo \"$1\"; }; f '::set-output name=A::1%0A2'",
    ],
)
def test_old_commands_are_read_from_what_is_printed(line):
    assert read_script(line, {}, NO_FILES).outputs == {"A": "1\n2"}
    assert read_script(f"{line} | cat > x", {}, NO_FILES).outputs == {}


TEXTS = st.lists(st.sampled_from(["a", "B", "/", ":", "-", "1", REF, partial.mark("vars.X", "y")]), max_size=6)


@given(TEXTS, TEXTS)
def test_what_texts_agree_on_stands_in_each_of_them(one, other):
    texts = ["".join(one), "".join(other)]
    first, unknown, last = (
        partial.agreed(texts).replace(partial.mark("vars.X", "y"), "\1").replace(REF, "\2").partition(UNKNOWN)
    )
    for text in texts:
        plain = text.replace(partial.mark("vars.X", "y"), "\1").replace(REF, "\2")
        assert plain == first if not unknown else plain.startswith(first) and plain[len(first) :].endswith(last)


@given(TEXTS)
def test_letters_change_and_names_stay(pieces):
    text = "".join(pieces)
    assert partial.names(partial.through(text, str.upper)) == partial.names(text)
    assert partial.show(partial.through(text, lambda each: each)) == partial.show(text)


def test_outputs_and_the_environment_are_apart():
    script = read_script("echo a=1 >> $GITHUB_OUTPUT; echo b=2 >> $GITHUB_ENV; echo c=3 > other", {}, NO_FILES)
    assert (script.outputs, script.environment) == ({"a": "1"}, {"b": "2"})


def test_assignments_may_span_lines():
    lines = [(line, True) for line in ["a=1", "b<<X", "2", "3", "X", "c=4=5", ""]]
    assert list(read_assignments(lines)) == [("a", "1", True), ("b", "2\n3", True), ("c", "4=5", True)]


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet="ab$(){};|&<>'\"=\n #`[]", max_size=60))
def test_no_script_ends_in_an_exception(text):
    read_script(text, {"a": "b"}, NO_FILES)
