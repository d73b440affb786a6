import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conductor.shell.expand import UNKNOWN
from tests.shell.calls import calls, walk

WORDS = ["a", "b c", "'d e'", '"f g"', "h\\ i", "", "j"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5), st.sampled_from(["", "-n 1", "-n 2", "-d , -n 1"]))
def test_xargs_makes_the_calls_that_xargs_makes(items, options):
    text = ("," if "-d" in options else "\n").join(items)
    if not text.strip():
        return
    line = f"xargs {options} printf '<%s>' . "
    done = subprocess.run(["sh", "-c", line], input=text, capture_output=True, text=True, check=False)
    script = f"cat <<'END' | {line}\n{text}\nEND"
    found = [call.argv for call in walk(script).found if call.argv[0] == "printf"]
    told = "".join(f"<{word}>" for argv in found for word in argv[2:])
    assert told == done.stdout or "\\" in text  # a backslash keeps its blank: a word too many is no word too few


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("printf 'a b' | xargs run", ["run a b"]),
        ("printf 'a\\nb c' | xargs -I% run % %", ["run a a", "run b c b c"]),
        ("printf 'a\\nb c' | xargs -i run {}", ["run a", "run b c"]),
        ("printf 'a,b' | xargs -d, run", ["run a b"]),
        ("x | xargs run", [f"run {UNKNOWN}"]),
        ("xargs -a names run", [f"run {UNKNOWN}"]),
        ("printf 'a b' | xargs bash -c 'run $0 $1'", ["run a b"]),
        ("parallel run ::: a b", ["run a", "run b"]),
        ("parallel 'run {} x; go' ::: a b", ["run a x", "run b x"]),
        ("printf 'a\\nb' | parallel run", ["run a", "run b"]),
        ("printf 'run a\\nrun b' | parallel", ["run a", "run b"]),
        ("ls | entr run x", ["run x"]),
    ],
)
def test_a_command_is_run_with_what_its_input_names(text, found):
    assert [each for each in calls(text) if each.startswith("run")] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("find . -exec run {} \\;", ["run x", "run y", f"run {UNKNOWN}"]),
        ("find . -exec run {} +", [f"run x y {UNKNOWN}"]),
        ("find . -ok run a{}b \\;", ["run axb", "run ayb", f"run a{UNKNOWN}b"]),
        ("find . -exec a {} \\; -execdir run {} +", [f"run x y {UNKNOWN}"]),
        ("find . -exec sh -c 'run $1' sh {} \\;", ["run x", "run y", f"run {UNKNOWN}"]),
        ("fd -x run", ["run x", "run y", f"run {UNKNOWN}"]),
        ("fd -e py -X run {} z", ["run x z", "run y z", f"run {UNKNOWN} z"]),
        ("find . -name run", []),
        ("find . -exec", []),
    ],
)
def test_what_find_finds_is_given_to_its_commands(text, found):
    assert [each for each in calls(text, names=["x", "y"]) if each.startswith("run")] == found


def test_find_may_find_nothing_and_a_visitor_may_leave_it_alone():
    assert [each.standing.conditional for each in walk("find . -exec run {} \\;", names=[]).found] == [False, True]
    assert calls("find . -exec run {} \\;") == ["find . -exec run {} ;"]


def test_no_name_of_a_long_list_is_left_out():
    found = walk("echo {1..200} | xargs -n1 run").found
    assert sum(len(call.argv) - 1 for call in found if call.argv[0] == "run") == 200
