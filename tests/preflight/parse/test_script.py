import pytest

from conductor.preflight.parse.script import read_script, resolve


def commands(text, **options):
    return {
        " ".join(word.raw for word in step.words): step
        for step in read_script(text, **options).steps
        if step.kind == "command" and step.words
    }


@pytest.mark.parametrize(
    ("text", "name", "masked"),
    [
        ("a && b", "a", False),
        ("a; b", "a", True),
        ("a; b", "b", False),
        ("set -e; a; b", "a", False),
        ("a || true", "a", True),
        ("a || exit 1", "a", False),
        ("a | b", "a", True),
        ("a | b", "b", False),
        ("! a", "a", True),
        ("a & b", "a", True),
        ("if a; then b; fi", "a", True),
    ],
)
def test_it_is_known_whether_a_failure_stops_the_rest(text, name, masked):
    assert commands(text)[name].masked is masked


@pytest.mark.parametrize("text", ["if x; then b; fi", "x || b", "while x; do b; done", "case $x in a) b;; esac"])
def test_what_may_not_run_is_conditional(text):
    assert commands(text)["b"].conditional


def test_a_replacement_is_told_from_a_shrug():
    assert commands("a || b")["a"].rescued
    assert not commands("a || echo no")["a"].rescued


def test_a_function_runs_where_it_is_called_and_not_where_it_stands():
    steps = read_script("f() { git clone x; }\nls\n").steps
    assert [step.kind for step in steps] == ["define", "command"]


def test_a_syntax_error_has_its_place():
    assert read_script("echo ok\nif x; then\n").error[0] == 2


def test_variables_are_put_in_where_they_are_known():
    step = next(step for name, step in commands('cp $A/x "${B:-y}" $(pwd)').items() if name.startswith("cp"))
    values = {"A": "/a", "B": ""}
    assert [resolve(word, values) for word in step.words] == ["cp", "/a/x", "y", None]


def test_offsets_count_characters_also_after_other_alphabets():
    step = commands("echo 'ü'; git")["git"]
    assert step.offset == len("echo 'ü'; ")
