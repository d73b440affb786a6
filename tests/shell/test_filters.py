"""What filters make of a text is what the programs make of it."""

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conductor.shell.expand import UNKNOWN
from conductor.shell.filters import filter_of
from tests.shell.calls import calls

KNOWN = [
    ["tr", "A-Z", "a-z"], ["tr", "[:upper:]", "[:lower:]"], ["tr", "/", "-"], ["tr", "-d", "a-c"], ["tr", "ab/", "xy"],
    ["cut", "-d/", "-f1"], ["cut", "-d", "/", "-f", "2"], ["cut", "-d:", "-f2-"], ["cut", "-d/", "-f1-2"],
    ["cut", "-c1-7"], ["cut", "-c", "2-"], ["cut", "-c-3"], ["cut", "-f1"],
    ["head", "-1"], ["head", "-n", "2"], ["head", "-n1"], ["head"], ["tail", "-1"], ["tail", "-n2"],
    ["rev"],
    ["awk", "{print $1}"], ["awk", "-F/", "{print $2}"], ["awk", "-F:", "{ print $1; }"],
    ["awk", "{print tolower($0)}"], ["awk", "{ print toupper($2) }"],
    ["sed", "s/.*/\\L&/"], ["sed", "-e", "s/.*/\\U&/"], ["sed", "-E", "s/(.*)/\\L\\1/"], ["sed", "s/\\(.*\\)/\\L\\1/"],
    ["sed", "s|/|-|g"], ["sed", "s/\\//-/"], ["sed", "s/^a//"], ["sed", "s/b$/x/"], ["sed", "s/a/b/;s/b/c/"],
    ["sed", "-e", "s/a/1/g", "-e", "s/1/2/"], ["sed", "s/a\\.b/x/"],
]  # fmt: skip
LINES = st.lists(st.text(alphabet="abcAB/:.- 1", max_size=12), max_size=4)


@pytest.mark.parametrize("words", KNOWN, ids=" ".join)
@settings(max_examples=12, deadline=None)
@given(lines=LINES, ended=st.booleans())
def test_a_known_filter_does_what_the_program_does(words, lines, ended):
    text = "\n".join(lines) + ("\n" if ended and lines else "")
    if not shutil.which(words[0]):
        pytest.skip(f"no {words[0]} here")
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=True)
    change, files = filter_of(words[0], words[1:])
    assert not files
    assert change(text) == done.stdout


@pytest.mark.parametrize(
    "line",
    [
        "tr -s a", "tr -cd a-z", "tr", "cut -d/ -f1,3", "cut -d/", "cut --complement -f1", "head -n -1", "tail -f",
        "awk 'NR==1{print $1}'", "awk '{print $NF}'", "awk -F'[/:]' '{print $1}'", "awk -v a=1 '{print $1}'", "awk",
        "sed s/a*/x/", "sed s/[ab]/x/", "sed s/a/x/2", "sed 's/a/&&/'", "sed -n s/a/b/p", "sed -n 1p", "sed 1d", "sed",
        "sed -i s/a/b/", "sed s/a/b", "sed y/a/b/",
    ],
)  # fmt: skip
def test_what_only_the_program_knows_is_open(line):
    assert calls(f"x $(echo abc | {line})")[-1] == f"x {UNKNOWN}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("echo a | tee x y; b $(cat x y)", "b a a"),
        ("echo a > x; echo b | tee -a x > /dev/null; c $(cat x)", "c a b"),
        ("echo Ab > x; c $(tr A-Z a-z < x)", "c ab"),
        ("echo a/b > x; c $(cut -d/ -f2 x)", "c b"),
        ("echo a > x; sed -i s/a/b/ x; c $(cat x)", f"c {UNKNOWN}"),
        ("c $(if p; then echo a; else echo a; fi)", "c a"),
        ("c $(if p; then echo a; else echo b; fi)", f"c {UNKNOWN}"),
        ("c $(if p; then echo a; fi)", f"c {UNKNOWN}"),
    ],
)
def test_texts_flow_through_filters_and_files(text, found):
    assert calls(text)[-1] == found
