"""The model's weights: which files, where they are, and that they are the published ones.

Weights never go into the image. Each file is looked for in CONDUCTOR_MODEL_DIR, in RunPod's cached models (Hugging
Face's layout), on the network volume, and where an earlier job put it; what is nowhere is fetched once, to
CONDUCTOR_MODEL_DIR, the volume or the state folder (CONDUCTOR_WEIGHTS_DOWNLOAD=0 forbids that). `weights.json` is the
table of the files; HF_ENDPOINT names a mirror of their source.

The program gets one folder of links to the files, wherever they are, with its own note that they are checked: it would
read all of them again at each start, and delete and fetch anew what it doesn't like.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worker.backends.digests import compute_digest
from worker.backends.downloads import File, Progress, check_space, download_file
from worker.contract import JobError
from worker.state import read_json, state_folder, write_json

TABLE: dict[str, Any] = json.loads(Path(__file__).with_name("weights.json").read_text(encoding="utf-8"))
VOLUME = Path("/runpod-volume")
FOLDER = "models/SEEDVR2"
CACHE = "huggingface-cache/hub"  # https://docs.runpod.io/serverless/endpoints/model-caching, November 2026
PROGRAMS_NOTE = ".validation_cache.json"  # the program's, src/utils/downloads.py: name -> size, mtime, hash
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Weights:
    """Checked weights: a folder for the program's `--model_dir`, and the names of its two files in it."""

    folder: Path
    dit: str
    vae: str


def _log(text: str) -> None:
    print(json.dumps({"weights": text}), file=sys.stderr, flush=True)


def locate(model: str, progress: Progress = _log) -> Weights:
    """Return a model's checked weights, fetched where they are missing; raises JobError `weights_missing`.

    `model` is one of the contract's; `progress` is told what takes a while, in words.
    """
    files = [load_file(TABLE["models"][model]), load_file(TABLE["vae"])]
    with _lock:
        try:
            found = {file.name: _find(file, progress) for file in files}
            missing = [file for file in files if found[file.name] is None]
            if missing:
                found.update(_fetch(missing, progress))
            return Weights(_link([path for path in found.values() if path]), files[0].name, files[1].name)
        except OSError as error:
            raise JobError("weights_missing", f"the weights can't be read or stored: {error}") from error


def dit_of(model: str) -> str:
    """Return the name of the model's own file, wherever it is."""
    return str(TABLE["models"][model])


def load_file(name: str) -> File:
    """Return what is published of a file of the table."""
    facts, endpoint = TABLE["files"][name], os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
    repo = facts["repo"]
    url = TABLE["source"].format(endpoint=endpoint.rstrip("/"), repo=repo, revision=TABLE["revisions"][repo], name=name)
    return File(name, url, facts["size_bytes"], facts["sha256"])


def _find(file: File, progress: Progress) -> Path | None:
    """Return where the published file is; raises JobError where only others of its name are."""
    wrong = []
    for folder in _places(TABLE["files"][file.name]["repo"]):
        path = folder / file.name
        if not path.is_file():
            continue
        if path.stat().st_size == file.size_bytes and compute_digest(path, progress) == file.sha256:
            return path
        wrong.append(path)
    if wrong:
        raise JobError(
            "weights_missing",
            f"{wrong[0]} is not the published file ({file.size_bytes} bytes, sha256 {file.sha256[:12]}…); "
            "delete it, and it is fetched anew",
        )
    return None


def _places(repo: str) -> Iterator[Path]:
    if named := os.environ.get("CONDUCTOR_MODEL_DIR"):
        yield Path(named)
    yield from _snapshots(VOLUME / CACHE, repo)
    yield VOLUME / FOLDER
    yield state_folder() / FOLDER


def _snapshots(cache: Path, repo: str) -> Iterator[Path]:
    """Yield the snapshots of a repository in a Hugging Face cache, the one that `main` names first."""
    wanted = f"models--{repo.replace('/', '--')}".lower()
    for folder in sorted(cache.glob("models--*")):
        if folder.name.lower() == wanted:
            main = folder / "refs/main"
            first = main.read_text(encoding="ascii", errors="replace").strip() if main.is_file() else ""
            yield from sorted((folder / "snapshots").glob("*"), key=lambda path: (path.name != first, path.name))


def _fetch(files: list[File], progress: Progress) -> dict[str, Path]:
    if os.environ.get("CONDUCTOR_WEIGHTS_DOWNLOAD") == "0":
        names, places = ", ".join(file.name for file in files), _destinations()
        raise JobError("weights_missing", f"{names} are not there, and may not be fetched; put them into {places[0]}")
    folder = _choose_destination()
    check_space(files, folder)
    return {file.name: download_file(file, folder, progress) for file in files}


def _destinations() -> list[Path]:
    if named := os.environ.get("CONDUCTOR_MODEL_DIR"):
        return [Path(named)]
    return [*([VOLUME / FOLDER] if VOLUME.is_dir() else []), state_folder() / FOLDER]


def _choose_destination() -> Path:
    """Return the first folder that can be written; raises JobError."""
    reasons = []
    for folder in _destinations():
        probe = folder / f".writable.{os.getpid()}.{threading.get_ident()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            reasons.append(f"{folder}: {error.strerror}")
        else:
            return folder
    raise JobError("weights_missing", f"there is no place to put the weights ({'; '.join(reasons)})")


def _link(paths: list[Path]) -> Path:
    """Return a folder with links to the files and the program's note that they were checked."""
    sources = [path.resolve() for path in paths]
    key = hashlib.sha256("\n".join(map(str, sources)).encode()).hexdigest()[:16]
    folder = state_folder() / "weights" / key
    folder.mkdir(parents=True, exist_ok=True)
    note = {}
    for path, source in zip(paths, sources, strict=True):
        link, facts = folder / path.name, source.stat()
        if not link.is_symlink() or link.readlink() != source:
            temporary = folder / f".{path.name}.{os.getpid()}"
            temporary.unlink(missing_ok=True)
            temporary.symlink_to(source)
            temporary.replace(link)
        digest = TABLE["files"][path.name]["sha256"]
        note[path.name] = {"size": facts.st_size, "mtime": facts.st_mtime, "hash": digest}
    if read_json(folder / PROGRAMS_NOTE) != note:
        write_json(folder / PROGRAMS_NOTE, note)
    return folder
