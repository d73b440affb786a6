"""What the hook reads of git before an answer: from the right repository, in bounded time, without the agent's own."""

import os

import pytest

from conductor.guard.call import Call
from conductor.guard.decide import read_facts
from conductor.guard.judge.command import judge
from conductor.guard.live_work import LiveWork
from conductor.rules.judge.work import FILES, IGNORED, TRACKED, UNLISTED, UNTRACKED
from conductor.sessions.ledger import SessionLedger, ToolCall
from tests.guard.test_work_loss import git, make, origin, write

__all__ = ["origin"]  # a fixture


@pytest.fixture
def root(origin, tmp_path):
    return make(origin, tmp_path, "dirty")


def names(found, root):
    return sorted(path.removeprefix(f"{root}/") for path in found)


def verdict_on(root, command, cwd=None, session="s"):
    policy = {"root": str(root), "common_dir": str(root / ".git"), "grants": str(root.parent / "state/grants/x.json")}
    call = Call("claude", "PreToolUse", "Bash", "shell", session=session, cwd=str(cwd or root))
    call.command = command
    return judge(command, read_facts(call, policy, ()))


def test_work_is_told_apart_by_what_git_knows_of_it(root):
    work = LiveWork(str(root))
    assert names(work.under(str(root), (TRACKED,)), root) == ["app.py", "src/mod.py", "staged.py"]
    assert names(work.under(str(root), (UNTRACKED,)), root) == ["notes.txt", "scratch"]
    assert names(work.under(str(root), (IGNORED,)), root) == [".env"]
    assert names(work.under(f"{root}/scratch/draft.md", FILES, deep=False), root) == ["scratch/draft.md"]
    assert work.under(f"{root}/README.md", FILES, deep=False) == []
    assert work.under(f"{root}/nowhere", FILES) == []


def test_a_deleted_file_holds_no_work_to_lose(root):
    (root / "README.md").unlink()
    assert verdict_on(root, "git restore README.md").verdict == "allow"


def test_a_conflict_is_settled_by_writing_the_file(root):
    git(root, "checkout", "-qf", "main")
    for branch, text in (("left", "left"), ("right", "right")):
        git(root, "checkout", "-q", "-b", branch, "main")
        write(root, {"README.md": text})
        git(root, "commit", "-qm", branch, "README.md")
    git(root, "merge", "-q", "left")
    assert "UU README.md" in git(root, "status", "--porcelain")
    for command in ("echo both > README.md", "git checkout --ours README.md", "git checkout --theirs -- README.md"):
        assert verdict_on(root, command).verdict == "allow", command


def test_odd_names_are_read_whole(root):
    odd = ["a b.txt", "é\n2.txt", "-x.txt", "quote'\".txt"]
    write(root, dict.fromkeys(odd, "x"))
    assert set(odd) <= set(names(LiveWork(str(root)).under(str(root), (UNTRACKED,)), root))
    assert verdict_on(root, "rm 'a b.txt'").verdict == "ask"


def test_where_git_cannot_tell_its_own_commands_are_asked_about_and_nothing_else(root, tmp_path):
    (root / ".git/HEAD").write_text("no such thing\n")
    assert not LiveWork(str(root)).is_known()
    assert LiveWork(str(root)).under(str(root), (TRACKED,)) == [UNLISTED]
    assert verdict_on(root, "git restore app.py").verdict == "ask"
    assert verdict_on(root, "rm -rf build").verdict == "allow"
    assert verdict_on(root, "echo x > new.txt").verdict == "allow"


def test_without_git_on_path_nothing_raises(root, monkeypatch):
    monkeypatch.setattr("conductor.guard.live_work.PROGRAM", "no-such-git")
    work = LiveWork(str(root))
    assert not work.is_known()
    assert work.unmerged(["feature"]) == []
    assert verdict_on(root, "git checkout -- app.py").verdict == "ask"


