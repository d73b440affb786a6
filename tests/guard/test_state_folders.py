"""What Conductor keeps for its user is written by no tool of an agent: the real folders, from the compiled policy."""

import pytest

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
