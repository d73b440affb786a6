import os
import subprocess
import sys

import pytest

from conductor.config.disk import DiskTree
from conductor.config.settings import load_settings
from conductor.errors import UsageProblem
from conductor.ports.tree import Node


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "project"
    (root / "app").mkdir(parents=True)
    (root / "app" / "main.py").write_text("import app\n")
    (tmp_path / "secret").write_text("s3cret\n")
    return DiskTree(root)


def test_a_file_is_read_to_the_limit(tree):
    assert tree.read("app/main.py", 100) == b"import app\n"
    assert tree.read("app/main.py", 6) == b"import"
    assert tree.read("app/main.py", 0) == b""


def test_what_is_no_regular_file_is_not_read(tree):
    os.mkfifo(tree.root / "pipe")
    assert [tree.read(path, 10) for path in ("pipe", "app", "missing", "", "a\0b")] == [None] * 5
    assert tree.node("pipe") == Node("other", executable=False)


def test_links_are_followed_inside_the_project_and_not_out_of_it(tree):
    (tree.root / "inside").symlink_to("app/main.py")
    (tree.root / "out").symlink_to("../secret")
    (tree.root / "up").symlink_to("..")
    (tree.root / "round").symlink_to("round")
    assert tree.read("inside", 100) == b"import app\n"
    assert [tree.read(path, 100) for path in ("out", "up/secret", "../secret", "round")] == [None] * 4
    assert tree.names("up") is None
    assert tree.node("out") == Node("link", executable=True)


def test_the_tree_of_a_folder_ends_at_that_folder(tree):
    (tree.root / "other").write_text("x")
    (tree.root / "app" / "other").symlink_to("../other")
    below = tree.below("app")
    assert below.names("") == {"main.py", "other"}
    assert below.read("other", 10) is None
    assert tree.read("app/other", 10) == b"x"


@pytest.mark.parametrize("name", ["CONDUCTOR.md", "conductor.yaml", ".dockerignore", "requirements.txt", "Dockerfile"])
def test_a_pipe_where_a_file_should_be_is_never_waited_for(tmp_path, name):
    (tmp_path / "Dockerfile").write_text("FROM python:3.11-slim\nCOPY . .\nRUN pip install -r requirements.txt\n")
    (tmp_path / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / name)
    command = [sys.executable, "-m", "conductor", "preflight"]
    done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode in {0, 1, 2}
    assert "Traceback" not in done.stderr


def test_a_configuration_that_is_a_pipe_or_a_folder_is_named(tmp_path):
    os.mkfifo(tmp_path / "CONDUCTOR.md")
    with pytest.raises(UsageProblem, match=r"CONDUCTOR\.md is no file that can be read"):
        load_settings(tmp_path)


def test_a_configuration_of_more_than_four_megabytes_is_refused(tmp_path):
    (tmp_path / "conductor.yaml").write_text("# x\n" * 1_100_000)
    with pytest.raises(UsageProblem, match="larger than 4,000,000 bytes"):
        load_settings(tmp_path)
