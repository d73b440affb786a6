"""One yes, one act: the guard and git's hooks count the same grant, for every agent, with real git."""

import subprocess

import pytest

from tests.guard.agent import MARKS, Agent

AGENTS = tuple(MARKS)
pytestmark = pytest.mark.usefixtures("present")


def without_hooks(root):
    for hook in (root / ".git/hooks").iterdir():
        hook.unlink()


def head(root):
    return subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=True).stdout


COMMIT = "git commit -q --allow-empty -m two"
AGAIN = "git commit -q --allow-empty -m three"


@pytest.mark.parametrize("name", AGENTS)
def test_one_grant_is_one_commit_through_guard_and_hook(project, give, name):
    agent = Agent(name, project)
    assert agent.do(COMMIT) in ("refused", "no")
    give("commit")
    assert agent.do(COMMIT) == "done"
    assert agent.do(AGAIN) in ("refused", "no")
    assert agent.do("true") == "done"
    agent.guarded = False
    assert agent.do(AGAIN) == "failed"


@pytest.mark.parametrize("name", AGENTS)
def test_one_grant_is_one_commit_where_only_the_hook_sees_it(project, give, name):
    agent = Agent(name, project, guarded=False)
    assert agent.do(COMMIT) == "failed"
    give("commit")
    assert agent.do(COMMIT) == "done"
    assert agent.do(AGAIN) == "failed"
    agent.guarded = True
    assert agent.do(AGAIN) in ("refused", "no")


@pytest.mark.parametrize("name", AGENTS)
def test_one_grant_is_one_commit_where_only_the_guard_sees_it(project, give, name):
    without_hooks(project)
    agent = Agent(name, project)
    give("commit")
    assert agent.do(COMMIT) == "done"
    assert agent.do(AGAIN) in ("refused", "no")


@pytest.mark.parametrize("hooks", [True, False])
@pytest.mark.parametrize("name", AGENTS)
def test_a_commit_that_failed_can_be_tried_again_and_then_no_more(project, give, name, hooks):
    if not hooks:
        without_hooks(project)
    agent = Agent(name, project)
    give("commit")
    assert agent.do("git commit -q -m nothing") == "failed"
    assert agent.do("git commit -q -m nothing") == "failed"
    assert agent.do(COMMIT) == "done"
    assert agent.do(AGAIN) in ("refused", "no")


@pytest.mark.parametrize("name", AGENTS)
def test_one_grant_is_one_push_through_guard_and_hook(project, give, git, remote, name):
    git("commit", "-q", "--allow-empty", "-m", "two", cwd=project)
    agent = Agent(name, project)
    assert agent.do("git push origin main") in ("refused", "no")
    give("push")
    assert agent.do("git push origin main") == "done"
    git("commit", "-q", "--allow-empty", "-m", "three", cwd=project)
    assert agent.do("git push origin main") in ("refused", "no")
    assert agent.do("true") == "done"
    agent.guarded = False
    assert agent.do("git push origin main") == "failed"


@pytest.mark.parametrize("name", AGENTS)
def test_a_push_that_did_not_arrive_can_be_tried_again(project, give, git, remote, name):
    git("commit", "-q", "--allow-empty", "-m", "two", cwd=project)
    (remote / "hooks/pre-receive").write_text("#!/bin/sh\nexit 1\n")
    (remote / "hooks/pre-receive").chmod(0o755)
    agent = Agent(name, project)
    give("push")
    assert agent.do("git push origin main") == "failed"
    assert agent.do("git push origin main 2>&1 | tail -1") == "done"
    (remote / "hooks/pre-receive").unlink()
    assert agent.do("git push origin main") == "done"
    assert git("rev-parse", "main", cwd=remote) == git("rev-parse", "main", cwd=project)
    git("commit", "-q", "--allow-empty", "-m", "three", cwd=project)
    assert agent.do("git push origin main") in ("refused", "no")


