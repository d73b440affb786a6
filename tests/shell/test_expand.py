import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.shell import parse, simple_commands
from conductor.shell.expand import UNKNOWN, Expander, Scope
from conductor.shell.patterns import matches


def fields(text: str, **variables: str | list[str]) -> list[str]:
    command = next(simple_commands(parse(text)))
    expander = Expander(Scope({"IFS": " \t\n", **variables}))
    return [field for word in command.words for field in expander.fields(word)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{pip,install,y}", ["pip", "install", "y"]),
        ("cp a.py{,.bak}", ["cp", "a.py", "a.py.bak"]),
        ("x{1..3}", ["x1", "x2", "x3"]),
        ("{a..c}{1,2}", ["a1", "a2", "b1", "b2", "c1", "c2"]),
        ("'{a,b}' {a} {a,'b c'}", ["{a,b}", "{a}", "a", "b c"]),
        ("pip${IFS}install", ["pip", "install"]),
        ("${X:-pip} ${X-pip} ${P:+yes}", ["pip", "pip", "yes"]),
        ("${P#h} ${P%o} ${P##*l} ${P/l/L} ${P//l/L} ${P:1:3} ${P^^} ${#P}", ["ello", "hell", "o", "heLlo", "heLLo", "ell", "HELLO", "5"]),
        ('$L "${L[@]}" ${L[1]} ${#P}', ["a", "a", "b c", "b", "c", "5"]),
        ('$S "$S" x$S', ["p", "q", "p q", "xp", "q"]),
        ('$@ "$@" p$@q $1', ["pq"]),
        ("$((1 + 2 * 3)) $((X))", ["7", UNKNOWN]),
        ("$(date) a$Q'b'", [UNKNOWN, f"a{UNKNOWN}b"]),
        ("'' \"\" $E", ["", ""]),
        ("${!N}", ["hello"]),
    ],
)  # fmt: skip
def test_words_become_what_the_shell_would_make_of_them(text, expected):
    assert fields(text, P="hello", L=["a", "b c"], S="p q", N="P", E="") == expected


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("*.md", "TASKS.md", True), ("T?SKS.md", "TASKS.md", True), ("[A-T]ASKS.md", "TASKS.md", True),
        ("[!T]*", "TASKS.md", False), ("*", "", True), ("a*b*c", "axxbyyc", True), ("a*b*c", "axxbyy", False), ("[", "[", True),
    ],
)  # fmt: skip
def test_patterns_match_as_in_the_shell(pattern, name, expected):
    assert matches(pattern, name) is expected


def test_a_star_stays_in_its_folder_where_asked():
    assert not matches("*.md", "docs/a.md", across_slashes=False)


@given(st.text("ab*?[]", max_size=30), st.text("ab[]", max_size=200))
def test_matching_any_pattern_ends(pattern, name):
    assert matches(pattern, name) in {True, False}
