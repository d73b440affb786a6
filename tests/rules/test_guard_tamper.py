from __future__ import annotations

import json

from conductor.domain.evidence import Evidence, Outcome
from conductor.records.evidence import EvidenceStore
from conductor.rules.answer import Status
from conductor.rules.context import Decision
from conductor.rules.guard_tamper import audit, report
from tests.rules.conftest import codes, session


def install(tree):
    tree.write(".conductor/bin/guard", "#!/bin/sh\n").chmod(0o755)
    hook = {"type": "command", "command": ".conductor/bin/guard claude"}
    tree.write(".claude/settings.json", json.dumps({"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [hook]}]}}))
    store = EvidenceStore(tree.root)
    for number in range(3):
        store.append("s-1", Evidence("file", f"a{number}", Outcome.OBSERVED, "2026-01-05T10:00:00Z", "test"))
    tree.commit()
    return store


def test_an_installed_guard_is_clean_and_may_write_more_evidence(tree):
    store = install(tree)
    store.append("s-1", Evidence("file", "b", Outcome.OBSERVED, "2026-01-05T11:00:00Z", "test"))
    assert list(audit(tree.context())) == []
    assert report(tree.context(session(decisions=()))).status is Status.KEPT


def test_what_turns_the_guard_off_is_found(tree):
    install(tree)
    (tree.root / ".conductor/bin/guard").chmod(0o644)
    tree.write(".claude/settings.json", '{"disableAllHooks": true}')
    (evidence,) = (tree.root / ".conductor/evidence").glob("*/*.jsonl")
    evidence.write_text("".join(evidence.read_text().splitlines(keepends=True)[1:]))
    assert codes(audit(tree.context())) == ["G1"] * 4
    (tree.root / ".conductor/bin/guard").unlink()
    assert "was removed" in next(iter(audit(tree.context()))).message


def test_a_project_without_a_guard_is_not_observed(tree):
    assert report(tree.context(session())).status is Status.NOT_OBSERVED


def test_a_stopped_attempt_is_kept_and_said(tree):
    install(tree)
    tried = Decision("guard_tamper", "block", "rm -r .conductor", "2026-01-05T10:00:00Z", ran=False)
    answer = report(tree.context(session(decisions=(tried,))))
    assert answer.status is Status.KEPT
    assert "stopped rm -r .conductor" in answer.evidence[1]
