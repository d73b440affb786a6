"""What Conductor keeps for its user is written by no tool of an agent: the real folders, from the compiled policy."""

import os

import pytest

from conductor.guard.links import resolve
from tests.guard.test_hook import bash, edit, fire, guarded

__all__ = ["guarded"]  # a fixture


@pytest.mark.parametrize("folder", ["state/conductor/grants", "state/conductor/trust", "config/conductor"])
def test_the_users_folders_are_written_by_no_tool(guarded, surroundings, folder):
    target = surroundings / folder / "x.json"
    assert_kept(guarded, target)


def test_nor_are_the_ledgers_beside_git(guarded):
    assert_kept(guarded, guarded / ".git/conductor/sessions/s.jsonl")


def assert_kept(root, target):
    done = fire(root, "claude", edit(root, str(target), content="{}"))
    assert done.stderr.startswith(b"guard_tamper: ")
    for command in (
        f"echo x > {target}",
        f"cp /tmp/x {target}",
        f"mkdir -p {target}",
        f"rm -rf {target.parent}",
        f"cd {target.parent} && touch {target.name}",
        f"tar xf /tmp/x.tar -C {target.parent}",
        f"python3 -c \"open('{target}', 'w')\"",
    ):
        assert bash(root, command).stderr.startswith(b"guard_tamper: "), command
    assert bash(root, f"cat {target}").returncode == 0


def test_a_link_leads_where_it_leads(guarded, surroundings, tmp_path):
    folder = surroundings / "state/conductor/grants"
    folder.mkdir(parents=True, exist_ok=True)
    (tmp_path / "link").symlink_to(surroundings / "state")
    (guarded / "inside").symlink_to(folder)
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    for target in (
        tmp_path / "link/conductor/grants/x",
        "inside/x",
        f"/proc/self/root{folder}/x",
        f"/proc/1/root{folder}/x",
    ):
        assert bash(guarded, f"echo x > {target}").stderr.startswith(b"guard_tamper: "), target
    assert bash(guarded, f"ln -s {surroundings}/state /tmp/x").stderr.startswith(b"guard_tamper: ")
    assert bash(guarded, f"cp /tmp/x {tmp_path}/circle/x").returncode == 0


def test_links_are_followed_as_the_system_does(tmp_path):
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "one").symlink_to("a")
    (tmp_path / "a/two").symlink_to("../one/b")
    (tmp_path / "a/b/up").symlink_to("../..")
    for name in ("one", "one/two", "one/two/up/one", "a/two/up/none/x", "one/../a", "/", "one/b/up/up"):
        path = os.path.normpath(tmp_path / name)
        assert resolve(path) == os.path.realpath(path)
