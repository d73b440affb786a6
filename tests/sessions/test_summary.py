import pytest

from conductor.domain.evidence import Evidence, EvidenceLine, Outcome
from conductor.sessions.session import Session
from conductor.sessions.summary import find_builds, tell_impact

DAY = Session("s", "claude", "2026-01-05T09:00:00+00:00")


def build(at, outcome):
    evidence = Evidence("build", "a" * 40, outcome, f"2026-01-{at}:00:00Z", "a run")
    return EvidenceLine("r", 1, None, evidence, "0" * 64)


FAILED, PASSED = Outcome.FAILED, Outcome.PASSED


@pytest.mark.parametrize(
    ("builds", "told"),
    [
        ([], "no failed build was observed"),
        ([("03T10", FAILED), ("04T10", PASSED)], "no failed build was observed"),
        ([("04T10", FAILED), ("03T10", PASSED)], "builds fail since 2026-01-04T10:00:00Z (1 failed"),
        ([("03T10", FAILED), ("04T10", PASSED), ("05T10", FAILED)], "builds fail since 2026-01-05T10:00:00Z (1 failed"),
        (
            [("04T10", FAILED), ("05T10", FAILED), ("05T11", PASSED)],
            "builds failed from 2026-01-04T10:00:00Z until 2026-01-05T11:00:00Z (2 failed",
        ),
    ],
)
def test_the_impact_is_of_the_failure_that_the_session_met(builds, told):
    lines = [build(*one) for one in builds]
    assert tell_impact(find_builds(lines, DAY), lines)[0].startswith(told)
