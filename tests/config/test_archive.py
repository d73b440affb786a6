from __future__ import annotations

import io
import subprocess
import tarfile

import pytest

from conductor.config.archive import unpack


def pack(*members):
    """Return an archive; a member is a name with its content (bytes), its target ("-> x"), or None for a folder."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content, *mode in members:
            entry = tarfile.TarInfo(name)
            entry.mode = mode[0] if mode else 0o644
            if content is None:
                entry.type = tarfile.DIRTYPE
            elif isinstance(content, bytes):
                entry.size = len(content)
            elif content.startswith("-> "):
                entry.type, entry.linkname = tarfile.SYMTYPE, content[3:]
            else:
                entry.type, entry.linkname = {"hard": tarfile.LNKTYPE, "pipe": tarfile.FIFOTYPE}[content], "a"
            archive.addfile(entry, io.BytesIO(content) if isinstance(content, bytes) else None)
    return tarfile.open(fileobj=io.BytesIO(buffer.getvalue()))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "outside").mkdir()
    return tmp_path / "folder"


def test_files_folders_and_links_are_written(folder):
    members = [
        ("a/b.txt", b"b"),
        ("c", None),
        ("a/link", "-> ../a/b.txt"),
        ("later", "-> c/not-yet"),
        ("run.sh", b"#!", 0o755),
    ]
    assert unpack(pack(*members), folder) == []
    assert (folder / "a/link").read_bytes() == b"b"
    assert (folder / "c").is_dir()
    assert (folder / "later").is_symlink()
    assert (folder / "run.sh").stat().st_mode & 0o777 == 0o755
    assert (folder / "a/b.txt").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    "members",
    [
        [("/etc/evil", b"x")],
        [("../outside/evil", b"x")],
        [("a/../../outside/evil", b"x")],
        [("link", "-> /etc")],
        [("link", "-> ../outside"), ("link/evil", b"x")],
        [("a/link", "-> ../../outside"), ("a/link/evil", b"x")],
        [("one", "-> ."), ("one/two", "-> ../outside"), ("two/evil", b"x")],
        [("loop", "-> loop"), ("loop/evil", b"x")],
        [("pipe", "pipe")],
        [("a", b"x"), ("hard", "hard")],
    ],
)
def test_what_leads_outside_or_is_no_file_is_left_out_and_named(folder, members):
    left_out = unpack(pack(*members), folder)
    assert left_out
    assert list((folder.parent / "outside").iterdir()) == []
    assert not any(path.is_fifo() for path in folder.rglob("*"))
    assert all(path.resolve().is_relative_to(folder) for path in folder.rglob("*") if path.name != "loop")


def test_the_rest_is_unpacked_beside_what_is_left_out(folder):
    assert unpack(pack(("link", "-> /etc/passwd"), ("kept.txt", b"k")), folder) == ["link"]
    assert (folder / "kept.txt").read_bytes() == b"k"


def test_a_later_file_takes_the_place_of_an_earlier_link(folder):
    unpack(pack(("a", b"first"), ("b", "-> a"), ("b", b"second")), folder)
    assert ((folder / "a").read_bytes(), (folder / "b").read_bytes()) == (b"first", b"second")


def test_what_git_archives_comes_out_as_it_was(repository, git, folder):
    (repository / "deep").mkdir()
    (repository / "deep/file").write_bytes(b"\r\n\x00")
    (repository / "link").symlink_to("deep/file")
    git("add", "--all", cwd=repository)
    git("commit", "-qm", "All", cwd=repository)
    content = subprocess.run(
        ["git", "archive", "--format=tar", "HEAD"], cwd=repository, capture_output=True, check=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert unpack(archive, folder) == []
    assert (folder / "link").read_bytes() == b"\r\n\x00"
