import errno
import os
import stat
import subprocess
import sys

import pytest

from conductor.errors import LockHeld, UsageProblem
from conductor.records import files
from conductor.records.files import records_lock, write_atomically
from conductor.records.task_edits import NewTask, create_task
from conductor.records.task_lists import load_tasks


def test_permissions_are_kept(tmp_path):
    path = tmp_path / "a.md"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_symbolic_link_is_followed_and_stays_one(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.md").write_bytes(b"old")
    (tmp_path / "a.md").symlink_to("real/a.md")
    write_atomically(tmp_path / "a.md", b"new")
    assert (tmp_path / "a.md").is_symlink()
    assert (tmp_path / "real" / "a.md").read_bytes() == b"new"


def test_a_missing_folder_is_made(tmp_path):
    write_atomically(tmp_path / "a" / "b" / "c.md", b"x")
    assert (tmp_path / "a" / "b" / "c.md").read_bytes() == b"x"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_refused_write_leaves_the_original_and_no_rest(tmp_path, monkeypatch, number):
    path = tmp_path / "a.md"
    path.write_bytes(b"old")

    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files.os, "write", refuse)
    with pytest.raises(UsageProblem, match="what stood there is unchanged"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["a.md"]


def without_folders(number, times=1000):
    """Return an fsync that the system refuses for folders, so many times."""
    left = [times]

    def fsync(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode) and left[0]:
            left[0] -= 1
            raise OSError(number, os.strerror(number))

    return fsync


def test_a_folder_that_can_not_be_synced_leaves_what_the_message_says(tmp_path, monkeypatch):
    monkeypatch.setattr(files.os, "fsync", without_folders(errno.EIO))
    path = tmp_path / "a.md"
    with pytest.raises(UsageProblem, match=r"was not written: .*what stood there is unchanged"):
        write_atomically(path, b"new")
    assert list(tmp_path.iterdir()) == []
    path.write_bytes(b"old")
    path.chmod(0o640)
    with pytest.raises(UsageProblem, match=r"was not written: .*what stood there is unchanged"):
        write_atomically(path, b"new")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"old", 0o640)
    assert [one.name for one in tmp_path.iterdir()] == ["a.md"]


def test_a_write_that_can_not_be_undone_says_that_it_is_there(tmp_path, monkeypatch):
    path = tmp_path / "a.md"
    path.write_bytes(b"old")
    replace, calls = os.replace, []

    def once(*names):
        calls.append(names)
        if len(calls) > 1:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        replace(*names)

    monkeypatch.setattr(files.os, "fsync", without_folders(errno.EIO))
    monkeypatch.setattr(os, "replace", once)
    with pytest.raises(UsageProblem, match="is written, but") as caught:
        write_atomically(path, b"new")
    assert "don't repeat the command" in caught.value.hint
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.ENOSYS])
def test_a_file_system_that_never_syncs_folders_is_written_to(tmp_path, monkeypatch, number):
    monkeypatch.setattr(files.os, "fsync", without_folders(number))
    write_atomically(tmp_path / "a.md", b"new")
    assert (tmp_path / "a.md").read_bytes() == b"new"


def test_a_task_is_there_once_when_it_is_tried_again(records, monkeypatch):
    with records.lock():
        pass  # what the project brought along is noted once, in a folder of its own
    monkeypatch.setattr(files.os, "fsync", without_folders(errno.EIO, times=1))
    with pytest.raises(UsageProblem, match=r"TASKS\.md was not written"):
        create_task(records, NewTask("one"))
    create_task(records, NewTask("one"))
    assert [task.title for task in load_tasks(records)] == ["one"]


KILLED = """
import os, signal, sys
from pathlib import Path
from conductor.records.files import write_atomically
left = int(sys.argv[2])
def counted(call):
    def stand_in(*arguments, **named):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments, **named)
    return stand_in
for name in ("open", "write", "fsync", "close", "fchmod", "replace", "rename", "unlink"):
    setattr(os, name, counted(getattr(os, name)))
write_atomically(Path(sys.argv[1]), b"new" * 1000)
"""


def test_a_kill_before_any_call_leaves_the_old_bytes_or_the_new(tmp_path):
    path, seen = tmp_path / "a.md", set()
    for number in range(60):
        path.write_bytes(b"old")
        done = subprocess.run([sys.executable, "-c", KILLED, str(path), str(number)], check=False)
        seen.add(path.read_bytes())
        assert seen <= {b"old", b"new" * 1000}
        if done.returncode == 0:
            break
    assert done.returncode == 0
    assert number > 5
    assert len(seen) == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_file_is_refused(tmp_path):
    path = tmp_path / "a.md"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(UsageProblem, match="permission denied"):
        write_atomically(path, b"new")


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path):
    (tmp_path / "a.md").mkdir()
    with pytest.raises(UsageProblem):
        write_atomically(tmp_path / "a.md", b"x")


def test_a_lock_that_another_process_holds_is_told_and_freed_by_its_death(tmp_path):
    program = (
        "import sys; from pathlib import Path; from conductor.records.files import records_lock\n"
        "with records_lock(Path(sys.argv[1])):\n    print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(LockHeld), records_lock(tmp_path, timeout_s=0.05):
        pass
    holder.kill()
    holder.communicate()
    with records_lock(tmp_path, timeout_s=5):
        pass
