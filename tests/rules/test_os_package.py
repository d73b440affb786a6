from __future__ import annotations

from conductor.host.model import Inventory
from conductor.rules.answer import Status
from conductor.rules.os_package import audit, report
from tests.rules.conftest import codes

BEFORE = Inventory("2026-01-05T08:00:00Z", packages={"dpkg": {"curl:amd64": "8"}})
AFTER = Inventory("2026-01-05T12:00:00Z", packages={"dpkg": {"curl:amd64": "8", "ffmpeg:amd64": "7"}})


def test_a_package_since_the_baseline_is_a_violation_and_none_is_kept(tree):
    context = tree.context(host=(AFTER, BEFORE))
    assert codes(audit(context)) == ["R5"]
    assert report(context).status is Status.VIOLATED
    assert report(tree.context(host=(AFTER, AFTER))).status is Status.KEPT


def test_without_a_baseline_nothing_was_observed(tree):
    assert report(tree.context(host=(AFTER, None))).status is Status.NOT_OBSERVED


def test_an_upgrade_is_no_violation(tree):
    upgraded = Inventory("2026-01-05T12:00:00Z", packages={"dpkg": {"curl:amd64": "9"}})
    assert list(audit(tree.context(host=(upgraded, BEFORE)))) == []
