"""One worker at a time: on file systems with locks and without, while the others live and when they are dead."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import threading

import pytest
import worker_harness  # noqa: F401 (puts the image's modules on the path)
from worker import lease


def test_a_lease_of_another_machine_ends_when_nobody_renews_it(tmp_path, monkeypatch):
    monkeypatch.setattr(lease, "EXPIRES_S", 0.3)
    monkeypatch.setattr(lease, "POLL_S", 0.02)
    (tmp_path / "file.lease").write_text('{"holder": "theirs", "machine": "elsewhere", "beat": 7}')
    waited = []
    with lease.hold(tmp_path / "file.lock", lambda: waited.append(1)):
        assert waited
        assert json.loads((tmp_path / "file.lease").read_text())["machine"] == lease._machine()
    assert not (tmp_path / "file.lease").exists()


def test_a_lease_that_is_renewed_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(lease, "EXPIRES_S", 0.3)
    monkeypatch.setattr(lease, "POLL_S", 0.02)
    theirs, waited = tmp_path / "file.lease", []

    def renew():
        waited.append(1)
        if len(waited) < 40:  # for longer than a lease lasts
            theirs.write_text(json.dumps({"holder": "theirs", "machine": "elsewhere", "beat": len(waited)}))
        else:
            theirs.unlink(missing_ok=True)

    renew()
    with lease.hold(tmp_path / "file.lock", renew):
        assert len(waited) >= 40


@pytest.mark.parametrize("error", [None, errno.ENOLCK, errno.EOPNOTSUPP])
def test_one_at_a_time_holds_it_also_where_the_file_system_has_no_locks(tmp_path, monkeypatch, error):
    if error:

        def refuse(*_):
            raise OSError(error, os.strerror(error))

        monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr(lease, "POLL_S", 0.005)
    inside, most = [], []

    def work():
        with lease.hold(tmp_path / "file.lock", lambda: None):
            inside.append(1)
            most.append(len(inside))
            (tmp_path / "work").write_bytes(bytes(1 << 20))  # long enough for another to come in
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 8


def test_a_holder_renews_its_lease(tmp_path, monkeypatch):
    monkeypatch.setattr(lease, "BEAT_S", 0.01)
    with lease.hold(tmp_path / "file.lock", lambda: None):
        while not json.loads((tmp_path / "file.lease").read_text())["beat"]:
            pass
    assert [path.name for path in tmp_path.iterdir()] == ["file.lock"]