def test_git_that_never_ends_is_ended_and_counts_as_unknown(root, tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    slow = tmp_path / "slow"
    slow.write_text(f"#!/bin/sh\nexec cat {tmp_path}/pipe\n")
    slow.chmod(0o755)
    monkeypatch.setattr("conductor.guard.live_work.PROGRAM", str(slow))
    monkeypatch.setattr("conductor.guard.live_work.LIMIT_S", 0.1)
    assert LiveWork(str(root)).under(str(root), (TRACKED,)) == [UNLISTED]


def test_another_repository_that_the_command_works_in_is_the_one_that_is_asked(root):
    git(root, "worktree", "add", "-q", root / "wt", "merged")
    assert verdict_on(root, "git reset --hard", cwd=root / "wt").verdict == "allow"
    assert verdict_on(root, "git -C wt reset --hard").verdict == "allow"
    assert verdict_on(root, "git worktree remove --force wt").verdict == "allow"
    (root / "wt/app.py").write_text("work\n")
    for command in ("git -C wt reset --hard", "cd wt && git checkout -f", "git worktree remove --force wt"):
        assert verdict_on(root, command).verdict == "ask", command
    assert verdict_on(root, "rm -rf wt").verdict != "allow"
    assert verdict_on(root, "git reset --hard", cwd=root / "wt").verdict == "ask"


def test_a_command_starts_where_the_agent_is(root, tmp_path):
    assert verdict_on(root, "git restore app.py", cwd=root / "src").verdict == "allow"
    assert verdict_on(root, "git restore mod.py", cwd=root / "src").verdict == "ask"
    assert verdict_on(root, "rm -rf ..", cwd=root / "src").verdict != "allow"
    (tmp_path / "link").symlink_to(root)
    assert verdict_on(root, "rm -rf build", cwd=tmp_path / "link").verdict == "allow"
    assert verdict_on(root, "git restore app.py", cwd=tmp_path / "link").verdict == "ask"


def test_what_a_session_wrote_itself_it_may_write_over_and_remove(root):
    ledger = SessionLedger(root / ".git")
    ledger.append(ToolCall("s", "claude", "session", "start", True, "2026-01-05T10:00:00+00:00"))
    started = 1767607200  # the same instant
    write(root, {"mine.txt": "x", "yours.txt": "x", "made/by/me.txt": "x", "app.py": "changed"})
    for name, moment in (("mine.txt", started + 5), ("yours.txt", started - 5), ("made/by/me.txt", started + 5)):
        os.utime(root / name, (moment, moment))
    assert verdict_on(root, "echo y > mine.txt").verdict == "allow"
    assert verdict_on(root, "rm mine.txt && rm -rf made").verdict == "allow"
    assert verdict_on(root, "rm yours.txt").verdict == "ask"
    assert verdict_on(root, "rm mine.txt", session="another").verdict == "ask"
    assert verdict_on(root, "git clean -fd").verdict == "ask"
    assert verdict_on(root, "echo y > app.py").verdict == "ask"


def test_a_branch_that_something_else_holds_can_be_removed(root):
    assert verdict_on(root, "git branch -D feature").verdict == "ask"
    git(root, "update-ref", "refs/remotes/origin/feature", "feature")
    assert verdict_on(root, "git branch -D feature").verdict == "allow"
    assert verdict_on(root, "git branch -D no-such-branch").verdict == "allow"


def test_the_settings_of_the_agents_git_do_not_decide(root, monkeypatch):
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    git_config = {"status.showUntrackedFiles": "no", "core.fsmonitor": "touch ran; false", "status.short": "true"}
    for name, value in git_config.items():
        with (root / ".git/config").open("a") as file:
            section, key = name.split(".")
            file.write(f'[{section}]\n\t{key} = "{value}"\n')
    assert verdict_on(root, "rm notes.txt").verdict == "ask"
    assert not (root / "ran").exists()
