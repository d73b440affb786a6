"""One yes, one act: the guard and git's hooks count the same grant, for every agent, with real git."""

import subprocess

import pytest

from conductor.guard.asked import is_waiting, read_questions
from conductor.guard.judge.command import judge
from conductor.rules.judge.call import Facts
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


EMPTIED = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.hooksPath", "GIT_CONFIG_VALUE_0": ""}


def test_where_the_agents_shells_empty_the_hooks_path_the_guard_counts_alone(project, give, git, monkeypatch):
    agent = Agent("gemini", project)
    for name, value in EMPTIED.items():
        monkeypatch.setenv(name, value)
    give("commit")
    give("push")
    assert agent.do("git commit -q -m nothing") == "failed"
    assert agent.do(COMMIT) == "done"
    assert agent.do(AGAIN) == "refused"
    assert agent.do("git push -q nowhere main") == "failed"
    assert agent.do("git push -q origin main") == "done"
    git("commit", "-q", "--allow-empty", "-m", "three", cwd=project)
    assert agent.do("git push -q origin main") == "refused"


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
    script = project.parent / "x.sh"  # the guard reads the project's own
    script.write_text(f"#!/bin/sh\n{COMMIT}\n")
    script.chmod(0o755)
    assert agent.do("../x.sh") == "failed"
    assert store.load() == []
    assert not is_waiting(str(project))


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
    assert second.do("git status && true") == "done"
    done = first.run(COMMIT)
    first.end(event, done)
    assert done.returncode == 0
    assert store.load()[0].used_at


def test_two_sessions_questions_are_taken_back_each_by_its_own(project, store):
    first, second = Agent("claude", project), Agent("claude", project, session="s-2")
    first.ask(COMMIT)
    event, _ = second.ask(AGAIN)
    assert first.do("true") == "done"
    assert [question.session for question in read_questions(str(project))] == ["s-2"]
    done = second.run(AGAIN)
    second.end(event, done)
    assert done.returncode == 0
    assert not is_waiting(str(project))
    assert second.run(COMMIT).returncode == 1


def test_the_first_stage_takes_a_question_back_without_starting_python(project):
    agent = Agent("claude", project)
    assert agent.do(COMMIT) == "no"
    assert is_waiting(str(project))
    (project / ".conductor/local/interpreter").unlink()
    assert agent.do("true") == "done"
    assert not is_waiting(str(project))


@pytest.mark.parametrize("goes_on", ["true", "git status && true"])
def test_an_agent_that_names_no_session_takes_its_question_back_too(project, goes_on):
    agent = Agent("copilot", project, session="")
    assert agent.do(COMMIT) == "no"
    assert agent.do(goes_on) == "done"
    assert not is_waiting(str(project))


def test_a_question_does_not_wait_for_ever(project, store):
    agent = Agent("claude", project)
    agent.ask(COMMIT)
    path = project / ".conductor/local/asked"
    session, call, _, *rest = path.read_text().rstrip("\n").split("\t")
    path.write_text("\t".join((session, call, "2026-01-05T10:00:00+00:00", *rest)) + "\n")
    assert agent.run(COMMIT).returncode == 1


@pytest.mark.parametrize("line", ["", "x", "\t" * 5, 's\tc\tnever\tclaude\tcommit\t"x"', "s\tc\t\xff\tclaude\tcommit"])
def test_a_file_of_questions_that_is_none_asks_nothing_and_stops_nobody(project, line):
    (project / ".conductor/local/asked").write_text(f"{line}\n")
    agent = Agent("codex", project)
    assert agent.do("true") == "done"
    assert agent.run(COMMIT).returncode == 1


def test_a_yes_holds_in_another_worktree_too(project, git, tmp_path):
    other = tmp_path / "other"
    git("worktree", "add", "-q", other, "-b", "other", cwd=project)
    agent = Agent("claude", project)
    command = f"git -C {other} commit -q --allow-empty -m x"
    assert agent.do(command, answer="yes") == "done"
    assert agent.run(command).returncode == 1


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


def forced(git, project):
    git("commit", "-q", "--allow-empty", "-m", "two", cwd=project)
    git("push", "-q", "origin", "main", cwd=project)
    git("commit", "-q", "--amend", "--allow-empty", "-m", "other", cwd=project)
    return "git push -q --force origin main"


@pytest.mark.parametrize("name", AGENTS)
def test_a_push_grant_is_none_for_a_forced_push(project, give, git, name):
    agent, command = Agent(name, project), forced(git, project)
    give("push")
    assert agent.do(command) in ("refused", "no", "failed")
    assert agent.do("true") == "done"
    agent.guarded = False
    assert agent.do(command) == "failed"


@pytest.mark.parametrize("name", AGENTS)
def test_a_grant_of_a_forced_push_is_one_forced_push_through_guard_and_hook(project, give, git, name):
    agent, command = Agent(name, project), forced(git, project)
    if not any(step.ruling and step.ruling.action == "force_push" for step in judge(command, Facts()).steps):
        pytest.skip("the judge does not tell a forced push from another yet")
    give("force_push")
    assert agent.do(command) == "done"
    git("commit", "-q", "--amend", "--allow-empty", "-m", "again", cwd=project)
    assert agent.do(command) in ("refused", "no")
    assert agent.do("true") == "done"
    agent.guarded = False
    assert agent.do(command) == "failed"
