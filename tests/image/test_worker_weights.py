"""The weights: found wherever they lie, fetched once where they are nowhere, hashed once."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import re
import subprocess
import sys
import threading

import pytest
from worker import transfer
from worker.backends import digests, downloads, weights
from worker.contract import JobError
from worker.schema import SCHEMA
from worker_harness import IMAGE

from tests.waiting import wait_until

DIT, VAE = "dit.safetensors", "vae.safetensors"
CONTENT = {DIT: bytes(range(256)) * 4096, VAE: b"vae" * 1000}
TABLE = {
    "source": "{endpoint}/{repo}/resolve/{revision}/{name}",
    "revisions": {"numz/Models": "r1", "other/Models": "r2"},
    "vae": VAE,
    "models": {"3b": DIT},
    "files": {
        name: {
            "repo": {DIT: "numz/Models", VAE: "other/Models"}[name],
            "size_bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        for name, content in CONTENT.items()
    },
}
HUB = "huggingface-cache/hub"


class Source(http.server.BaseHTTPRequestHandler):
    """Serve the files with ranges and an ETag, or in a way that `faults` names, one fault a request."""

    def do_GET(self):
        server, name = self.server, self.path.rpartition("/")[2]
        server.asked.append((name, self.headers.get("Range")))
        fault = server.faults.pop(0) if server.faults else ""
        if callable(fault):
            fault = fault() or ""
        if fault.isdigit():
            self.send_response(int(fault))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        content = server.content[name]
        if fault == "damaged":
            content = content[:-1] + b"!"
        start = self._start(fault)
        body = content[start:]
        self.send_response(206 if start else 200)
        if start:
            said = 0 if fault == "other part" else start
            self.send_header("Content-Range", f"bytes {said}-{len(content) - 1}/{len(content)}")
        self.send_header("ETag", server.etag)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault == "cut":
            body = body[: len(body) // 2]
        if fault == "hang":
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            server.released.wait()
            return
        self.wfile.write(body)
        self.close_connection = True

    def _start(self, fault):
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        same = self.headers.get("If-Range") in {None, self.server.etag} or fault == "ignores If-Range"
        return int(wanted[1]) if wanted and same and fault != "no ranges" else 0

    def log_message(self, *_):
        pass


@pytest.fixture
def source(monkeypatch):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Source)
    server.asked, server.faults, server.etag, server.content = [], [], '"one"', dict(CONTENT)
    server.released = threading.Event()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setenv("CONDUCTOR_WORKER_ALLOW_LOOPBACK", "1")
    monkeypatch.setattr(downloads, "BACKOFF_S", 0)
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def volume(tmp_path, monkeypatch):
    """Give this process the small table, an empty volume, a state folder, and no memory."""
    (tmp_path / "volume").mkdir()
    monkeypatch.setenv("CONDUCTOR_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("CONDUCTOR_MODEL_DIR", raising=False)
    monkeypatch.setattr(weights, "TABLE", TABLE)
    monkeypatch.setattr(weights, "VOLUME", tmp_path / "volume")
    monkeypatch.setattr(downloads, "RESERVE_BYTES", 0)
    monkeypatch.setattr(digests, "_known", {})
    return tmp_path / "volume"


def _put(folder, *names, content=CONTENT):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names or content:
        (folder / name).write_bytes(content[name])
    return folder


def _locate():
    said = []
    return weights.locate("3b", said.append), said


def _missing():
    with pytest.raises(JobError) as error:
        _locate()
    assert error.value.code == "weights_missing"
    return error.value.message


def _check(found):
    assert (found.dit, found.vae) == (DIT, VAE)
    for name in (DIT, VAE):
        assert (found.folder / name).read_bytes() == CONTENT[name]


def _cached(volume, repo, revision, names, main=None):
    folder = volume / HUB / f"models--{repo.replace('/', '--')}"
    for name in names:
        digest = TABLE["files"][name]["sha256"]
        (folder / "blobs").mkdir(parents=True, exist_ok=True)
        (folder / "blobs" / digest).write_bytes(CONTENT[name])
        snapshot = folder / "snapshots" / revision
        snapshot.mkdir(parents=True, exist_ok=True)
        (snapshot / name).symlink_to(f"../../blobs/{digest}")
    (folder / "refs").mkdir(exist_ok=True)
    (folder / "refs/main").write_text(main or revision)


def test_weights_on_the_volume_are_found_and_nothing_is_asked_for(volume, source):
    _put(volume / "models/SEEDVR2")
    _check(_locate()[0])
    assert not source.asked


def test_a_folder_that_is_named_comes_first(volume, monkeypatch, tmp_path):
    _put(volume / "models/SEEDVR2", content=dict.fromkeys(CONTENT, b"other"))
    monkeypatch.setenv("CONDUCTOR_MODEL_DIR", str(_put(tmp_path / "named")))
    found, _ = _locate()
    _check(found)
    assert (found.folder / DIT).resolve().parent == tmp_path / "named"


def test_runpods_cached_models_are_found_in_hugging_faces_layout(volume, source):
    _cached(volume, "numz/Models", "aaaa", [DIT])
    _cached(volume, "OTHER/models", "bbbb", [VAE])
    found, _ = _locate()
    _check(found)
    assert (found.folder / DIT).resolve().parent.name == "blobs"
    assert not source.asked


def test_of_several_snapshots_the_one_of_main_comes_first(volume):
    _cached(volume, "numz/Models", "aaaa", [DIT], main="cccc")
    _cached(volume, "numz/Models", "cccc", [], main="cccc")
    folder = volume / HUB / "models--numz--Models/snapshots"
    assert list(weights._snapshots(volume / HUB, "numz/Models")) == [folder / "aaaa"]
    _put(folder / "cccc", DIT)
    assert [path.name for path in weights._snapshots(volume / HUB, "numz/Models")] == ["cccc", "aaaa"]


def test_files_that_lie_apart_come_together_in_one_folder(volume, source, monkeypatch, tmp_path):
    _cached(volume, "numz/Models", "aaaa", [DIT])
    _put(volume / "models/SEEDVR2", VAE)
    _check(_locate()[0])
    assert not source.asked


def test_the_program_is_told_that_both_files_are_checked(volume):
    """Its own rule (src/utils/downloads.py): the same size, and a time less than 2 s apart."""
    _put(volume / "models/SEEDVR2")
    found, _ = _locate()
    note = json.loads((found.folder / ".validation_cache.json").read_text())
    for name in (DIT, VAE):
        facts = (found.folder / name).stat()
        assert note[name]["size"] == facts.st_size
        assert abs(note[name]["mtime"] - facts.st_mtime) < 2
        assert note[name]["hash"] == TABLE["files"][name]["sha256"]
    assert found.folder.is_absolute()
    assert _locate()[0] == found


def test_a_program_that_deletes_what_it_does_not_like_deletes_a_link(volume):
    _put(volume / "models/SEEDVR2")
    found, _ = _locate()
    (found.folder / DIT).unlink()
    assert (volume / "models/SEEDVR2" / DIT).read_bytes() == CONTENT[DIT]
    _check(_locate()[0])


def test_a_file_is_hashed_once_and_again_when_it_changes(volume, monkeypatch):
    folder = _put(volume / "models/SEEDVR2")
    _locate()
    times = (folder / DIT).stat()
    (folder / DIT).write_bytes(CONTENT[DIT][::-1])
    os.utime(folder / DIT, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert _locate()[1] == []  # the same size and time: known
    monkeypatch.setattr(digests, "_known", {})
    _locate()  # another process: noted beside the file
    os.utime(folder / DIT, ns=(1, 1))
    assert "is not the published file" in _missing()


def test_on_a_volume_that_can_not_be_written_the_state_folder_remembers(volume, tmp_path, monkeypatch):
    folder = _put(volume / "models/SEEDVR2")
    for name in CONTENT:
        (folder / f"{name}.checked.json").mkdir()  # in the way of a note, for root too
    _locate()
    times = (folder / DIT).stat()
    (folder / DIT).write_bytes(CONTENT[DIT][::-1])
    os.utime(folder / DIT, ns=(times.st_atime_ns, times.st_mtime_ns))
    monkeypatch.setattr(digests, "_known", {})
    _locate()
    assert len(list((tmp_path / "state/digests").iterdir())) == 2
    assert sorted(path.name for path in folder.iterdir() if path.is_file()) == sorted(CONTENT)


@pytest.mark.parametrize("note", ["{", "[]", '{"file": [1]}', '{"file": [1048576, 1], "sha256": 7}', "\xff"])
def test_a_broken_note_is_no_note(volume, note):
    folder = _put(volume / "models/SEEDVR2")
    os.utime(folder / DIT, ns=(1, 1))
    (folder / f"{DIT}.checked.json").write_text(note, encoding="latin-1")
    _check(_locate()[0])


def test_a_file_of_another_size_is_not_read_and_a_right_one_elsewhere_is_taken(volume, source, tmp_path, monkeypatch):
    monkeypatch.setenv("CONDUCTOR_MODEL_DIR", str(_put(tmp_path / "named", content={DIT: b"half", VAE: CONTENT[VAE]})))
    message = _missing()
    assert "is not the published file" in message
    assert str(tmp_path / "named" / DIT) in message
    assert not source.asked  # somebody's file is not replaced
    assert not (tmp_path / "named" / f"{DIT}.checked.json").exists()
    _put(volume / "models/SEEDVR2", DIT)
    _check(_locate()[0])


def test_weights_that_are_nowhere_are_fetched_once(volume, source):
    found, said = _locate()
    _check(found)
    assert [name for name, _ in source.asked] == [DIT, VAE]
    assert any("100 %" in text for text in said)
    _check(_locate()[0])
    assert len(source.asked) == 2
    names = {path.name for path in (volume / "models/SEEDVR2").iterdir() if not path.name.startswith(".")}
    assert names == {*CONTENT, *(f"{name}.checked.json" for name in CONTENT)}


def test_where_no_volume_is_mounted_they_go_to_the_state_folder(volume, source, tmp_path):
    volume.rmdir()
    _check(_locate()[0])
    assert (tmp_path / "state/models/SEEDVR2" / DIT).is_file()
    _check(_locate()[0])
    assert len(source.asked) == 2


def test_a_volume_that_can_not_be_written_is_passed_over(volume, source, tmp_path):
    (volume / "models").write_text("in the way")
    _check(_locate()[0])
    assert (tmp_path / "state/models/SEEDVR2" / DIT).is_file()


def test_no_place_to_write_is_told_with_its_reason(volume, source, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CONDUCTOR_MODEL_DIR", str(tmp_path / "file/models"))
    assert "Not a directory" in _missing()


def test_fetching_can_be_forbidden(volume, source, monkeypatch):
    monkeypatch.setenv("CONDUCTOR_WEIGHTS_DOWNLOAD", "0")
    message = _missing()
    assert DIT in message and VAE in message and str(volume) in message
    assert not source.asked


@pytest.mark.parametrize(
    "faults", [["cut"], ["cut", "cut", "cut"], ["cut", "503", "503"], ["503"], ["cut", "416", "cut"]]
)
def test_a_fetch_that_breaks_goes_on_where_it_was(volume, source, faults):
    source.faults = list(faults)
    found, _ = _locate()
    _check(found)
    ranges = [wanted for name, wanted in source.asked if name == DIT]
    assert ranges[0] is None
    assert len(ranges) == len(faults) + 1


def test_the_rest_is_asked_for_by_range_under_the_same_etag(volume, source):
    source.faults = ["cut"]
    _locate()
    assert (DIT, f"bytes={len(CONTENT[DIT]) // 2}-") in source.asked


@pytest.mark.parametrize("fault", ["no ranges", "other part"])
def test_a_server_that_gives_another_part_is_asked_for_the_whole(volume, source, fault):
    source.faults = ["cut", fault]
    _check(_locate()[0])


@pytest.mark.parametrize("fault", ["", "ignores If-Range"])
def test_a_file_that_changed_at_its_source_is_begun_anew(volume, source, fault):
    def change():
        source.etag = '"two"'
        return fault

    source.faults = ["cut", change]
    _check(_locate()[0])


def test_a_byte_that_was_damaged_on_the_way_is_fetched_again(volume, source):
    source.faults = ["damaged"]
    _check(_locate()[0])
    assert [name for name, _ in source.asked] == [DIT, DIT, VAE]


def test_a_part_that_was_damaged_on_the_disk_is_fetched_again(volume, source):
    folder = volume / "models/SEEDVR2"
    folder.mkdir(parents=True)
    (folder / f"{DIT}.part").write_bytes(b"!" * (1 << 19))
    _check(_locate()[0])
    (folder / DIT).unlink()
    (folder / f"{DIT}.part").write_bytes(b"!" * (1 << 22))  # more than the whole
    _check(_locate()[0])


def test_a_source_with_other_content_is_refused_and_nothing_of_it_stays(volume, source):
    source.content[DIT] = CONTENT[DIT][::-1]
    assert "has another sha256 than published" in _missing()
    assert not list((volume / "models/SEEDVR2").glob(f"{DIT}*"))
    source.content[DIT] = CONTENT[DIT] + b"!"
    assert f"serves {len(CONTENT[DIT]) + 1} bytes, not the {len(CONTENT[DIT])}" in _missing()


@pytest.mark.parametrize("status", ["401", "403", "404", "410"])
def test_a_source_that_has_not_got_it_is_asked_once(volume, source, status):
    source.faults = [status] * 9
    assert f"answered {status}" in _missing()
    assert len(source.asked) == 1


def test_a_source_that_never_works_is_given_up(volume, source):
    source.faults = ["503"] * 99
    assert "answered 503" in _missing()
    assert len(source.asked) == downloads.TRIES


def test_a_disk_that_is_too_small_is_told_before_anything_is_fetched(volume, source, monkeypatch):
    huge = {**TABLE, "files": {**TABLE["files"], DIT: {**TABLE["files"][DIT], "size_bytes": 1 << 60}}}
    monkeypatch.setattr(weights, "TABLE", huge)
    message = _missing()
    assert re.search(r"has [\d.]+ GB free, and the weights need 1152921504\.6 GB more; enlarge", message)
    assert not source.asked


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() or subprocess.call(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], stderr=subprocess.DEVNULL
    ):
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_disk_that_fills_meanwhile_keeps_the_part(volume, source, small_disk, monkeypatch):
    monkeypatch.setenv("CONDUCTOR_MODEL_DIR", str(small_disk))
    filler = small_disk / "filler"
    source.faults = [lambda: filler.write_bytes(bytes(3 << 19)) and None]
    assert "No space left on device" in _missing()
    filler.unlink()
    assert 0 < (small_disk / f"{DIT}.part").stat().st_size < len(CONTENT[DIT])
    _check(_locate()[0])
    assert source.asked[1][1] is not None  # the rest


def test_a_read_only_volume_is_used_and_nothing_is_written_there(volume, source, small_disk, monkeypatch, tmp_path):
    _put(small_disk / "models/SEEDVR2", DIT)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    monkeypatch.setattr(weights, "VOLUME", small_disk)
    _check(_locate()[0])
    assert [name for name, _ in source.asked] == [VAE]
    assert (tmp_path / "state/models/SEEDVR2" / VAE).is_file()
    monkeypatch.setattr(digests, "_known", {})
    assert _locate()[1] == []  # remembered in the state folder: not read again


WORKER = """
import json, sys; sys.path.insert(0, sys.argv[1])
from worker.backends import downloads, weights
weights.TABLE, downloads.RESERVE_BYTES = json.loads(sys.argv[2]), 0
print("at", weights.locate("3b", lambda said: print(said, flush=True)).folder, flush=True)
"""


def _start(state, folder):
    environment = {**os.environ, "CONDUCTOR_STATE_DIR": str(state), "CONDUCTOR_MODEL_DIR": str(folder)}
    command = [sys.executable, "-c", WORKER, str(IMAGE), json.dumps(TABLE)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_two_workers_on_one_volume_fetch_each_file_once(source, tmp_path):
    source.faults = ["hang"]
    workers = [_start(tmp_path / f"state{number}", tmp_path / "models") for number in range(2)]
    lines = [[], []]
    readers = [threading.Thread(target=lambda n=n: lines[n].extend(workers[n].stdout)) for n in range(2)]
    for reader in readers:
        reader.start()
    wait_until(lambda: any("waiting for another worker" in line for line in [*lines[0], *lines[1]]))
    source.released.set()
    for worker, reader in zip(workers, readers, strict=True):
        assert worker.wait() == 0, lines
        reader.join()
        worker.stdout.close()
    assert [name for name, wanted in source.asked if not wanted] == [DIT, VAE]
    assert all(any(line.startswith("at ") for line in each) for each in lines)


def test_a_worker_killed_in_the_middle_is_continued_by_the_next_one_at_once(source, tmp_path):
    source.faults = ["hang"]
    worker = _start(tmp_path / "state1", tmp_path / "models")
    part = tmp_path / "models" / f"{DIT}.part"
    wait_until(lambda: worker.poll() is not None or (part.exists() and part.stat().st_size))
    assert worker.poll() is None
    worker.kill()
    worker.communicate()
    source.released.set()
    assert (tmp_path / "models" / f".{DIT}.lease").exists()
    done = _start(tmp_path / "state2", tmp_path / "models")
    said = done.communicate()[0]
    assert done.returncode == 0, said
    assert "waiting" not in said
    assert [wanted is not None for name, wanted in source.asked if name == DIT] == [False, True]
    assert hashlib.sha256((tmp_path / "models" / DIT).read_bytes()).hexdigest() == TABLE["files"][DIT]["sha256"]
    assert not list((tmp_path / "models").glob("*.part*"))


def test_the_page_shows_the_tables_files():
    table = json.loads((IMAGE / "worker/backends/weights.json").read_text())
    page = (IMAGE.parent / "docs/worker.md").read_text(encoding="utf-8")
    for model, name in [*((f"`{model}`", name) for model, name in table["models"].items()), ("each", table["vae"])]:
        assert f"| {model} | `{name}` | {table['files'][name]['size_bytes'] / 1e9:.1f} |" in page


def test_the_table_holds_the_contracts_models_with_size_sha256_and_a_fixed_source():
    table = json.loads((IMAGE / "worker/backends/weights.json").read_text())
    assert list(table["models"]) == SCHEMA["properties"]["model"]["enum"]
    assert set(table["files"]) == {*table["models"].values(), table["vae"]}
    for name, facts in table["files"].items():
        assert re.fullmatch(r"[0-9a-f]{64}", facts["sha256"])
        assert facts["size_bytes"] > 100_000_000
        file = weights.load_file(name)
        assert re.fullmatch(rf"https://huggingface\.co/\w+/SeedVR2_comfyUI/resolve/[0-9a-f]{{40}}/{name}", file.url)
        assert transfer.parse_url(file.url)
