"""The rules are Docker's: docs.docker.com/build/concepts/context, "dockerignore files"."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.rehearsal.dockerignore import is_ignored, parse_dockerignore


def left(text, *paths):
    patterns = parse_dockerignore(text)
    return [path for path in paths if not is_ignored(path, patterns)]


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
    assert left(text, *ignored, *kept) == kept


@given(st.text(alphabet="ab*?/[]^!\\.-", max_size=12), st.from_regex(r"[ab]{1,3}(/[ab.]{1,3}){0,3}", fullmatch=True))
def test_no_pattern_breaks_it_and_its_negation_takes_everything_back(pattern, path):
    assert not is_ignored(path, parse_dockerignore(f"{pattern}\n!**"))
