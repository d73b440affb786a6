"""The ledger: what is acknowledged stays, what was cut off never was."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.errors import RecordSyntaxError, UsageProblem
from conductor.release.ledger import Ledger, list_ledgers, releases_dir
from tests.release.world import Clock

NAME = "r-20260105-103100-4f2a91c"


@pytest.fixture
def ledger(tmp_path):
    path = releases_dir(tmp_path) / f"{NAME}.jsonl"
    made = Ledger(path, Clock())
    made.write("started", release=NAME, revision="4f2a91c0" * 5)
    return made


def test_a_line_is_on_disk_when_it_is_written(ledger):
    ledger.write("intent", action="push")
    lines = [json.loads(line) for line in ledger.path.read_text().splitlines()]
    assert [(line["seq"], line["event"]) for line in lines] == [(1, "started"), (2, "intent")]
    assert lines[1]["at"] == "2026-01-05T10:31:00Z"


def test_a_new_ledger_s_name_is_on_disk_with_its_first_line(tmp_path, monkeypatch):
    synced, fsync = [], os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda handle: (synced.append(str(Path(f"/proc/self/fd/{handle}").readlink())), fsync(handle))
    )
    path = releases_dir(tmp_path) / f"{NAME}.jsonl"
    made = Ledger(path, Clock())
    made.write("started", release=NAME)
    assert synced[:2] == [str(path), str(path.parent)]
    before = len(synced)
    made.write("intent", action="push")
    assert synced[before:] == [str(path)]


@given(cut=st.integers(min_value=1, max_value=200))
def test_a_last_line_that_was_cut_off_never_was(tmp_path_factory, cut):
    path = releases_dir(tmp_path_factory.mktemp("git")) / f"{NAME}.jsonl"
    whole = Ledger(path, Clock())
    whole.write("started")
    before = path.read_bytes()
    whole.write("intent", action="push", revision="4f2a91c0" * 5)
    content = path.read_bytes()
    path.write_bytes(content[: max(len(before), len(content) - cut)])
    again = Ledger(path, Clock())
    assert [line["event"] for line in again.lines] == ["started"]
    again.write("resumed")
    assert [json.loads(line)["seq"] for line in path.read_text().splitlines()] == [1, 2]


def test_a_credential_never_reaches_the_disk(ledger):
    ledger.write("failed", message="push to https://me:geheim@host with ghp_" + "a" * 36)
    text = ledger.path.read_text()
    assert "geheim" not in text
    assert "ghp_" not in text


@given(text=st.text(max_size=80))
def test_any_text_comes_back_as_it_was_written_also_after_something_like_a_credential(tmp_path_factory, text):
    path = releases_dir(tmp_path_factory.mktemp("git")) / f"{NAME}.jsonl"
    Ledger(path, Clock()).write("failed", message=text, hint=f'API_KEY=geheim123"{text}\\', rows=[{"a": text}])
    (line,) = Ledger(path, Clock()).lines
    assert "geheim123" not in path.read_text()
    assert line["hint"].startswith("API_KEY=***")


def test_a_newer_form_asks_for_a_newer_conductor(tmp_path, ledger):
    ledger.path.write_text('{"schema": 2, "event": "started"}\n')
    with pytest.raises(RecordSyntaxError, match="of schema 2: this version knows 1") as refused:
        Ledger.open(tmp_path, NAME, Clock())
    assert refused.value.hint == "install a newer Conductor"
    (listed,) = list_ledgers(tmp_path, Clock())
    assert (listed.id, listed.lines) == (NAME, [])


def test_a_release_is_open_again_after_a_resume(ledger):
    assert ledger.ended is None
    ledger.write("ended", outcome="stopped")
    assert ledger.ended["outcome"] == "stopped"
    ledger.write("resumed", after="ended")
    assert ledger.ended is None


@pytest.mark.parametrize("name", ["", "r-1", "../x", NAME + "0", "r-20260105-103100-4F2A91C"])
def test_only_an_id_opens_a_ledger(tmp_path, ledger, name):
    with pytest.raises(UsageProblem, match="there is no release"):
        Ledger.open(tmp_path, name, Clock())


def test_releases_are_listed_by_their_time(tmp_path, ledger):
    for name in ("r-20260106-090000-aaaaaaa", "r-20251231-235959-bbbbbbb"):
        Ledger(releases_dir(tmp_path) / f"{name}.jsonl", Clock()).write("started")
    (releases_dir(tmp_path) / "r-20260107-090000-ccccccc.jsonl").touch()
    (releases_dir(tmp_path) / "lock").touch()
    assert [found.id for found in list_ledgers(tmp_path, Clock())] == [
        "r-20251231-235959-bbbbbbb", NAME, "r-20260106-090000-aaaaaaa", "r-20260107-090000-ccccccc",
    ]  # fmt: skip


def test_a_ledger_of_this_repository_is_opened_by_its_id(tmp_path, ledger):
    assert Ledger.open(tmp_path, NAME, Clock()).lines == ledger.lines
    assert ledger.path == tmp_path / "conductor" / "releases" / f"{NAME}.jsonl"
    with pytest.raises(UsageProblem, match="there is no release"):
        Ledger.open(tmp_path, "r-20260105-103100-aaaaaaa", Clock())


def test_a_ledger_can_be_read_by_a_person(ledger):
    ledger.write("result", what="release 3 → 4")
    assert "release 3 → 4" in ledger.path.read_text(encoding="utf-8")


def test_a_whole_ledger_is_only_added_to(ledger):
    before = ledger.path.read_bytes()
    ledger.write("intent", action="push")
    ledger.write("result", action="push")
    assert ledger.path.read_bytes().startswith(before)
    assert [line["seq"] for line in Ledger(ledger.path, Clock()).lines] == [1, 2, 3]


def test_the_last_line_that_matches_is_found(ledger):
    ledger.write("intent", action="push", n=1)
    ledger.write("intent", action="deploy", n=2)
    ledger.write("result", action="push", n=3)
    ledger.write("intent", action="push", n=4)
    assert ledger.last("intent")["n"] == 4
    assert ledger.last("intent", action="push", n=1)["n"] == 1
    assert ledger.last("intent", action="deploy")["n"] == 2
    assert ledger.last("result", action="deploy") is None
    assert ledger.last("intent", absent=1) is None


def test_a_ledger_begins_with_its_start(tmp_path, ledger):
    whole = {"revision": "4f2a91c0" * 5, "branch": "main", "context": "c", "targets": ["production"], "task": None}
    assert ledger.started is None, "a start without its plan can't be used"
    path = releases_dir(tmp_path) / "r-20260105-103100-aaaaaaa.jsonl"
    made = Ledger(path, Clock())
    assert (made.started, made.damage) == (None, "")
    made.write("intent")
    made.write("started", **whole)
    assert made.started["targets"] == ["production"]
    assert Ledger(path, Clock()).damage == "lines are missing"


@pytest.mark.parametrize(
    "line",
    [b"[]", b"1", b"null", b'{"event": "x"}', b'{"schema": 1}', b"{", b"\xff\xfe", b"", b"\x00" * 40,
     b"[" * 100_000, b'{"schema": true, "event": "x"}', b'{"schema": 1, "event": 7}', b"<html>"],
)  # fmt: skip
@pytest.mark.parametrize("place", ["first", "middle"])
def test_a_line_that_is_none_is_told_and_the_others_count(ledger, line, place):
    ledger.write("intent", action="push")
    lines = ledger.path.read_bytes().splitlines(keepends=True)
    lines.insert(0 if place == "first" else 1, line + b"\n")
    ledger.path.write_bytes(b"".join(lines))
    again = Ledger(ledger.path, Clock())
    assert [one["event"] for one in again.lines] == ["started", "intent"]
    assert again.damage == f"line {1 if place == 'first' else 2} can't be read"
    again.write("resumed")
    assert [one["event"] for one in Ledger(ledger.path, Clock()).lines] == ["started", "intent", "resumed"]


def lay_nothing(path):
    path.touch()


def lay_a_pipe(path):
    os.mkfifo(path)


def lay_a_folder(path):
    path.mkdir()


def lay_a_link_to_nothing(path):
    path.symlink_to("/nowhere")


def lay_a_link_to_a_device(path):
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("lay", [lay_nothing, lay_a_pipe, lay_a_folder, lay_a_link_to_nothing, lay_a_link_to_a_device])
def test_what_is_no_ledger_is_listed_as_damaged_and_never_waited_for(tmp_path, ledger, lay):
    path = releases_dir(tmp_path) / "r-20260106-103100-aaaaaaa.jsonl"
    lay(path)
    found = list_ledgers(tmp_path, Clock())[-1]
    assert (found.id, found.lines, bool(found.damage), found.is_final) == (path.stem, [], True, False)
    found.set_aside()
    found.write("started")
    assert [line["event"] for line in Ledger(path, Clock()).lines] == ["started"]
    assert len(list(path.parent.glob("*.aside-1"))) == (lay is not lay_nothing), "nothing is lost"


def test_lines_that_are_missing_in_the_middle_are_noticed(ledger):
    for number in range(4):
        ledger.write("intent", n=number)
    lines = ledger.path.read_bytes().splitlines(keepends=True)
    ledger.path.write_bytes(b"".join([lines[0], *lines[3:]]))
    assert Ledger(ledger.path, Clock()).damage == "lines are missing"


@pytest.fixture
def small_disk(tmp_path):
    """Return a folder on a disk of its own that is nearly full; skipped where none can be mounted."""
    import subprocess

    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(folder):
    with (folder / "full").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)


def test_the_last_lines_fit_on_a_full_disk(small_disk):
    ledger = Ledger(releases_dir(small_disk) / f"{NAME}.jsonl", Clock())
    ledger.write("started")
    fill(small_disk)
    for number in range(40):
        ledger.write("failed", n=number, message="m" * 800)
    ledger.write("ended", outcome="stopped")
    assert [line["seq"] for line in Ledger(ledger.path, Clock()).lines] == list(range(1, 43))


def test_a_disk_that_is_full_to_the_last_is_told_and_half_a_line_is_not_left(small_disk):
    ledger = Ledger(releases_dir(small_disk) / f"{NAME}.jsonl", Clock())
    ledger.write("started")
    ledger.path.with_suffix(".reserve").unlink()
    fill(small_disk)
    with pytest.raises(UsageProblem, match="no space is left") as refused:
        for _ in range(100):
            ledger.write("intent", text="t" * 3000)
    assert "free some space" in refused.value.hint
    assert Ledger(ledger.path, Clock()).lines == ledger.lines
    ledger.closing = True
    ledger.write("ended", outcome="stopped")
    assert ledger.ended["outcome"] == "stopped"
    (small_disk / "full").unlink()
    again = Ledger(ledger.path, Clock())
    again.write("resumed")
    assert again.damage == ""


def test_credentials_are_cleaned_wherever_they_stand(ledger):
    token = "ghp_" + "a" * 36
    written = ledger.write("x", deep={"list": [token, {"in": (token, 1, None, True)}]}, plain=token)
    assert written["deep"] == {"list": ["***", {"in": ["***", 1, None, True]}]}
    assert written["plain"] == "***"
    assert ledger.lines[-1] == written


def test_no_handle_is_left_open(ledger):
    def handles():
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    before = handles()
    for number in range(3):
        Ledger(ledger.path.with_name(f"r-20260105-10310{number}-aaaaaaa.jsonl"), Clock()).write("started")
    assert handles() == before
