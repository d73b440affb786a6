"""Steps of a release as lines: whole in a pipe, folded in a window, the time at the edge."""

from __future__ import annotations

import io

import pytest

from conductor.cli.layout import cells
from conductor.cli.progress import Progress, render_cause, render_step
from conductor.domain.finding import Confidence, Finding, Location, Severity

LONG = "4f2a91c to ssh://git@git.example.invalid:2222/some-owner/a-worker-with-a-long-name.git main"


def test_in_a_pipe_a_step_is_one_line_with_its_time_at_the_edge():
    assert render_step("push", "4f2a91c to origin", 0.24, None) == [
        "  push         4f2a91c to origin                                                               0.2 s"
    ]
    (line,) = render_step("push", LONG, 12.0, None)
    assert LONG in line
    assert line.endswith(" 12.0 s")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_in_a_window_a_step_is_folded_below_itself(width):
    lines = render_step("push", LONG, 0.24, width)
    assert lines[0].startswith("  push         4f2a91c to")
    assert sum(line.endswith("0.2 s") for line in lines) == 1
    assert all(cells(line) <= width or len(line.split()) == 1 for line in lines)
    assert all(line.startswith(" " * 15) or len(line.split()) == 1 for line in lines[1:])


def test_a_step_without_a_time_has_none():
    assert render_step("record", "nothing", 0, 80) == ["  record       nothing"]


def test_a_cause_stands_below_its_step_with_its_remedy():
    finding = Finding("PF-X-001", "it is wrong", "put it right", confidence=Confidence.LOW, location=Location("a", 3))
    assert render_cause(finding, 80) == [
        "    cause      PF-X-001 (possible)",
        "               a:3: it is wrong",
        "    remedy     put it right",
    ]


@pytest.mark.parametrize("width", [None, 80, 40])
def test_what_a_cause_quotes_keeps_its_shape(width):
    quoted = (
        '  File "worker/video.py", line 120, in _open',
        "    container = av.open(\tpath,",
        "\tdeeper   in",
        "\x1b[31mred\x1b[0m",
    )
    finding = Finding("SMOKE_WRONG", "it failed", "read it", context=quoted)
    shown = [line[15:] for line in render_cause(finding, width)[2:-1]]
    if width != 40:
        assert shown == [quoted[0], "    container = av.open(    path,", "    deeper   in", "red"]
    assert all(line.startswith("    ") for line in shown[1:-2])
    assert shown[-2:] == ["    deeper   in", "red"]


def test_what_did_not_stop_a_step_is_no_cause_of_its_end():
    error, advice = Finding("PF-A-1", "it is wrong", "mend it"), Finding("PF-B-1", "it is odd", "look", Severity.ADVICE)
    stream = io.StringIO()
    Progress(stream).step_failed("preflight", "1 error, 1 advice", 0.1, [advice, error])
    assert "PF-A-1" in stream.getvalue()
    assert "PF-B-1" not in stream.getvalue()
    Progress(stream).step_failed("smoke", "it failed", 0.1, [advice])
    assert "PF-B-1" in stream.getvalue()
