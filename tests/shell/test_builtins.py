import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conductor.shell.expand import UNKNOWN
from conductor.shell.visitor import Limits
from tests.shell.calls import calls, walk

OPTIONS = """
while getopts pn:v o "$@"; do
  case $o in
    p) echo push ;;
    n) echo "name $OPTARG" ;;
    v) echo loud ;;
    *) echo wrong ;;
  esac
done
shift $((OPTIND - 1))
echo "rest $*"
"""


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["-p", "-v", "-pv", "-n", "-na", "-pn", "-x", "a", "--", "-", "b c"]), max_size=5))
def test_getopts_takes_the_options_that_bash_takes(words):
    done = subprocess.run(["bash", "-c", OPTIONS, "x", *words], capture_output=True, text=True, check=False)
    found = walk(OPTIONS, arguments=words, silent=("getopts", "shift")).found
    told = [" ".join(call.argv[1:]) for call in found if call.argv[0] == "echo"]
    assert told == [line.rstrip("\n") for line in done.stdout.splitlines()]


def test_every_option_may_be_given_where_the_words_are_not_known():
    found = calls("f() { while getopts pn: o; do case $o in p) a;; n) b;; esac; done; }; f $X")
    assert [each for each in found if each in {"a", "b"}] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("trap 'a' EXIT; b", ["b", "a"]),
        ("trap 'f' EXIT; f() { a; }; b", ["b", "a"]),
        ("trap -- a 0; b", ["b", "a"]),
        ("trap - EXIT; b", ["b"]),
        ("trap '' INT; b", ["b"]),
        ("X=1; trap 'a $X' EXIT; X=2", ["a 2"]),
        ("bash -c 'trap a EXIT; b'; c", ["b", "a", "c"]),
        ("bash -c 'trap a EXIT; exit; b'; c", ["a", "c"]),
    ],
)
def test_what_is_trapped_runs_at_the_end_of_its_shell(text, found):
    assert [each for each in calls(text) if each.split()[0] in {"a", "b", "c"}] == found


@pytest.mark.parametrize("words", [[], ["a"], ["a", "b"]])
@pytest.mark.parametrize("count", ["", "1", "2", "0"])
def test_shift_fails_where_bash_says_so(words, count):
    text = f"shift {count} || echo fails; echo $*"
    done = subprocess.run(["bash", "-c", text, "x", *words], capture_output=True, text=True, check=False)
    found = [" ".join(call.argv[1:]) for call in walk(text, arguments=words).found if call.argv[0] == "echo"]
    assert found == done.stdout.splitlines()


def test_a_trap_of_a_signal_may_not_go_off():
    found = {call.argv[0]: call.standing.conditional for call in walk("trap a EXIT; trap b INT TERM").found}
    assert (found["a"], found["b"]) == (False, True)


def test_command_v_prints_where_a_program_is():
    assert calls('"$(command -v pip)" x; "$(which q)"', programs={"pip": True}) == [
        "command -v pip", "/usr/bin/pip x", "which q", UNKNOWN,
    ]  # fmt: skip


@pytest.mark.parametrize(("knows", "found"), [(True, ["no"]), (False, ["yes", "no"])])
def test_an_input_that_nothing_is_put_into_is_empty_or_not_known(knows, found):
    text = 'read -r x; if [ "$x" = y ]; then yes; else no; fi'
    assert [each for each in calls(text, knows_input=knows) if each in {"yes", "no"}] == found


@pytest.mark.parametrize(
    "text", ["while read -r x; do a $x; done <<E\n1\n2\nE", "printf '1\\n2\\n' | while read x; do a $x; done"]
)
@pytest.mark.parametrize("wants", [{}, {"follows": False}, {"knows_input": False}])
def test_a_loop_takes_each_line_of_its_input(text, wants):
    assert [each for each in calls(text, **wants) if each[:1] == "a"] == ["a 1", "a 2"]


def test_what_is_assigned_is_told_with_whether_it_holds_for_one_call():
    found = walk("A=1; B=2 a; export C=3; D=4; env E=5 b").given
    assert found == [("A", "1", False), ("B", "2", True), ("C", "3", False), ("D", "4", False), ("E", "5", True)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('eval "a $(x) b"', f"a {UNKNOWN} b"),
        ("x > f; echo 'a b' >> f; . ./f", f"{UNKNOWN}a b"),
        ("echo 'a b' >> f; . ./f", "a b"),
        ("for f in $D/*.py; do a $f; done", f"a {UNKNOWN}/*.py"),
    ],
)
def test_what_is_known_of_an_unknown_text_is_walked_where_the_visitor_wants_it(text, found):
    assert found in calls(text, reads_unknown=True)
    assert found not in calls(text)


def test_a_text_that_is_too_long_is_told():
    limits = Limits(length=100)
    assert walk("X=aaaaaaaaaaaaaaaaaaaaaaaaaaaaa; eval a$X$X$X", limits=limits).too_long == []
    assert walk("X=aaaaaaaaaaaaaaaaaaaaaaaaaaaaa; eval a$X$X$X$X", limits=limits).too_long == ["eval"]
