import errno
import os
import stat
import subprocess
import sys

import pytest

from conductor.errors import LockHeld, UsageProblem
from conductor.records import files
from conductor.records.files import records_lock, write_atomically


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
