import pathlib
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conductor.shell import ShellSyntaxError, parse, simple_commands, statements


def words_of(text: str) -> list[list[str | None]]:
    return [[word.literal() for word in command.words] for command in simple_commands(parse(text))]


@pytest.mark.parametrize(
    "name", ["pip", "p''ip", 'p"i"p', r"\pip", r"p\ip", "$'pip'", r"$'\x70ip'", r"$'\160ip'", "'pip'", "p\\\nip"]
)
def test_quotes_around_and_inside_a_word_are_removed(name):
    assert words_of(f"{name} install") == [["pip", "install"]]


def test_commands_are_found_wherever_they_stand():
    text = 'f() { a; }; if b; then c; fi; for x in 1; do d; done; case x in y) e;; esac; ( g ); echo "$(h `i`)" <(j) | k && l'
    assert [words[0] for words in words_of(text)] == ["a", "b", "c", "d", "e", "g", "echo", "h", "i", "j", "k", "l"]


def test_a_word_with_an_expansion_or_an_unquoted_pattern_has_no_literal():
    assert words_of("echo $x a* '*' {a,b} ~/x \"$y\"")[0] == ["echo", None, None, "*", None, None, None]


def test_positions_count_lines_and_columns_from_one():
    command = list(simple_commands(parse("echo a &&\n  pip install b")))[1]
    assert (command.position.line, command.position.column) == (2, 3)
    assert (command.words[1].position.line, command.words[1].position.column) == (2, 7)


@pytest.mark.parametrize(("delimiter", "expands"), [("E", True), ("'E'", False), ('"E"', False), (r"\E", False)])
def test_a_quoted_heredoc_is_not_expanded(delimiter, expands):
    statement = next(iter(statements(parse(f"cat <<{delimiter}\na $x\nE\n"))))
    redirection = statement.redirections[0]
    assert redirection.expands is expands
    assert redirection.body is not None
    assert (redirection.body.literal() == "a $x\n") is not expands


def test_redirections_keep_operator_number_and_target():
    statement = parse("cmd 2>>log >|out <in").statements[0]
    assert [(each.operator, each.number, each.target.literal()) for each in statement.redirections] == [
        (">>", "2", "log"), (">|", None, "out"), ("<", None, "in"),
    ]  # fmt: skip


def test_a_syntax_error_says_where():
    with pytest.raises(ShellSyntaxError) as caught:
        parse("echo a\nif true; then")
    assert caught.value.line == 2
    with pytest.raises(ShellSyntaxError, match="NUL"):
        parse("a\0b")


def test_assignments_stand_before_the_words():
    command = next(simple_commands(parse("A=1 B+=x cmd")))
    assert [(each.name, each.append, each.value.literal()) for each in command.assignments] == [
        ("A", False, "1"),
        ("B", True, "x"),
    ]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_any_text_parses_or_is_refused(text):
    try:
        list(simple_commands(parse(text)))
    except ShellSyntaxError as error:
        assert error.message


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(blacklist_characters="'\0\r", blacklist_categories=["Cs"]), min_size=1, max_size=30))
def test_single_quotes_keep_every_character(text):
    assert words_of(f"echo '{text}'") == [["echo", text]]


def test_importing_the_parser_loads_no_costly_module():
    code = "import sys; sys.path.insert(0, sys.argv[1]); import conductor.shell, conductor.shell.expand; print(*sys.modules)"
    root = str(pathlib.Path(__file__).parents[2])
    run = subprocess.run([sys.executable, "-I", "-S", "-c", code, root], capture_output=True, text=True, check=True)
    assert not {"json", "re", "subprocess", "dataclasses", "typing", "enum", "os"} & set(run.stdout.split())


@pytest.mark.parametrize(
    "text",
    [
        "&&".join(["a"] * 20_000),
        " | ".join(["a"] * 20_000),
        " || ".join(["a"] * 20_000),
        "&&".join(["'a'"] * 8000),
        "if a; then b; " + "elif a; then b; " * 4000 + "fi",
        "for x in a; do " * 2000 + "a; " + "done; " * 2000,
        "((" + "+".join(["a"] * 20_000) + "))",
        "[[ " + " && ".join(["a"] * 9000) + " ]]",
    ],
    ids=lambda text: text[:24],
)
def test_a_text_whose_tree_would_take_all_memory_is_refused(text):
    with pytest.raises(ShellSyntaxError, match="nested too deeply"):
        parse(text)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 60), st.sampled_from(["&&", "||", "|", ";", "\n"]))
def test_a_list_is_read_however_its_parts_are_joined(count, joint):
    assert len(list(simple_commands(parse(joint.join(["a b"] * count))))) == count
