"""What a command is followed to: as a shell would run it, through everything that the shell's walk knows."""

from __future__ import annotations

import pytest

from conductor.sessions.selection.compare import trace_command

MAKE = "test:\n\tpytest\nlint:\n\truff check .\ncheck: test lint\n"


class Files:
    """A project's files by their path."""

    def __init__(self, files):
        self.files = {name: text.encode() for name, text in files.items()}

    def read(self, path):
        return self.files.get(path)

    def names(self, folder):
        return sorted(name.rpartition("/")[2] for name in self.files if name.rpartition("/")[0] == folder)


def trace(command, files):
    return trace_command(Files({"Makefile": MAKE, **files}), "unit", command)


FOLLOWED = {
    "a function": ("t() { make test; }; t", {}, "make test"),
    "a function of a file that is read in": (". lib.sh; run test", {"lib.sh": 'run() { make "$@"; }\n'}, "make test"),
    "an argument of a script": ("sh t.sh test", {"t.sh": 'make "$1"\n'}, "make test"),
    "what a script makes its arguments": ('set -- test; make "$@"', {}, "make test"),
    "a script that runs its words": ("./with.sh make test", {"with.sh": '#!/bin/sh\nset -a\nexec "$@"\n'}, "make test"),
    "a loop": ("for t in lint test; do make $t; done", {}, "make test"),
    "an array": ('all=(lint test); for t in "${all[@]}"; do make "$t"; done', {}, "make test"),
    "a loop over files": ("for t in ci/*.sh; do sh $t; done", {"ci/a.sh": "make test\n"}, "make test"),
    "a here-document": ("sh <<X\nmake test\nX", {}, "make test"),
    "a pipe into a shell": ("echo make test | sh", {}, "make test"),
    "a pipe of words that are partly known": ('echo "make test A=$B" | sh', {}, "make test"),
    "a text that is partly known": ('sh -c "make test A=$B"', {}, "make test"),
    "a file of the project in a shell": ("sh < t.sh", {"t.sh": "make test\n"}, "make test"),
    "a file that is read and run": ('eval "$(cat t.txt)"', {"t.txt": "make test\n"}, "make test"),
    "a process substitution": ("bash <(echo make test)", {}, "make test"),
    "xargs": ("echo lint test | xargs -n1 make", {}, "make test"),
    "parallel": ("parallel make ::: lint test", {}, "make test"),
    "a program in a variable": (". ./env; $T test", {"env": "T=make\n"}, "make test"),
    "a default": ("${MAKE:-make} test", {}, "make test"),
    "a trap": ("trap 'make test' EXIT", {}, "make test"),
    "a branch that nobody knows": ('if [ -n "$CI" ]; then true; else make test; fi', {}, "make test"),
    "what follows an exit that may not be": ('[ -n "$CI" ] || exit 0; make test', {}, "make test"),
    "a loop until it works": ("until make test; do sleep 1; done", {}, "make test"),
    "in the background": ("make test & wait $!", {}, "make test"),
    "a folder and back": ("cd sub && true; cd - && make test", {"sub/a": ""}, "make test"),
    "pushd and popd": ("pushd sub; popd; make test", {"sub/a": ""}, "make test"),
    "the root that git tells": ('cd sub; cd "$(git rev-parse --show-toplevel)"; make test', {"sub/a": ""}, "make test"),
    "a folder that a program goes to": ("env -C sub make test", {"sub/Makefile": MAKE}, "make sub/test"),
    "where the script is": (
        "ci/run.sh",
        {"ci/run.sh": '#!/bin/bash\nD="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"\nmake -C "$D" test\n'},
        "make test",
    ),
    "a script beside a script": (
        "bash ci/run.sh",
        {"ci/run.sh": '. "$(dirname "$0")/lib.sh"\ngo\n', "ci/lib.sh": "go() { make test; }\n"},
        "make test",
    ),
    "a script that is written and run": ("echo make test > t.sh; sh t.sh", {}, "make test"),
    "a makefile that is written and read": ("printf 'go:\\n\\tmake test\\n' > ci.mk; make -f ci.mk go", {}, "make test"),
    "a branch that a typed word chooses": ("sh t.sh b", {"t.sh": "case $1 in a) true;; b) make test;; esac\n"}, "make test"),
    "several recipes of just": ("just lint unit", {"justfile": "lint:\n    ruff\nunit:\n    make test\n"}, "make test"),
    "a parameter of just": ("just go test", {"justfile": "go what:\n    make {{what}}\n"}, "make test"),
    "a justfile above": ("cd sub && just", {"justfile": "go:\n    make test\n", "sub/a": ""}, "make test"),
    "a package.json above": ("cd sub && npm t", {"package.json": '{"scripts": {"test": "make test"}}', "sub/a": ""}, "make test"),
    "what a pattern's target needs besides": ("make e2e-x", {"Makefile": "e2e-%:\n\ttrue\ne2e-x: unit\nunit:\n\tpytest\n"}, "make unit"),
    "the first of what a target needs": ("make a", {"Makefile": "a: run.sh\n\tsh $<\n", "run.sh": "make -f b.mk test\n", "b.mk": MAKE}, "make test"),
}  # fmt: skip


