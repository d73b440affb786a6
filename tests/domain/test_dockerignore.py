"""The rules are Docker's: docs.docker.com/build/concepts/context, "dockerignore files"."""

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


@pytest.mark.parametrize(
    ("text", "ignored", "kept"),
    [
        ("*.md", ["README.md"], ["docs/README.md", "README.mdx"]),
        ("**/*.md", ["README.md", "docs/a/README.md"], ["docs/a/README.txt"]),
        ("docs", ["docs/a", "docs/b/c", "docs"], ["doc/a", "x/docs"]),
        ("docs/", ["docs/a"], ["docsx"]),
        ("/docs", ["docs/a"], ["x/docs/a"]),
        ("./docs/../other", ["other"], ["docs"]),
        ("*/temp*", ["a/temporary.txt", "a/temp/x"], ["a/b/temp", "temp"]),
        ("temp?", ["tempa", "tempb/x"], ["temp", "tempab"]),
        ("a/**/b", ["a/b", "a/x/y/b"], ["a/x/c"]),
        ("**", ["a", "a/b"], []),
        ("a/**", ["a/b", "a/b/c"], ["b"]),
        ("[a-c].txt", ["a.txt", "c.txt"], ["d.txt"]),
        ("[^a-c].txt", ["d.txt"], ["a.txt"]),
        ("\\*.txt", ["*.txt"], ["a.txt"]),
        ("a.b", ["a.b"], ["aXb"]),
        ("# comment\n\n  spaced  \n", ["spaced"], ["# comment"]),
        ("*\n!keep.py", ["a.py", "b/keep.py"], ["keep.py"]),
        ("*\n!worker\n**/*.pyc", ["handler.py", "worker/a.pyc"], ["worker/a.py", "worker/b/c.py"]),
        ("*.md\n!README*.md\nREADME-secret.md", ["a.md", "README-secret.md"], ["README.md", "README-x.md"]),
        ("*.md\nREADME-secret.md\n!README*.md", ["a.md"], ["README.md", "README-secret.md"]),
    ],
)
def test_the_last_pattern_that_matches_decides(text, ignored, kept):
    ignore = parse_dockerignore(text)
    assert [path for path in (*ignored, *kept) if not ignore.ignores(path)] == kept


@given(st.text(alphabet="ab*?/[]^!\\.-", max_size=12), st.from_regex(r"[ab]{1,3}(/[ab.]{1,3}){0,3}", fullmatch=True))
def test_whatever_stands_before_it_a_line_that_keeps_everything_does(pattern, path):
    assert not parse_dockerignore(f"{pattern}\n!**").ignores(path)


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
