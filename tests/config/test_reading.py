"""A file is read only where it is one."""

import os
from pathlib import Path

import pytest

from conductor.config.reading import read_regular
from conductor.config.settings import load_settings
from conductor.errors import UsageProblem


def test_a_regular_file_is_read_up_to_the_limit(tmp_path):
    (tmp_path / "a").write_bytes(b"0123456789")
    assert read_regular(tmp_path / "a", 4) == b"0123"


def test_a_pipe_a_device_and_a_folder_give_nothing_and_nothing_waits(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert read_regular(tmp_path / "pipe", 4) is None
    assert read_regular(Path("/dev/zero"), 4) is None
    with pytest.raises(IsADirectoryError):
        read_regular(tmp_path, 4)


def test_a_link_that_leads_out_gives_nothing(tmp_path):
    (tmp_path / "inside").mkdir()
    (tmp_path / "secret").write_text("x")
    (tmp_path / "inside/link").symlink_to(tmp_path / "secret")
    assert read_regular(tmp_path / "inside/link", 4, within=tmp_path / "inside") is None
    assert read_regular(tmp_path / "inside/link", 4) == b"x"


def test_a_configuration_that_is_a_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "CONDUCTOR.md")
    with pytest.raises(UsageProblem, match="no regular file"):
        load_settings(tmp_path)
