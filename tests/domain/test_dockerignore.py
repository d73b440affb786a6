import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.domain.dockerignore import parse_dockerignore


@pytest.mark.parametrize(
    ("patterns", "path", "ignored"),
    [
        ("*.md", "a.md", True),
        ("*.md", "docs/a.md", False),
        ("**/*.md", "a.md", True),
        ("**/*.md", "docs/deep/a.md", True),
        ("node_modules", "node_modules/x/y.js", True),
        ("node_modules", "web/node_modules/x.js", False),
        ("dir/**", "dir/a/b", True),
        ("dir/**", "dir", False),
        ("/dir/", "dir/a", True),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b/c", True),
        ("a/**/b", "a/x", False),
        ("*\n!image", "other", True),
        ("*\n!image", "image/handler.py", False),
        ("*\n!image\nimage/*.bin", "image/w.bin", True),
        ("!x\nx", "x", True),
        ("# note\nfoo?", "foox", True),
        ("foo?", "foo", False),
        ("[a-c]x", "bx", True),
        ("[^a-c]x", "bx", False),
        ("\\*x", "*x", True),
        ("\\*x", "ax", False),
        (" spaced ", "spaced", True),
        (".", "anything", False),
        ("a/../b", "b", True),
        ("\ufefffirst", "first", True),
    ],
)
def test_a_path_is_judged_as_docker_judges_it(patterns, path, ignored):
    assert parse_dockerignore(patterns).ignores(path) is ignored


def test_the_line_that_decides_is_named():
    ignore = parse_dockerignore("# all\n*\n!keep\n")
    assert ignore.ignored_by("other").line == 2
    assert ignore.ignored_by("keep") is None


def test_a_line_that_is_no_pattern_is_a_problem_and_not_a_crash():
    assert parse_dockerignore("ok\n[a\n").problems == ((2, "[a"),)


def test_many_stars_cost_no_time():
    ignore = parse_dockerignore("**/" + "*a" * 60 + "b\n" + "**/" * 60 + "x")
    assert not ignore.ignores("/".join(["a" * 120] * 20))


@given(st.text(max_size=60), st.lists(st.text("ab.*/", min_size=1, max_size=8), max_size=4))
def test_any_text_is_read(text, parts):
    parse_dockerignore(text).ignores("/".join(parts))


@given(
    st.lists(st.sampled_from(["*", "a", "b/**", "**/c", "!a", "!b/x"]), max_size=6),
    st.sampled_from(["a", "b/x", "d/c", "a/q"]),
)
def test_a_final_line_that_keeps_the_path_always_wins(lines, path):
    assert not parse_dockerignore("\n".join([*lines, f"!{path}"])).ignores(path)
