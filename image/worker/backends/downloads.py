"""Bring one of the published weight files onto a volume: once, whole, and continued where it was cut off."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import re
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from worker import lease, transfer
from worker.backends.digests import compute_digest, remember
from worker.contract import JobError
from worker.state import read_json, write_json

Progress = Callable[[str], None]

LIMIT_S = 7200  # for one try at one file: 16.5 GB at 2.3 MB/s
TRIES = 5  # in a row that bring nothing new
BACKOFF_S = 0.5  # doubles
RESERVE_BYTES = 64 << 20  # that stay free on the disk


@dataclass(frozen=True, slots=True)
class File:
    """A published file: its name, where it is served, its exact size and its sha256 (64 hex digits)."""

    name: str
    url: str
    size_bytes: int
    sha256: str


def check_space(files: Iterable[File], folder: Path) -> None:
    """Raise JobError where the folder's disk can't take what is still to be fetched of the files."""
    needed = sum(file.size_bytes - min(file.size_bytes, _size(_part(file, folder))) for file in files)
    free = shutil.disk_usage(folder).free
    if needed + RESERVE_BYTES > free:
        raise JobError(
            "weights_missing",
            f"{folder} has {free / 1e9:.1f} GB free, and the weights need {needed / 1e9:.1f} GB more; "
            "enlarge the volume or the container's disk",
        )


def download_file(file: File, folder: Path, progress: Progress) -> Path:
    """Fetch the file into the folder, unless another worker does; return its path. Raises JobError, OSError."""
    target = folder / file.name

    def tell_waiting() -> None:
        got = min(1.0, _size(_part(file, folder)) / file.size_bytes)
        progress(f"waiting for another worker that fetches {file.name} ({got:.0%})")

    with lease.hold(folder / f".{file.name}.lock", tell_waiting):
        if target.is_file() and compute_digest(target, progress) == file.sha256:
            return target
        try:
            _bring(file, folder, progress)
        except OSError as error:
            raise JobError(
                "weights_missing",
                f"{file.name} can't be stored in {folder} ({error.strerror}); what is there will be continued",
            ) from error
        return target


def _bring(file: File, folder: Path, progress: Progress) -> None:
    part, target = _part(file, folder), folder / file.name
    for _ in range(2):  # a byte may have been damaged on the way; a second time it is the source that is wrong
        _complete(file, part, progress)
        progress(f"checking {file.name}")
        with part.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
            os.fsync(content.fileno())
        if digest == file.sha256:
            _note(part).unlink(missing_ok=True)
            part.replace(target)
            remember(target, digest)
            return
        _drop(part)
    raise JobError("weights_missing", f"what {_host(file)} serves as {file.name} has another sha256 than published")


def _complete(file: File, part: Path, progress: Progress) -> None:
    """Fetch until the part has the file's size; raises JobError when tries in a row bring nothing."""
    failed = 0
    while (had := _size(part)) != file.size_bytes:
        try:
            _fetch_rest(file, part, progress)
        except JobError as error:
            failed = 1 if _size(part) > had else failed + 1
            if error.code != "unreachable" or failed == TRIES:
                raise JobError("weights_missing", f"{file.name} can't be fetched: {error.message}") from error
            progress(f"fetching {file.name} again: {error.message}")
            time.sleep(BACKOFF_S * 2 ** (failed - 1))


def _fetch_rest(file: File, part: Path, progress: Progress) -> None:
    start, etag = _size(part), (read_json(_note(part)) or {}).get("etag")
    if start >= file.size_bytes:
        start = 0
    asked = {"Range": f"bytes={start}-", **({"If-Range": etag} if etag else {})} if start else {}
    with transfer.fetch(file.url, transfer.Deadline(LIMIT_S), asked) as answer:
        begins = _find_start(answer, file, start, etag)
        if begins is None:  # it is not the rest of what is here
            _drop(part)
            raise JobError("unreachable", f"{answer.host} gave another part than asked for")
        given = answer.response.getheader("ETag") or ""
        if not given.startswith("W/"):  # a weak one can't vouch for bytes (RFC 9110, 13.1.5)
            write_json(_note(part), {"etag": given})
        _append(answer, file, part, begins, progress)


def _find_start(answer: transfer.Answer, file: File, start: int, etag: str | None) -> int | None:
    """Return the offset at which the answer's body begins, None where it does not fit; raises JobError."""
    response = answer.response
    if response.status == http.client.OK:  # the whole: asked so, the server knows no ranges, or the file changed
        size = response.length
        if size not in {None, file.size_bytes}:
            raise JobError("weights_missing", f"{answer.host} serves {size} bytes, not the {file.size_bytes} published")
        return 0
    if response.status == http.client.PARTIAL_CONTENT:
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.getheader("Content-Range") or "")
        same = not etag or response.getheader("ETag") in {None, etag}
        fits = found and int(found[1]) == start and found[2] in {str(file.size_bytes), "*"}
        return start if fits and same else None
    if response.status == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
        return None
    passes = response.status in transfer.RETRIED
    raise JobError("unreachable" if passes else "weights_missing", f"{answer.host} answered {response.status}")


def _append(answer: transfer.Answer, file: File, part: Path, begins: int, progress: Progress) -> None:
    part.touch()
    with part.open("r+b") as content:  # not by appending: who writes the same bytes at once does no harm
        content.truncate(begins)
        content.seek(begins)
        done, told = begins, -1
        for chunk in answer.iterate_chunks():
            done += len(chunk)
            if done > file.size_bytes:
                raise JobError(
                    "weights_missing", f"{answer.host} serves more than the {file.size_bytes} bytes published"
                )
            content.write(chunk)
            if (percent := 100 * done // file.size_bytes) // 5 != told:
                told = percent // 5
                progress(f"fetching {file.name}: {percent} % of {file.size_bytes / 1e9:.1f} GB")


def _part(file: File, folder: Path) -> Path:
    return folder / f"{file.name}.part"


def _note(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _drop(part: Path) -> None:
    part.unlink(missing_ok=True)
    _note(part).unlink(missing_ok=True)


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return 0


def _host(file: File) -> str:
    return file.url.split("/")[2]
