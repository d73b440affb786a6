import json
import multiprocessing

import pytest

from conductor.domain.evidence import Evidence, Outcome
from conductor.domain.finding import Severity
from conductor.errors import UsageProblem
from conductor.records.evidence import EvidenceStore
from conductor.records.evidence_check import check_store


def build(number: int = 1, **changes) -> Evidence:
    values = {
        "kind": "build",
        "subject": "a" * 40,
        "outcome": Outcome.PASSED,
        "observed_at": "2026-01-05T10:31:00+00:00",
        "source": f"https://example.invalid/runs/{number}",
        "detail": {"run": number},
    }
    return Evidence(**{**values, **changes})


def test_a_line_can_be_found_again_by_its_reference(tmp_path):
    store = EvidenceStore(tmp_path)
    first = store.append("r-1", build(1))
    second = store.append("r-1", build(2))
    assert (first.seq, second.seq, first.prev, second.prev) == (1, 2, None, first.sha256)
    assert store.resolve(second.reference) == second
    assert (tmp_path / ".conductor/evidence/2026-01/r-1.jsonl").read_text().count("\n") == 2
    assert check_store(store) == []


def test_a_reference_with_another_hash_number_or_writer_is_not_found(tmp_path):
    store = EvidenceStore(tmp_path)
    line = store.append("r-1", build())
    for wrong in ("r-1#1:00000000", "r-1#2:" + line.sha256[:8], "r-2#1:" + line.sha256[:8], "nonsense"):
        assert store.resolve(wrong) is None


def test_a_changed_line_breaks_the_chain_and_its_reference(tmp_path):
    store = EvidenceStore(tmp_path)
    first = store.append("r-1", build(1, outcome=Outcome.FAILED))
    store.append("r-1", build(2))
    path = tmp_path / ".conductor/evidence/2026-01/r-1.jsonl"
    path.write_text(path.read_text().replace('"failed"', '"passed"'))
    assert store.resolve(first.reference) is None
    assert [(finding.code, finding.location.line) for finding in check_store(store)] == [
        ("EV-HOST-001", 1),
        ("EV-CHAIN-001", 2),
    ]


def test_a_removed_line_breaks_the_chain(tmp_path):
    store = EvidenceStore(tmp_path)
    for number in range(3):
        store.append("r-1", build(number))
    path = tmp_path / ".conductor/evidence/2026-01/r-1.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0] + lines[2])
    assert [finding.code for finding in check_store(store)] == ["EV-CHAIN-001"]


def test_half_a_line_at_the_end_is_reported_and_then_replaced(tmp_path):
    store = EvidenceStore(tmp_path)
    store.append("r-1", build(1))
    path = tmp_path / ".conductor/evidence/2026-01/r-1.jsonl"
    with path.open("a") as file:
        file.write('{"schema":1,"seq":2,')
    assert [(finding.code, finding.severity) for finding in check_store(store)] == [("EV-LINE-002", Severity.WARNING)]
    assert store.append("r-1", build(2)).seq == 2
    assert check_store(store) == []


def test_secrets_are_replaced_before_a_line_is_written(tmp_path):
    token = "ghp_" + "a1B2" * 9
    line = EvidenceStore(tmp_path).append("r-1", build(source=f"https://u:{token}@h/x", detail={"log": [token]}))
    text = (tmp_path / ".conductor/evidence/2026-01/r-1.jsonl").read_text()
    assert token not in text
    assert line.evidence.detail == {"log": ["***"]}


def test_escape_sequences_do_not_reach_the_file(tmp_path):
    EvidenceStore(tmp_path).append("r-1", build(source="\x1b]0;title\x07ok\x1b[31m"))
    assert json.loads((tmp_path / ".conductor/evidence/2026-01/r-1.jsonl").read_text())["source"] == "ok"


@pytest.mark.parametrize("writer", ["", "../x", "a/b", ".hidden", "a b"])
def test_a_writer_that_is_no_file_name_is_refused(tmp_path, writer):
    with pytest.raises(UsageProblem):
        EvidenceStore(tmp_path).append(writer, build())


def _append(root, count):
    for number in range(count):
        EvidenceStore(root).append("s-1", build(number))


def test_two_processes_with_one_writer_keep_the_chain_whole(tmp_path):
    workers = [multiprocessing.Process(target=_append, args=(tmp_path, 20)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    store = EvidenceStore(tmp_path)
    assert len(store.lines()) == 40
    assert check_store(store) == []
