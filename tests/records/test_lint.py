import pytest

from conductor.domain.evidence import Evidence, Outcome
from conductor.records.lint import fix_records, lint_records
from tests.records import samples


def codes(records) -> list[tuple[str, str]]:
    return sorted((finding.code, str(finding.location)) for finding in lint_records(records))


BLOCK = "# Task Management\n\n## Current Task\n**Task ID**: TASK-2026-01-05-001\n**Title**: x\n**Status**: {status}\n"


def test_a_project_without_records_has_no_findings(records):
    assert lint_records(records) == []


@pytest.mark.parametrize(
    ("name", "text", "code", "place"),
    [
        ("TASKS.md", samples.TASKS, "REC-COUNT-001", "TASKS.md:7:15"),
        ("TASKS.md", samples.TASKS, "REC-CLAIM-003", "TASKS.md:12:13"),
        ("TASKS.md", samples.TWO_CURRENT, "REC-CURRENT-001", "TASKS.md:34:1"),
        ("TASKS.md", samples.TWO_CURRENT, "REC-STATUS-001", "TASKS.md:37:13"),
        ("TASKS.md", BLOCK.format(status="PLANNING") * 2, "REC-ID-001", "TASKS.md:10:14"),
        ("TASKS.md", BLOCK.format(status="PLANNING").replace("001", "1"), "REC-ID-002", "TASKS.md:4:14"),
        ("TASKS.md", BLOCK.format(status="PLANNING") + "**Dependencies**: TASK-2026-01-05-009\n", "REC-LINK-002", "TASKS.md:7:19"),
        ("TASKS.md", BLOCK.format(status="PLANNING") + "\n### Expectations\n- [x] build: x\n", "REC-TICK-001", "TASKS.md:9:1"),
        ("TASKS.md", BLOCK.format(status="PLANNING") + "\n### Expectations\n- [x] build: x (evidence a#1:00000000)\n", "REC-TICK-001", "TASKS.md:9:1"),
        ("TASKS.md", BLOCK.format(status="PLANNING") + "\n### Task Chain\n1. ✅ x (TASK-2026-01-05-001)\n", "REC-CHAIN-002", "TASKS.md:9:1"),
        ("JOURNAL.md", samples.JOURNAL, "REC-GLUED-001", "JOURNAL.md:24:20"),
        ("JOURNAL.md", samples.JOURNAL, "REC-LINK-001", "JOURNAL.md:3:1"),
        ("JOURNAL.md", "## 2026-01-01\n### a\n## 2026-01-03\n### b\n## 2026-01-02\n### c\n## 2025-01-02\n### d\n", "REC-ORDER-001", "JOURNAL.md:3:1"),
        ("JOURNAL.md", "## 2026-01-01\n### a\n- see .serena/memories/gone.md\n", "REC-MEMORY-001", "JOURNAL.md:3:7"),
        ("TASKS.md", "# x".encode("utf-16"), "REC-FILE-001", "TASKS.md:1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_where_it_stands(records, write, name, text, code, place):
    write(name, text)
    assert (code, place) in codes(records)


def test_good_records_have_no_findings(records, write):
    line = records.evidence.append(
        "r-1", Evidence("build", "a" * 40, Outcome.PASSED, "2026-01-05T10:00:00Z", "run 1", {})
    )
    write(
        "TASKS.md",
        BLOCK.format(status="COMPLETE")
        + f"\n### Expectations\n- [x] build: x (evidence {line.reference})\n\n### Task Chain\n1. ✅ x (TASK-2026-01-05-001)\n",
    )
    write("JOURNAL.md", "# J\n\n## 2026-01-05 10:00\n\n### y |TASK:TASK-2026-01-05-001|\n- **What**: C#\n")
    assert lint_records(records) == []


def test_the_safe_ones_are_repaired_and_nothing_else(records, write, read):
    write("TASKS.md", samples.TASKS)
    write("JOURNAL.md", samples.JOURNAL)
    assert len(fix_records(records)) == 2
    assert read("TASKS.md").decode() == samples.TASKS.replace("4/4 tasks", "3/5 tasks")
    assert read("JOURNAL.md").decode() == samples.JOURNAL.replace("08:00# Eng", "08:00\n\n# Eng")
    assert not {"REC-COUNT-001", "REC-GLUED-001"} & {finding.code for finding in lint_records(records)}
    assert fix_records(records) == []
