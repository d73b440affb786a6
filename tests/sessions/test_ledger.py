import multiprocessing

from conductor.sessions.ledger import SessionLedger, ToolCall, session_id


def call(number=1, **changes):
    values = {"session": "s1", "agent": "claude", "tool": "Edit", "target": f"a{number}.py", "ok": True}
    values["at"] = "2026-01-05T10:00:00+00:00"
    return ToolCall(**{**values, **changes})


def test_calls_come_back_in_order(tmp_path):
    ledger = SessionLedger(tmp_path)
    ledger.append(call(1))
    ledger.append(call(2))
    assert [row.target for row in ledger.read("s1")] == ["a1.py", "a2.py"]
    assert ledger.sessions() == ["s1"]


def test_half_a_line_is_skipped_and_cut_off_by_the_next_append(tmp_path):
    ledger = SessionLedger(tmp_path)
    ledger.append(call(1))
    path = tmp_path / "conductor/sessions/s1.jsonl"
    with path.open("ab") as file:
        file.write(b'{"session": "s1", "ag')
    assert len(ledger.read("s1")) == 1
    ledger.append(call(2))
    assert [row.target for row in ledger.read("s1")] == ["a1.py", "a2.py"]


def test_a_line_without_a_time_is_no_call(tmp_path):
    ledger = SessionLedger(tmp_path)
    ledger.append(call(1, at="nonsense"))
    ledger.append(call(2))
    assert [row.target for row in ledger.read("s1")] == ["a2.py"]


def test_secrets_and_escape_sequences_do_not_reach_it(tmp_path):
    ledger = SessionLedger(tmp_path)
    ledger.append(call(target="curl -H 'Authorization: Bearer abcdefghijklmnop' \x1b[31m"))
    text = (tmp_path / "conductor/sessions/s1.jsonl").read_text()
    assert "abcdefghijklmnop" not in text
    assert "u001b" not in text


def test_a_session_id_cannot_leave_the_folder():
    assert session_id("../../etc/passwd") == "etc-passwd"
    assert session_id("") == "unknown"


def test_a_session_nobody_wrote_is_empty(tmp_path):
    assert SessionLedger(tmp_path).read("nobody") == []
    assert SessionLedger(tmp_path).sessions() == []


def _write(folder, count):
    for number in range(count):
        SessionLedger(folder).append(call(number))


def test_two_processes_lose_no_call(tmp_path):
    workers = [multiprocessing.Process(target=_write, args=(tmp_path, 50)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(SessionLedger(tmp_path).read("s1")) == 100
