from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.domain.finding import Finding, Location
from conductor.errors import RecordSyntaxError
from conductor.rules.accepted import FILE, accept, fingerprints, load_accepted, save_accepted, split_new


def finding(message="wrong", path="a.py", line=3, code="F1", context=()):
    return Finding(code, message, "mend it", location=Location(path, line), context=context)


@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_moving_a_finding_to_another_line_keeps_its_fingerprint(one, other):
    first = fingerprints([finding(f"wrong, see line {one}", line=one, context=(f"  {one} | text",))])
    second = fingerprints([finding(f"wrong, see line {other}", line=other, context=(f" {other} | text",))])
    assert first[0][1] == second[0][1]


def test_another_message_path_code_or_quoted_line_is_another_finding():
    rows = [finding(), finding("other"), finding(path="b.py"), finding(code="F2"), finding(context=("1 | x",))]
    assert len({fingerprint for _, fingerprint in fingerprints(rows)}) == 5


def test_equal_findings_are_counted(tmp_path):
    twice = [finding(line=1), finding(line=9)]
    rows, added, _ = accept([], {"rules": twice[:1]}, why="known", at="2026-01-05")
    assert added == 1
    new, old = split_new({"rules": twice}, rows)
    assert (len(new), len(old)) == (1, 1)


def test_what_is_accepted_keeps_its_reason_and_what_is_gone_is_dropped(tmp_path):
    rows, _, _ = accept([], {"rules": [finding(), finding("other")]}, why="day one", at="2026-01-05")
    rows, added, dropped = accept(rows, {"rules": [finding(), finding("third")]}, why="later", at="2026-02-01")
    assert (added, dropped) == (1, 1)
    assert {row.message: row.why for row in rows} == {"wrong": "day one", "third": "later"}
    kept, _, dropped = accept(rows, {"records": []}, why="x", at="2026-02-02")
    assert (kept, dropped) == (rows, 0)


def test_the_file_holds_what_was_accepted(tmp_path):
    assert load_accepted(tmp_path) == []
    odd = finding('it says: "\u00e9" #no: {comment}', path="a b.md")
    rows, _, _ = accept([], {"rules": [odd]}, why="because: it's so", at="2026-01-05")
    save_accepted(tmp_path, rows)
    assert load_accepted(tmp_path) == rows


@pytest.mark.parametrize(
    "text", ["", "[]", "version: x", "version: 2", "version: 1\nfindings: [{a: 1}]", "a: [", "\x00"]
)
def test_a_damaged_file_is_an_error_with_a_remedy(tmp_path, text):
    path = tmp_path / FILE
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(RecordSyntaxError) as caught:
        load_accepted(tmp_path)
    assert caught.value.hint
