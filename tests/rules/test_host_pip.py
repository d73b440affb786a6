from __future__ import annotations

from conductor.host.model import Distribution, Inventory
from conductor.rules.answer import Status
from conductor.rules.host_pip import audit, report
from tests.rules.conftest import codes, session

SITE = "/usr/local/lib/python3.11/dist-packages"
EINOPS = Distribution(SITE, "einops", "0.8.0", "pip", True, None, "a" * 64, None, "2026-01-05T10:00:00Z")
BEFORE = Inventory("2026-01-05T08:00:00Z")
AFTER = Inventory("2026-01-05T12:00:00Z", distributions=(EINOPS,))


def test_a_distribution_since_the_baseline_is_a_violation_and_none_is_kept(tree):
    context = tree.context(host=(AFTER, BEFORE))
    assert codes(audit(context)) == ["R9"]
    assert report(context).status is Status.VIOLATED
    clean = tree.context(host=(BEFORE, BEFORE))
    assert list(audit(clean)) == []
    assert report(clean).status is Status.KEPT


def test_without_a_baseline_only_files_of_the_session_are_a_violation(tree):
    assert report(tree.context(host=(AFTER, None))).status is Status.NOT_OBSERVED
    answer = report(tree.context(session(), host=(AFTER, None)))
    assert answer.status is Status.VIOLATED
    assert "einops 0.8.0" in answer.evidence[0]
