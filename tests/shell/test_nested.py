"""What wrappers run: words, or a text that stands in an option or in their words, with the variables they leave."""

import shutil
import subprocess

import pytest

from tests.shell.calls import walk

RUNS = {
    "watch a b": "a b",
    "watch -n 5 'a b; c'": "c",
    "hyperfine -w 3 'a b' c": "c",
    "concurrently 'a b' c": "a b",
    "flock f a b": "a b",
    "flock -n f -c 'a b'": "a b",
    "script -qc 'a b' f": "a b",
    "script f -c 'a b'": "a b",
    "env -S 'a -x' 'b c'": "a -x b c",
    "env -u PATH -C . -S a -x b": "a -x b",
    "env - A=1 a b": "a b",
    "cross-env A=1 a b": "a b",
    "nice A=1 a": "A=1 a",
    "uv run -- a b": "a b",
    "hatch run dev:a b": "a b",
    "exec -a x a b": "a b",
    "f() { a b; }; command eval f": "a b",
    "f() { a b; }; timeout 5 g; f": "a b",
    'sh -c \'echo "$0" >&2; a "$BASH_SOURCE"\' x': "a \ue000",
}


@pytest.mark.parametrize("text", RUNS)
def test_a_wrapper_runs_its_command(text):
    assert RUNS[text] in [" ".join(call.argv) for call in walk(text).found]


@pytest.mark.parametrize("text", ["f() { a b; }; timeout 5 f", "f() { a b; }; command f", "f() { a b; }; env f"])
def test_a_function_is_no_program_that_a_wrapper_could_run(text):
    found = [" ".join(call.argv) for call in walk(text).found]
    assert found[-1] == "f"


@pytest.mark.parametrize(
    ("text", "known"),
    [("", True), ("env", True), ("env -u A", False), ("env -i", False), ("env -", False), ("exec -c", False)],
)
@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_a_wrapper_leaves_out_the_variables_that_it_is_told_to(text, known):
    line = f"export A=1; {text} bash -c 'echo \"<$A>\"'"
    run = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    assert (run.stdout == "<1>\n") is known
    said = [" ".join(call.argv) for call in walk(line).found]
    assert ("echo <1>" in said) is known


def test_a_script_knows_its_name():
    files = {"/d/x.sh": 'a "$BASH_SOURCE" "$0"; . ./lib.sh; a "${BASH_SOURCE[0]}"\n', "/d/lib.sh": 'b "$BASH_SOURCE"\n'}
    found = [" ".join(call.argv) for call in walk("cd /d; bash ./x.sh", files=files).found]
    assert [each for each in found if each[:2] in {"a ", "b "}] == ["a ./x.sh ./x.sh", "b ./lib.sh", "a ./x.sh"]
