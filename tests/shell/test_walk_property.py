"""What a walk says is called, against what real shells call: the programs are scripts that write their words down.

A walk takes a program before `&&` to succeed, so that none that fails stands there.
"""

import os
import re
import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from conductor.shell.expand import UNKNOWN
from tests.shell.calls import KnownState, walk

STUB = '#!/bin/sh\nline=${0##*/}\nfor w; do line="$line $w"; done\nprintf "%s\\n" "$line" >> "$CALLS"\nexit '
LONGEST_S = 30  # for one that never ends: a fault of what makes the scripts
PROGRAMS = {"p": 0, "q": 0, "r": 0}
FAILING = {"bad": 1}
ENDS = ("bad", "exit", "return", "exec", "break")
SHELLS = [name for name in ("bash", "dash") if shutil.which(name)]
DIALECTS = {"bash": "bash", "dash": "posix"}

names = st.sampled_from(["A", "B", "C"])
plain = st.sampled_from(["x", "yy", "z-1", "a.b"])
words = st.one_of(
    plain,
    st.sampled_from(
        ["'s p'", '"d q"', "e\\ f", "''", "$A", '"$A"', "${B}", '"$B-$A"', "${C:-dflt}", "${A:+set}", "$#"]
    ),
    st.sampled_from(['"$1"', '"$@"', "$*", "$(echo x y)", '"$(echo x y)"', "$(printf '%s-' a b)", "${A#x}", "${A%y}"]),
    st.sampled_from(["$((1 + 2))", "$(echo $(echo $A))", '"$(pwd | q)"', "$(basename /u/v.w)", "~", '"${A:=new}"']),
)
program = st.builds(
    lambda name, args: " ".join([name, *args]), st.sampled_from(sorted(PROGRAMS)), st.lists(words, max_size=3)
)
assignment = st.builds(
    lambda name, value: f"{name}={value}",
    names,
    st.one_of(plain, st.sampled_from(["'a b'", '"$A$B"', "$(echo v)", "$C", ""])),
)
quoted = st.builds(lambda text: "'" + text.replace("'", "'\\''") + "'", program)
simple = st.one_of(
    program,
    program,
    assignment,
    assignment,
    st.builds(lambda a: f"export {a}", assignment),
    st.builds(lambda a, b: f"{a} {b}", assignment, program),
    st.builds(lambda text: f"sh -c {text}", quoted),
    st.builds(lambda text, word: f"sh -c {text} n {word}", quoted, words),
    st.builds(lambda text: f"eval {text}", quoted),
    st.builds(lambda text: f"echo {text} | sh", quoted),
    st.builds(lambda text: f"echo {text} > f1; . ./f1", quoted),
    st.builds(lambda text: f"sh <<'E'\n{text}\nE", program),
    st.builds(lambda text: f"sh -s k <<E\n{text}\nE", st.sampled_from(["p $A", "q \\$1 x", "r ${B:-n}"])),
    st.builds(lambda args, command: f"echo {' '.join(args)} | xargs {command}", st.lists(plain, min_size=1), program),
    st.builds(
        lambda args, command: f"echo {' '.join(args)} | xargs -n 2 {command}", st.lists(plain, min_size=1), program
    ),
    st.builds(
        lambda args, command: f"echo {' '.join(args)} | xargs -I@ {command} @-", st.lists(plain, min_size=1), program
    ),
    st.builds(lambda command: f"env E=1 nice -n 1 {command}", program),
    st.builds(lambda command: f"command {command}", program),
    st.sampled_from(
        ["set -- one 'two w'", "shift", "cd /", "unset A", "set -- ", "cd - > /dev/null", ":", "f1() { :; }"]
    ),
    st.builds(lambda command: f"{command} > /dev/null 2>&1", program),
    st.builds(lambda command: f"{command} <<E\ntext $(r in) $A\nE", program),
)


