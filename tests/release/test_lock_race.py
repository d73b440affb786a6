"""Two hosts that want to deploy at the same moment, with git as it is: one of them does, each time."""

from __future__ import annotations

import json
import subprocess
import threading
from pathlib import Path
from types import ModuleType

import pytest

from conductor.errors import LockHeld
from conductor.providers.git import GitRepository
from conductor.providers.push import SshRemote
from conductor.release import lock
from tests.release.world import Scene

IN_THE_SUITE = 10


class MeetingRemote(SshRemote):
    """A remote whose first look waits for the other host's, so that both have seen the lock free before they swap."""

    meeting: threading.Barrier
    looked = False

    def read(self, ref):
        found = super().read(ref)
        if not self.looked:
            self.looked = True
            self.meeting.wait()
        return found


@pytest.fixture
def hosts(scene, git, tmp_path):
    """Two clones with a release each, and the bare repository that both push to."""
    bare = tmp_path / "remote.git"
    git("clone", "--quiet", "--bare", str(scene.repository.root), str(bare), cwd=tmp_path)
    found = []
    for name in ("one", "two"):
        git("clone", "--quiet", str(bare), str(tmp_path / name), cwd=tmp_path)
        made = Scene(GitRepository.find(tmp_path / name))
        made.id = f"r-20260105-10310{len(found)}-{made.revision[:7]}"
        found.append(made)
    return found, bare


def race(hosts, module=lock):
    """Let both hosts take the lock at once; return who got it, and what each left when it gave its lock back."""
    scenes, bare = hosts
    meeting, won = threading.Barrier(2), []

    def take(scene):
        scene.remote = MeetingRemote(scene.repository, "origin")
        scene.remote.meeting = meeting
        release = scene.release()
        try:
            module.take_remote_lock(release)
            won.append(scene.id)
        except LockHeld:
            # Whoever ends without having got it gives back what it holds: nothing.
            module.give_remote_lock_back(release)

    threads = [threading.Thread(target=take, args=(scene,)) for scene in scenes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won, holder(bare)


def holder(bare):
    """Return the release that the lock on the remote names, None where it is free."""
    told = subprocess.run(["git", "log", "-1", "--format=%B", lock.LOCK_REF, "--"], cwd=bare, capture_output=True,
                          check=False)  # fmt: skip
    return json.loads(told.stdout)["release"] if told.returncode == 0 else None


def free(hosts):
    """Let the winner give its lock back."""
    for scene in hosts[0]:
        lock.give_remote_lock_back(scene.release())
    assert holder(hosts[1]) is None


def find_wrong(hosts, module=lock):
    """Return what is wrong with how a race ended, None where one host won and the lock names it."""
    won, held_by = race(hosts, module)
    if len(won) != 1:
        return f"{len(won)} winners"
    return None if held_by == won[0] else f"{won[0]} won, and the lock is {held_by}'s"


def test_of_two_hosts_that_race_one_wins_and_the_other_leaves_its_lock_alone(hosts):
    for _ in range(IN_THE_SUITE):
        assert find_wrong(hosts) is None
        free(hosts)


@pytest.mark.slow
def test_of_two_hosts_that_race_a_hundred_times_one_wins_each_time(hosts):
    for _ in range(100):
        assert find_wrong(hosts) is None
        free(hosts)


def mutant(old, new):
    """Return the lock's module with one thing changed in its text."""
    text = Path(lock.__file__).read_text(encoding="utf-8")
    assert text.count(old) == 1
    made = ModuleType("conductor.release.lock")
    made.__dict__["__file__"] = lock.__file__
    exec(compile(text.replace(old, new), lock.__file__, "exec"), made.__dict__)
    return made


def test_a_lock_that_ignores_whether_its_swap_took_place_has_two_winners(hosts):
    assert find_wrong(hosts, mutant("        if taken:\n", "        if taken or True:\n")) == "2 winners"


def test_a_lock_that_deletes_another_s_is_caught(hosts):
    careless = mutant(
        'if held is not None and ledger.last("intent", action="lock", note=held):\n        ledger.write',
        "if held is not None:\n        ledger.write",
    )
    assert "won, and the lock is None's" in find_wrong(hosts, careless)