@pytest.mark.parametrize("name", ["claude", "copilot"])
def test_a_yes_in_the_dialog_holds_in_gits_hook_and_for_one_commit(project, store, name):
    agent = Agent(name, project)
    before = head(project)
    assert agent.do(COMMIT, answer="yes") == "done"
    assert head(project) != before
    agent.guarded = False
    assert agent.do(AGAIN) == "failed"
    (grant,) = store.load()
    assert (grant.by, grant.action, grant.scope) == ("dialog", "commit", "once")
    assert grant.used_at


@pytest.mark.parametrize("name", ["claude", "copilot"])
def test_a_no_in_the_dialog_leaves_nothing_usable(project, store, name):
    agent = Agent(name, project)
    assert agent.do(COMMIT, answer="no") == "no"
    (project / "x.sh").write_text(f"#!/bin/sh\n{COMMIT}\n")
    (project / "x.sh").chmod(0o755)
    assert agent.do("./x.sh") == "failed"
    assert store.load()[0].revoked_at
    assert not (project / ".conductor/local/asked").exists()


def test_a_commit_and_a_push_in_one_command_take_one_grant_each(project, give, git, remote):
    agent = Agent("codex", project)
    give("commit")
    assert agent.do(f"{COMMIT} && git push -q origin main") == "refused"
    give("push")
    assert agent.do(f"{COMMIT} && git push -q origin main") == "done"
    assert git("rev-parse", "main", cwd=remote) == git("rev-parse", "main", cwd=project)
    assert agent.do(AGAIN) == "refused"
    assert agent.do("git push -q origin main") == "refused"


@pytest.mark.parametrize("name", ["claude", "copilot"])
def test_a_yes_holds_for_the_commit_and_the_push_of_the_command(project, store, git, remote, name):
    agent = Agent(name, project)
    assert agent.do(f"{COMMIT} && git push -q origin main", answer="yes") == "done"
    assert git("rev-parse", "main", cwd=remote) == git("rev-parse", "main", cwd=project)
    assert sorted(grant.action for grant in store.load()) == ["commit", "push"]
    agent.guarded = False
    assert agent.do(f"{AGAIN}") == "failed"
    assert agent.do("git push -q origin main:other") == "failed"


@pytest.mark.parametrize("name", ["claude", "copilot"])
def test_a_yes_to_what_then_failed_is_not_asked_for_again(project, store, name):
    agent = Agent(name, project)
    assert agent.do("git commit -q -m x", answer="yes") == "failed"
    (project / "a").write_text("x")
    assert agent.do("git add a") == "done"
    assert agent.do("git commit -q -m other") == "no", "another command is another question"
    assert agent.do("git commit -q -m x") == "done"
    assert agent.do("git commit -q -m x") == "no"


def test_a_question_of_another_session_stays_open(project, store):
    first, second = Agent("claude", project), Agent("claude", project, session="s-2")
    event, verdict = first.ask(COMMIT)
    assert verdict == "ask"
    assert second.do("true") == "done"
    done = first.run(COMMIT)
    first.end(event, done)
    assert done.returncode == 0
    assert store.load()[0].used_at


def test_while_a_question_waits_the_first_stage_passes_nothing_by_itself(project, store):
    agent = Agent("claude", project)
    assert agent.do(COMMIT) == "no"
    assert (project / ".conductor/local/asked").exists()
    (project / ".conductor/local/interpreter").rename(project / ".conductor/local/away")
    assert agent.do("true") == "refused"
    (project / ".conductor/local/away").rename(project / ".conductor/local/interpreter")
    assert agent.do("true") == "done"
    assert not (project / ".conductor/local/asked").exists()


def test_what_an_agent_may_not_be_asked_about_is_not_noted(project, store):
    agent = Agent("claude", project)
    assert agent.do("git push --no-verify origin main") == "refused"
    assert agent.do("docker build .") == "refused"
    assert agent.do("git status") == "done"
    assert store.load() == []


def test_a_state_folder_that_cannot_be_written_asks_all_the_same(project, surroundings):
    (surroundings / "state").mkdir(exist_ok=True)
    (surroundings / "state/conductor").write_text("no folder")
    assert Agent("claude", project).do(COMMIT) == "no"
