from __future__ import annotations

import json

from conductor.domain.evidence import Evidence, Outcome
from conductor.records.evidence import EvidenceStore
from conductor.rules.references import check_evidence
from tests.rules.conftest import codes


def test_references_and_chains_are_checked(tree):
    store = EvidenceStore(tree.root)
    lines = [
        store.append("s-1", Evidence("file", f"a{n}", Outcome.OBSERVED, "2026-01-05T10:00:00Z", "test"))
        for n in range(3)
    ]
    tree.write("TASKS.md", f"# Tasks\n\n- [x] file a (evidence {lines[1].reference})\n")
    assert check_evidence(tree.context()) == []
    (path,) = store.folder.glob("*/*.jsonl")
    path.write_text(path.read_text().replace('"a1"', '"b1"'))
    findings = check_evidence(tree.context())
    assert sorted(codes(findings)) == ["EV-CHAIN-001", "EV-HOST-001", "EV-REF-001"]
    assert "another hash" in next(one.message for one in findings if one.code == "EV-REF-001")


def test_a_reference_to_nothing_is_found_in_archives_too(tree):
    tree.write("docs/archive/TASKS-2025.md", "- [x] build (evidence r-20260101-101500-ab12cd3#4:9f3c21aa)\n")
    (finding,) = check_evidence(tree.context())
    assert str(finding.location) == "docs/archive/TASKS-2025.md:1"


def test_a_dangling_tick_is_told_once(tree, conductor):
    task = (
        "# Task Management\n\n## Current Task\n**Task ID**: TASK-2026-01-05-001\n**Title**: x\n**Status**: PLANNING\n"
    )
    tick = "\n### Expectations\n- [x] build: it builds (evidence r-20260101-101500-ab12cd3#4:9f3c21aa)\n"
    tree.write("TASKS.md", task + tick)
    done = conductor("check", "records", "--json", cwd=tree.root)
    told = [row["code"] for row in json.loads(done.stdout)["findings"] if row["line"] == 9]
    assert told == ["REC-TICK-001"]
