"""The weights on the volume: which files, and that they are the published ones."""

from __future__ import annotations

import hashlib
import os

import pytest
from worker.backends import weights
from worker.contract import JobError


def test_weights_are_checked_by_their_sha256_once_and_again_when_they_change(tmp_path):
    file, content = tmp_path / "model.safetensors", b"weights"
    wanted = {file.name: hashlib.sha256(content).hexdigest()}
    with pytest.raises(JobError, match="is not there"):
        weights.check_weights(tmp_path, wanted)
    file.write_bytes(b"half")
    with pytest.raises(JobError, match="is not the published file"):
        weights.check_weights(tmp_path, wanted)
    file.write_bytes(content)
    os.utime(file, ns=(1, 1))
    weights.check_weights(tmp_path, wanted)
    file.write_bytes(b"WEIGHTS")
    os.utime(file, ns=(1, 1))
    weights.check_weights(tmp_path, wanted)  # the same size and time: taken from the note, not read again
    (tmp_path / "model.safetensors.checked.json").write_text("{")
    with pytest.raises(JobError, match="is not the published file"):
        weights.check_weights(tmp_path, wanted)


def test_a_volume_that_can_not_be_written_is_checked_each_time(tmp_path):
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"weights")
    (tmp_path / "model.safetensors.checked.json").mkdir()
    weights.check_weights(tmp_path, {file.name: hashlib.sha256(b"weights").hexdigest()})
    assert sorted(path.name for path in tmp_path.iterdir()) == [file.name, "model.safetensors.checked.json"]