def compound(inner, *, conditions):
    lists = st.lists(inner, min_size=1, max_size=3).map("\n".join)
    made = [
        st.builds(lambda body: f"{{ {body}\n}}", lists),
        st.builds(lambda body: f"( {body}\n)", lists),
        st.builds(lambda a, b: f"{a} | {b}", program, program),
        st.builds(
            lambda body, args: f"g() {{ local A=in\n{body}\n}}\ng {' '.join(args)}", lists, st.lists(words, max_size=2)
        ),
        st.builds(
            lambda body, items: f"for A in {' '.join(items)}; do {body}\ndone", lists, st.lists(words, max_size=3)
        ),
        st.builds(lambda command: f"{command} & wait", program),
    ]
    if conditions:
        hoped = st.one_of(
            st.builds(
                lambda a, op, b: f'[ "{a}" {op} "{b}" ]',
                st.sampled_from(["$A", "x", "$1"]),
                st.sampled_from(["=", "!="]),
                plain,
            ),
            st.sampled_from(["true", "false", "p asked", "[ -f f1 ]", "! p neg", '[ -n "$B" ]', "test $# -gt 0"]),
            st.sampled_from(["command -v p > /dev/null", "command -v nothing-there > /dev/null"]),
        )
        asked = st.one_of(hoped, st.sampled_from(["bad no", "{ q in; bad b; }"]))
        made += [
            st.builds(lambda c, a, b: f"if {c}; then {a}\nelse {b}\nfi", asked, lists, lists),
            st.builds(lambda c, a, d, b: f"if {c}; then {a}\nelif {d}; then {b}\nfi", asked, lists, asked, lists),
            st.builds(lambda c, a: f"{c} && {a}", hoped, inner),
            st.builds(lambda c, a: f"{c} || {{ {a}\n}}", asked, lists),
            st.builds(lambda c, a, b: f"{c} && {{ {a}\n}} || {{ {b}\n}}", hoped, lists, lists),
            st.builds(lambda word, a, b: f"case {word} in x|y*) {a}\n;; *) {b}\n;; esac", words, lists, lists),
            st.builds(lambda a: f"for B in 1 2 3; do {a}\nbreak\ndone", lists),
            st.builds(lambda c, a: f"while {c}; do {a}\nbreak\ndone", asked, lists),
            st.builds(lambda a: f"printf 'l 1\\nm 2\\n' | while read A B; do {a}\ndone", lists),
            st.builds(
                lambda c, code: f"h() {{ {c} && return {code}\np after\n}}\nh", hoped, st.sampled_from(["0", "1"])
            ),
            st.sampled_from(
                ["set -e", "set +e", "exit 0", "exit 3", "bad word", "(exit 2)", "exec p last", "set -u; set +u"]
            ),
        ]
    return st.one_of(*made)


def scripts(*, conditions):
    base = st.one_of(simple, st.sampled_from(["bad word", "p && q x", "bad || r y"])) if conditions else simple
    inner = st.recursive(base, lambda below: compound(below, conditions=conditions), max_leaves=6)
    return st.lists(inner, min_size=1, max_size=5).map(lambda parts: "\n".join(parts) + "\n")


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    folder = tmp_path_factory.mktemp("walk")
    (folder / "bin").mkdir()
    for name, code in {**PROGRAMS, **FAILING}.items():
        (folder / "bin" / name).write_text(f"{STUB}{code}\n")
        (folder / "bin" / name).chmod(0o755)
    return folder


def run(bench, shell, text):
    """Return the calls that a real shell made, each as one line, and its status."""
    work, log = bench / "work", bench / "calls"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    log.write_text("")
    environment = {"PATH": f"{bench}/bin:/usr/bin:/bin", "CALLS": str(log), "HOME": "/root", "LC_ALL": "C"}
    ended = subprocess.run(
        [shell, "-x", "-c", text, shell, "arg 1", "arg2"],
        cwd=work, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=LONGEST_S, check=False,
    )  # fmt: skip
    return log.read_text().splitlines(), ended


def told(bench, shell, text):
    recorder = walk(
        text,
        dialect=DIALECTS[shell],
        cwd=str(bench / "work"),
        arguments=["arg 1", "arg2"],
        variables={"PATH": f"{bench}/bin:/usr/bin:/bin"},
        programs={"p": True, "nothing-there": False},
        silent={**PROGRAMS, **FAILING},
        kind=KnownState,
        reads_unknown=True,  # who does not read texts of which parts are unknown sees less than what may happen
    )
    return [each for each in recorder.found if each.argv[0] in {**PROGRAMS, **FAILING}]


def line(call):
    return " ".join(call.argv)


def fits(call, happened):
    """Tell whether a call that may hold unknown parts can be the one that was written; a whole word may be any words."""
    words = [
        "(?: .*)?" if word == UNKNOWN else " " + ".*".join(map(re.escape, word.split(UNKNOWN))) for word in call.argv
    ]
    return re.fullmatch("".join(words), f" {happened}") is not None


common = settings(
    max_examples=int(os.environ.get("WALK_EXAMPLES", "25")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.mark.parametrize("shell", SHELLS)
@common
@given(text=scripts(conditions=False))
def test_without_conditions_the_calls_are_those_that_happen(bench, shell, text):
    happened, ended = run(bench, shell, text)
    assume(b"shift:" not in ended.stderr)  # dash ends there
    said = told(bench, shell, text)
    assert sorted(map(line, said)) == sorted(happened), text
    assert not any(each.standing.conditional for each in said), text


@pytest.mark.parametrize("shell", SHELLS)
@common
@given(text=scripts(conditions=True))
def test_with_conditions_what_happens_is_among_the_calls(bench, shell, text):
    happened, _ = run(bench, shell, text)
    said = told(bench, shell, text)
    assert [one for one in happened if not any(fits(each, one) for each in said)] == [], text


@pytest.mark.parametrize("shell", SHELLS)
@common
@given(text=scripts(conditions=True).filter(lambda text: not any(word in text for word in ENDS)))
def test_what_is_certain_happens_where_no_program_fails_and_nothing_ends_early(bench, shell, text):
    happened, ended = run(bench, shell, text)
    assume(ended.returncode == 0 and b"shift:" not in ended.stderr)
    certain = [each for each in told(bench, shell, text) if not each.standing.conditional]
    assert [line(one) for one in certain if not any(fits(one, each) for each in happened)] == [], text
