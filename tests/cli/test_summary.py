"""Many findings on one screen."""

from __future__ import annotations

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from conductor.cli.layout import USUAL, cells, fold
from conductor.cli.summary import SCREEN, fits_a_screen, group_findings, render_screen
from conductor.domain.finding import Finding, Location, Severity


def findings(code, count, severity=Severity.ERROR, message="it is wrong", remedy="put it right"):
    return [Finding(code, f"{message} {number}", remedy, severity, location=Location("a.py", number + 1)) for number in range(count)]  # fmt: skip


MANY = st.lists(
    st.builds(
        lambda code, message, severity, line: Finding(code, message, "do this", severity, location=Location("f", line)),
        st.sampled_from([f"X-{number}" for number in range(60)]),
        st.text(alphabet="ab c日", min_size=1, max_size=200),
        st.sampled_from(Severity),
        st.integers(1, 9),
    ),
    max_size=300,
)


def test_kinds_are_counted_errors_first_then_what_is_most():
    given_findings = [*findings("B", 2, Severity.WARNING), *findings("A", 1), *findings("C", 3)]
    assert [(kind.code, len(kind.members)) for kind in group_findings(given_findings)] == [("C", 3), ("A", 1), ("B", 2)]


def test_a_kind_shows_its_count_its_first_places_and_its_remedy():
    assert render_screen(findings("A", 5)) == [
        "error[A] 5 findings, first: it is wrong 0",
        "    a.py:1, a.py:2, a.py:3 and 2 more",
        "  remedy: put it right",
    ]
    assert render_screen(findings("A", 1)) == ["a.py:1: error[A] it is wrong 0", "  remedy: put it right"]


def test_what_is_said_of_the_first_is_not_said_of_all():
    same = [Finding("A", "it is wrong", "put it right", location=Location(name)) for name in ("a", "b")]
    assert render_screen(same) == ["error[A] 2 findings: it is wrong", "    a, b", "  remedy: put it right"]
    other = [*same, Finding("A", "it is wrong", "remove it", location=Location("c"))]
    assert render_screen(other)[2] == "  remedy: put it right (and 1 more remedy: --all)"


def test_what_has_no_room_in_full_has_a_line_and_what_has_no_line_is_counted():
    lines = render_screen([one for number in range(60) for one in findings(f"K{number:02}", 2)])
    assert len(lines) <= SCREEN
    assert lines[-1].startswith("… and ")
    assert sum("findings: " in line for line in lines) + int(lines[-1].split()[2]) == 60


@given(MANY)
def test_a_screen_is_never_longer_than_a_screen_and_no_finding_is_uncounted(many):
    lines = render_screen(many)
    assert sum(len(fold(line, USUAL)) for line in lines) <= SCREEN
    if many and not lines[-1].startswith("…"):
        shown = sum(
            int(line.split("] ")[1].split()[0]) if re.search(r"\] \d+ findings[:,]", line) else 1
            for line in lines
            if "[X-" in line
        )
        assert shown == len(many)


def test_check_prints_a_screen_of_a_bad_project_and_each_finding_with_all(repository, conductor):
    (repository / ".github/workflows").mkdir(parents=True)
    lines = [f"RUN wget https://example.invalid/model{number}.safetensors" for number in range(80)]
    (repository / "Dockerfile").write_text(
        "FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime\n" + "\n".join(lines) + "\n"
    )
    short = conductor("check", "preflight", cwd=repository)
    whole = conductor("check", "preflight", "--all", cwd=repository)
    machine = json.loads(conductor("check", "preflight", "--json", cwd=repository).stdout)["findings"]
    assert sum(len(fold(line, USUAL)) for line in short.stdout.splitlines()) <= 40
    assert "each of them: conductor check --all" in short.stderr
    assert whole.stdout.count("model79.safetensors") >= 1 > short.stdout.count("model79.safetensors")
    assert len(machine) >= 80
    assert not fits_a_screen(findings("A", 40))
    assert max(map(cells, short.stdout.splitlines())) < 400
