"""The model's weights on the network volume: which files, where, and that they are the published ones.

Weights never go into the image. They are put on the volume once; their sha256 is computed at the first job that needs
them and remembered beside them by size and time, because reading 7 GB takes a while.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from worker.contract import JobError

VOLUME = Path("/runpod-volume")
FOLDER = "models/SEEDVR2"
DIT = "seedvr2_ema_3b_fp16.safetensors"
WEIGHTS = {
    DIT: "2fd0e03a3dad24e07086750360727ca437de4ecd456f769856e960ae93e2b304",
    "ema_vae_fp16.safetensors": "20678548f420d98d26f11442d3528f8b8c94e57ee046ef93dbb7633da8612ca1",
}


def model_folder() -> Path:
    """Return the folder of the weights; CONDUCTOR_MODEL_DIR names another one than the volume's."""
    return Path(os.environ.get("CONDUCTOR_MODEL_DIR") or VOLUME / FOLDER)


@dataclass(frozen=True, slots=True)
class Weights:
    """Where a model's files lie: their folder, and the name of the DiT's file in it."""

    folder: Path
    dit: str


MODELS = {"3b": Weights(VOLUME / FOLDER, DIT)}


def locate(model: str) -> Weights:
    """Return a model's weights after checking them; raises JobError."""
    folder = model_folder()
    check_weights(folder, WEIGHTS)
    return Weights(folder, MODELS[model].dit)


def check_weights(folder: Path, weights: dict[str, str]) -> None:
    """Raise JobError unless each file is there with its sha256."""
    for name, digest in weights.items():
        path = folder / name
        if not path.is_file():
            raise JobError(
                "weights_missing", f"{path} is not there; put the weights on the network volume (docs/worker.md)"
            )
        if _digest(path) != digest:
            raise JobError(
                "weights_missing", f"{path} is not the published file (sha256 {digest[:12]}…); fetch it again"
            )


def _digest(path: Path) -> str:
    stamp, facts = path.with_name(path.name + ".checked.json"), path.stat()
    key = [facts.st_size, facts.st_mtime_ns]
    try:
        known = json.loads(stamp.read_text(encoding="ascii"))
        if known["file"] == key:
            return str(known["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # never computed, or the note is broken: compute
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    _remember(stamp, {"file": key, "sha256": digest})
    return digest


def _remember(stamp: Path, note: dict[str, object]) -> None:
    temporary = stamp.with_name(f"{stamp.name}.{os.getpid()}")
    try:
        temporary.write_text(json.dumps(note), encoding="ascii")
        temporary.replace(stamp)
    except OSError:
        temporary.unlink(missing_ok=True)  # a read-only volume: computed again next time
