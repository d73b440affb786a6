"""One screen of findings: what ends the build first, the rest by kind, and nothing lost without being counted."""

import re

from hypothesis import given
from hypothesis import strategies as st

from conductor.cli.layout import fold
from conductor.cli.preflight_text import Span, render_screen
from conductor.domain.finding import Finding, Location, Severity

FINDINGS = st.lists(
    st.builds(
        lambda code, severity, line, message, context: Finding(
            code, message, f"do {message}", severity, location=Location("Dockerfile", line), context=context
        ),
        st.sampled_from([f"PF-X-{number:03}" for number in range(12)]),
        st.sampled_from(list(Severity)),
        st.integers(1, 60),
        st.text("abc d", min_size=1, max_size=300),
        st.lists(st.text("xyz", max_size=200), max_size=3).map(tuple),
    ),
    max_size=80,
)


def height(text, width):
    return sum(len(fold(line, width)) for line in text.splitlines())


def finding(code, severity, line, message="wrong"):
    return Finding(
        code, message, "right", severity, location=Location("Dockerfile", line), context=(f"{line} | RUN x",)
    )


@given(FINDINGS, st.integers(40, 200), st.integers(24, 60))
def test_it_fits_on_the_screen_unless_the_first_finding_alone_does_not(findings, width, rows):
    shown = render_screen(findings, [], width=width, rows=rows)
    worst = sorted(findings, key=lambda one: list(Severity).index(one.severity))[:1]
    assert height(shown, width) <= rows or len(worst[0].message) * 2 > width * (rows - 6)


@given(FINDINGS)
def test_every_error_and_warning_is_shown_or_counted(findings):
    shown = render_screen(findings, [], width=80, rows=24)
    hidden = re.search(r"^and (?:(\d+) errors?)?(?:, )?(?:(\d+) warnings?)? more: ", shown, re.MULTILINE)
    left_out = sum(int(one or 0) for one in hidden.groups()) if hidden else 0
    codes = {one.code for one in findings if f"[{one.code}]" in shown}
    told = sum(one.severity is not Severity.ADVICE and one.code in codes for one in findings)
    total = sum(one.severity is not Severity.ADVICE for one in findings)
    assert told + left_out >= total
    assert bool(shown) == bool(total)
    assert "advice" not in shown


def test_errors_of_one_instruction_are_one_and_warnings_of_one_check_are_one():
    findings = [finding("PF-A-001", Severity.ERROR, line, f"wrong {line}") for line in range(2, 27)]
    findings += [finding("PF-B-001", Severity.WARNING, line) for line in (3, 30, 31)]
    shown = render_screen(findings, [Span("Dockerfile", 2, 26)], width=80, rows=24)
    assert shown.splitlines() == [
        "Dockerfile:2: error[PF-A-001] wrong 2",
        "    2 | RUN x",
        "  and 24 more of this kind",
        "  remedy: right",
        "Dockerfile:3: warning[PF-B-001] wrong",
        "  and 2 more of this kind: 30, 31",
        "  remedy: right",
    ]


def test_errors_of_two_instructions_are_two():
    findings = [finding("PF-A-001", Severity.ERROR, line) for line in (2, 5)]
    shown = render_screen(findings, [Span("Dockerfile", 2, 3), Span("Dockerfile", 5, 5)], width=80, rows=24)
    assert shown.count("error[PF-A-001]") == 2


def test_what_does_not_fit_is_counted_in_the_last_line():
    findings = [finding(f"PF-{number:03}", Severity.ERROR, number + 1) for number in range(60)]
    shown = render_screen(findings, [], width=80, rows=24)
    assert height(shown, 80) <= 24
    assert re.fullmatch(r"and \d+ errors more: conductor preflight --all", shown.splitlines()[-1])
