from __future__ import annotations

from conductor.rules.answer import Status
from conductor.rules.bigger_scope import report
from tests.rules.conftest import session

TASK = """# Tasks

## TASK-2026-01-05-001: Build the worker

### Context
The build fails. It follows TASK-2026-01-04-001; the chain was reviewed.

### Findings
- Root cause: the wheel is for Python 3.10 (evidence r-20260105-101500-ab12cd3#4:9f3c21aa)
"""


def test_a_task_with_context_cause_and_chain_is_kept(tree):
    tree.write("TASKS.md", TASK)
    assert report(tree.context(session())).status is Status.KEPT


def test_a_cause_without_evidence_is_at_most_attested(tree):
    tree.write("TASKS.md", TASK.replace("(evidence r-20260105-101500-ab12cd3#4:9f3c21aa)", ""))
    assert report(tree.context(session())).status is Status.NOT_OBSERVED
    answer = report(tree.context(session(attested={"R6": "I looked at the whole pipeline"})))
    assert answer.status is Status.ATTESTED
    assert "I looked at the whole pipeline" in answer.evidence[0]
    assert "lacks a root cause with evidence" in answer.evidence[1]