@pytest.mark.parametrize("case", FOLLOWED)
def test_a_command_is_followed_as_a_shell_would_run_it(case):
    command, files, recipe = FOLLOWED[case]
    found = trace(command, files)
    assert f"the recipe of {recipe}" in found.pieces, (list(found.pieces), found.unread)


PASSED_OVER = {
    "a function that nobody calls": "t() { make test; }; true",
    "a branch that is not taken": "if false; then make test; fi",
    "what follows an exit": "exit 0; make test",
    "what follows exec": "exec true; make test",
    "the other side of a known or": "true || make test",
    "a branch that a typed word does not choose": "sh t.sh a",
    "what is only printed": "echo make test",
    "what another machine runs": "ssh host make test",
}


@pytest.mark.parametrize("case", PASSED_OVER)
def test_what_never_runs_is_not_taken_in(case):
    found = trace(PASSED_OVER[case], {"t.sh": "case $1 in a) true;; b) make test;; esac\n"})
    assert "the recipe of make test" not in found.pieces


UNREAD = {
    "a script that only running tells": ('sh "$DIR/t.sh"', "…/t.sh (no readable file of the project)"),
    "a script that is not there": (". ./none.sh", "./none.sh (no readable file of the project)"),
    "what a program prints into a shell": ("frob | sh", "the commands that sh reads"),
    "a folder that nothing tells": ('cd "$DIR" && make test', "what follows cd …"),
    "a goal beside another": ("make test nothing", "make nothing (no rule for it is seen)"),
    "a recipe of just that is not there": ("just a b", "just b (no recipe of it is seen)"),
    "what find starts": ("find . -name '*.sh' -exec sh {} +", "… (no readable file of the project)"),
    "a wrapper that makes text of its words": ("watch make test", "watch (a program that is not looked into)"),
}


@pytest.mark.parametrize("case", UNREAD)
def test_what_can_not_be_followed_is_said(case):
    command, told = UNREAD[case]
    assert told in trace(command, {"justfile": "a:\n    true\n"}).unread


@pytest.mark.parametrize(
    "text",
    [
        "sh t.sh; sh t.sh",
        "make again again",
        "f() { f; f; }; f",
        "npm test",
        "just loop",
        "while :; do sh t.sh; done",
    ],
)
def test_what_runs_itself_ends(text):
    files = {
        "t.sh": "sh t.sh\nsh t.sh\n",
        "Makefile": "again: again\n\t$(MAKE) again\n\t$(MAKE) again\n",
        "package.json": '{"scripts": {"test": "npm test && npm test"}}',
        "justfile": "loop: loop\n    just loop\n    just loop\n",
    }
    assert trace(text, files).pieces


def test_a_script_is_followed_again_with_other_words():
    found = trace("sh t.sh lint && sh t.sh test", {"t.sh": 'make "$1"\n'})
    assert {"the recipe of make lint", "the recipe of make test"} <= set(found.pieces)
