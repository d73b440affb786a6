"""A repository that somebody else can change is none to release or to grant from."""

import os
import struct
import subprocess

import pytest

from conductor.errors import UsageProblem
from conductor.sessions.ownership import find_repository, require_own_repository

STRANGER = 65534  # nobody
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")


def refusal(folder):
    try:
        require_own_repository(folder, "granted")
    except UsageProblem as refused:
        return refused
    return None


@pytest.fixture
def committed(repository, git):
    (repository / "CONDUCTOR.md").write_text("# Work\n")
    git("add", "-A", cwd=repository)
    git("commit", "-q", "-m", "one", cwd=repository)
    git("branch", "topic/one", cwd=repository)
    return repository


def test_a_repository_of_ones_own_is_fine_from_any_folder_in_it(committed):
    (committed / "deep/er").mkdir(parents=True)
    for folder in (committed, committed / "deep/er"):
        require_own_repository(folder, "granted")


def test_where_there_is_no_repository_nothing_is_said(tmp_path):
    require_own_repository(tmp_path, "granted")


PLACES = [".", ".git", ".git/config", ".git/HEAD", ".git/hooks", ".git/refs/heads/main", ".git/refs/heads/topic",
          ".git/objects", "CONDUCTOR.md"]  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_what_everybody_can_write_is_named(committed, name):
    place = committed / name
    place.chmod(place.stat().st_mode | 0o002)
    refused = refusal(committed)
    assert f"{place} can be written by everybody" in refused.message
    assert "clone of your own" in refused.hint


@as_root
@pytest.mark.parametrize("name", PLACES)
def test_what_belongs_to_somebody_else_is_named(committed, name):
    os.chown(committed / name, STRANGER, -1)
    assert f"{committed / name} belongs to nobody" in refusal(committed).message


@as_root
def test_a_hook_of_somebody_else_is_named_and_one_behind_a_link_too(committed):
    hook = committed / ".git/hooks/pre-push"
    hook.write_text("#!/bin/sh\n")
    require_own_repository(committed, "granted")
    os.chown(hook, STRANGER, -1)
    assert str(hook) in refusal(committed).message
    other = committed.parent / "theirs"
    hook.rename(other)
    hook.symlink_to(other)
    assert str(hook) in refusal(committed).message


@as_root
def test_a_group_counts_where_somebody_else_is_in_it(committed):
    config = committed / ".git/config"
    config.chmod(0o664)
    require_own_repository(committed, "granted")
    os.chown(config, -1, 65534)
    assert f"{config} can be written by the group nogroup" in refusal(committed).message
    config.chmod(0o644)
    require_own_repository(committed, "granted")


def test_an_access_list_that_lets_somebody_in_counts(committed):
    config = committed / ".git/config"
    entries = [(0x01, 6, -1), (0x02, 6, STRANGER), (0x04, 4, -1), (0x10, 6, -1), (0x20, 4, -1)]
    packed = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
    try:
        os.setxattr(config, "system.posix_acl_access", packed)
    except OSError:
        pytest.skip("this file system has no access lists")
    assert "can be written by the group" in refusal(committed).message


def test_a_worktree_is_looked_at_with_both_its_git_folders(committed, git, tmp_path):
    other = tmp_path / "other"
    git("worktree", "add", "-q", other, "-b", "other", cwd=committed)
    root, *folders = find_repository(other)
    assert root == other
    assert [folder.resolve() for folder in folders] == [
        other / ".git", committed / ".git/worktrees/other", committed / ".git"
    ]  # fmt: skip
    require_own_repository(other, "granted")
    (committed / ".git/config").chmod(0o666)
    assert "can be written by everybody" in refusal(other).message


def test_what_git_was_told_is_safe_is_taken_as_said_and_a_star_says_nothing(committed, tmp_path, monkeypatch):
    (committed / ".git/config").chmod(0o666)
    settings = tmp_path / "gitconfig"
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    for value, safe in (("*", False), (committed.parent, False), (committed, True), (f"{committed}/", True)):
        settings.write_text(f"[safe]\n\tdirectory = {value}\n")
        assert (refusal(committed) is None) is safe, value


def test_gits_settings_of_the_repository_itself_say_nothing(committed, git):
    git("config", "safe.directory", committed, cwd=committed)
    (committed / ".git/config").chmod(0o666)
    assert refusal(committed) is not None


@pytest.mark.parametrize(
    "words", [["grant", "push", "--once"], ["trust"], ["release"], ["release", "--dry-run"], ["release", "--resume"]]
)
def test_the_commands_refuse_before_git_runs_anything_there(committed, conductor, person, words):
    trap = committed / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {committed}/sprung\n")
    trap.chmod(0o755)
    subprocess.run(["git", "config", "core.fsmonitor", str(trap)], cwd=committed, check=True)
    (committed / ".git/config").chmod(0o666)
    for run in (conductor, person):
        done = run(*words, cwd=committed)
        assert done.returncode == 2
        assert "not yours alone" in done.stderr
    assert not (committed / "sprung").exists()


def test_what_only_looks_is_not_refused(committed, conductor):
    (committed / ".git/config").chmod(0o666)
    for words in (["grant", "--list"], ["trust", "--show"], ["task", "list"]):
        assert "not yours alone" not in conductor(*words, cwd=committed).stderr
