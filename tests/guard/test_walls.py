"""What `conductor guard walls` makes of what a user can get at."""

import json
from dataclasses import replace

import pytest

from conductor.guard.walls import ACTS, Reach, Strength, judge_walls

# Somebody whose keys and state belong to another user.
SEPARATE = Reach((), ("claude", "git's hooks"), (), (), repository=True, state=False, host_key=False)
SAME = Reach((), (), ("~/.ssh/id_ed25519",), ("RUNPOD_API_KEY in the environment",), True, True, True)


def strengths(reach):
    return {wall.act: str(wall.strength) for wall in judge_walls(reach)}


def test_without_keys_and_with_the_guard_only_the_commit_is_a_fence():
    assert strengths(SEPARATE) == {
        "commit": "fenced", "push": "walled", "deploy": "walled", "grant": "walled", "evidence": "walled"
    }  # fmt: skip


def test_the_same_user_without_a_guard_is_open():
    assert strengths(SAME) == {
        "commit": "open", "push": "open", "deploy": "open", "grant": "fenced", "evidence": "fenced"
    }  # fmt: skip
    assert set(strengths(replace(SAME, guards=("codex",))).values()) == {"fenced"}


@pytest.mark.parametrize("way", ["this user is root", "sudo asks this user for no password"])
def test_no_wall_stands_before_who_can_become_somebody_else(way):
    found = judge_walls(replace(SEPARATE, ways_up=(way,), repository=False))
    assert {wall.strength for wall in found} == {Strength.FENCED}
    assert all(way in wall.why for wall in found)
    assert strengths(replace(SEPARATE, ways_up=(way,), guards=()))["deploy"] == "open"


def test_a_repository_that_cannot_be_written_has_a_wall_before_commits():
    assert strengths(replace(SEPARATE, repository=False))["commit"] == "walled"


def test_the_reasons_name_at_most_three_places():
    many = tuple(f"~/.ssh/key{number}" for number in range(5))
    why = next(wall.why for wall in judge_walls(replace(SAME, push_keys=many)) if wall.act == "push")
    assert "~/.ssh/key2 and 2 more" in why
    assert "key3" not in why


def test_the_command_answers_for_this_user(repository, conductor, surroundings):
    environment = {"RUNPOD_API_KEY": "rpa_geheim", "PATH": "/usr/bin:/bin"}
    done = conductor("guard", "walls", "--json", cwd=repository, env=environment)
    body = json.loads(done.stdout)
    assert (done.returncode, body["exit"]) == (1, 1)
    found = {wall["act"]: wall for wall in body["walls"]}
    assert list(found) == list(ACTS)
    assert found["deploy"]["strength"] == "open"
    assert "RUNPOD_API_KEY in the environment" in found["deploy"]["why"]
    assert "geheim" not in done.stdout
    conductor("hooks", "install", "--agent", "claude", cwd=repository)
    done = conductor("guard", "walls", cwd=repository, env=environment)
    assert done.returncode == 0
    told = " ".join(done.stdout.split())
    assert "deploy fenced guarded: claude, git's hooks; but RUNPOD_API_KEY in the environment" in told
    assert max(map(len, done.stdout.splitlines())) <= 80
