"""What is one act of git's and what is two: amending, merging, rebasing, several commits, other worktrees, pushes."""

import pytest

from conductor.config.places import project_key, state_dir
from conductor.config.settings import load_settings
from conductor.guard.hooks.git_gate import is_rewriting
from conductor.providers.git import GitRepository
from conductor.sessions.grants import GrantStore
from conductor.sessions.trust import TrustStore
from tests.guard.agent import Agent

pytestmark = pytest.mark.usefixtures("present")
COMMIT = "git commit -q --allow-empty -m x"


@pytest.fixture
def agent(project):
    return Agent("codex", project)


def write(root, name, text):
    (root / name).write_text(text)


def two_branches(git, root, *, conflict=False):
    """Leave main and `side` with two commits each of their own; both touch the same file where they conflict."""
    git("add", "-A", cwd=root)
    git("commit", "-q", "-m", "the guard", cwd=root)
    git("switch", "-q", "-c", "side", cwd=root)
    for number in (1, 2):
        write(root, "same" if conflict else f"side{number}", f"side {number}\n")
        git("add", "-A", cwd=root)
        git("commit", "-q", "-m", f"side {number}", cwd=root)
    git("switch", "-q", "main", cwd=root)
    for number in (1, 2):
        write(root, "same" if conflict else f"main{number}", f"main {number}\n")
        git("add", "-A", cwd=root)
        git("commit", "-q", "-m", f"main {number}", cwd=root)


@pytest.mark.parametrize(
    "command",
    [
        "git commit -q --amend --allow-empty -m other",
        "git merge -q --no-edit side",
        "git merge -q --no-ff --no-edit side",
        "git rebase -q side",
        "git cherry-pick main..side",
        "git revert --no-edit HEAD~1..HEAD",
        "git switch -q -c topic && git commit -q --allow-empty -m x",
        "git reset -q --soft HEAD~1 && git commit -q -m squashed",
        "sed -i s/main/other/ main2; git stash -q; git commit -q --allow-empty -m x; git stash pop -q",
        "git pull -q --rebase . side && git commit -q --allow-empty -m x",
        "git pull -q --no-rebase --no-edit . side && git commit -q --allow-empty -m x",
        "git merge -q --ff-only main && git commit -q --allow-empty -m x",
    ],
)
def test_what_one_command_commits_is_one_act_and_the_next_command_is_another(project, agent, give, git, command):
    two_branches(git, project)
    write(project, "loose", "x")
    give("commit")
    assert agent.do(command) == "done"
    assert agent.do(COMMIT) == "refused"
    agent.guarded = False
    assert agent.do(COMMIT) == "failed"


def test_a_merge_that_stops_is_ended_by_the_same_grant(project, agent, give, git):
    two_branches(git, project, conflict=True)
    give("commit")
    assert agent.do("git merge -q side") == "failed"
    assert agent.do("echo both >> same && git add same && git commit -q --no-edit") == "done"
    assert git("log", "-1", "--format=%p", cwd=project).count(" ") == 1
    assert agent.do(COMMIT) == "refused"


def test_a_rebase_is_one_act_until_it_has_ended(project, agent, give, git):
    two_branches(git, project, conflict=True)
    give("commit")
    assert agent.do("git rebase -q side") == "failed"
    for _ in range(2):
        agent.do("echo both >> same && git add same && GIT_EDITOR=true git rebase --continue")
    assert not (project / ".git/rebase-merge").exists()
    assert git("log", "--format=%s", "side..main", cwd=project).splitlines() == ["main 2", "main 1"]
    assert agent.do(COMMIT) == "refused"
    agent.guarded = False
    assert agent.do(COMMIT) == "failed"


def test_a_rebase_that_was_given_up_has_used_up_nothing(project, agent, give, git):
    two_branches(git, project, conflict=True)
    give("commit")
    assert agent.do("git rebase -q side") == "failed"
    assert agent.do("git rebase --abort") == "done"
    assert agent.do("git merge -q -s ours --no-edit side") == "done"
    assert agent.do(COMMIT) == "refused"


def test_words_in_a_rebase_that_are_written_anew_belong_to_it(project, agent, give, git):
    two_branches(git, project)
    give("commit")
    editor = "GIT_SEQUENCE_EDITOR='sed -i s/^pick/reword/' GIT_EDITOR='sed -i s/main/MAIN/'"
    assert agent.do(f"{editor} git rebase -q -i side") == "done"
    assert git("log", "-2", "--format=%s", cwd=project).splitlines() == ["MAIN 2", "MAIN 1"]
    assert agent.do(COMMIT) == "refused"


def test_a_series_of_picks_that_stops_goes_on_with_the_same_grant(project, agent, give, git):
    two_branches(git, project, conflict=True)
    git("switch", "-q", "side", cwd=project)
    git("commit", "-q", "--allow-empty", "-m", "side 3", cwd=project)
    git("switch", "-q", "main", cwd=project)
    give("commit")
    assert agent.do("git cherry-pick --allow-empty side~1 side") == "failed"
    assert agent.do("echo both >> same && git add same && git -c core.editor=true cherry-pick --continue") == "done"
    assert git("log", "-1", "--format=%s", cwd=project) == "side 3"
    assert agent.do(COMMIT) == "refused"


def test_of_two_commits_in_one_command_one_grant_covers_the_first(project, agent, give, git):
    give("commit")
    assert agent.do(f"{COMMIT} && {COMMIT}") == "failed"
    assert git("rev-list", "--count", "HEAD", cwd=project) == "2"
    assert agent.do(COMMIT) == "refused"
    give("commit")
    give("commit")
    assert agent.do(f"{COMMIT} && {COMMIT}") == "done"
    assert git("rev-list", "--count", "HEAD", cwd=project) == "4"
    assert agent.do(COMMIT) == "refused"


def test_a_second_try_in_the_same_command_is_the_same_act(project, agent, give, git):
    write(project, "a", "x")
    give("commit")
    assert agent.do("git commit -q -m x || (git add a && git commit -q -m x)") == "done"
    assert agent.do(COMMIT) == "refused"


def test_a_commit_undone_was_made_all_the_same(project, agent, give, git):
    give("commit")
    assert agent.do(COMMIT) == "done"
    assert agent.run("git reset -q --soft HEAD~1").returncode == 0
    assert agent.do(COMMIT) == "refused"
    agent.guarded = False
    assert agent.do(COMMIT) == "failed"


def test_a_project_hook_that_refuses_uses_up_nothing(project, agent, give, git):
    hook = project / ".git/hooks/pre-commit.before-conductor"
    hook.write_text("#!/bin/sh\n[ ! -e red ]\n")
    hook.chmod(0o755)
    write(project, "red", "")
    give("commit")
    assert agent.do(COMMIT) == "failed"
    (project / "red").unlink()
    assert agent.do("git switch -q -c elsewhere") == "done"
    assert agent.do(COMMIT) == "done"
    assert agent.do(COMMIT) == "refused"


def test_the_first_commit_of_a_repository_is_one_act(tmp_path, conductor, git):
    root = tmp_path / "new"
    root.mkdir()
    git("init", "-q", "-b", "main", cwd=root)
    conductor("hooks", "install", "--agent", "codex", cwd=root)
    agent = Agent("codex", root)
    store = GrantStore(state_dir(), project_key(root / ".git"))
    store.add("commit_push", action="commit", scope="once", why="", by="u", at="2026-01-05T10:00:00+00:00")
    assert agent.do("git commit -q -m nothing") == "failed"
    assert agent.do(COMMIT) == "done"
    assert agent.do(COMMIT) == "refused"


@pytest.mark.parametrize("made", ["before", "by the command"])
def test_a_commit_in_another_worktree_is_one_act_too(project, agent, give, git, tmp_path, made):
    other = tmp_path / "other"
    add = f"git worktree add -q {other} -b other"
    if made == "before":
        git(*add.split()[1:], cwd=project)
    give("commit")
    first = f"git -C {other} commit -q --allow-empty -m x"
    assert agent.do(first if made == "before" else f"{add} && {first}") == "done"
    assert agent.do(first) == "refused"
    assert agent.do(COMMIT) == "refused"
    agent.guarded = False
    assert agent.do(first) == "failed"
    assert agent.do(COMMIT) == "failed"


@pytest.mark.parametrize("hooks", [True, False])
def test_without_a_log_of_head_a_grant_is_for_one_commit_all_the_same(project, give, git, hooks):
    agent = Agent("claude", project)
    git("config", "core.logAllRefUpdates", "false", cwd=project)
    (project / ".git/logs/HEAD").unlink()
    if not hooks:
        (project / ".git/hooks/pre-commit").unlink()
    give("commit")
    assert agent.do("git commit -q -m nothing") == "failed"
    if hooks:
        give("commit")  # what the hook saw begin is taken to have been made
    assert agent.do(COMMIT) == "done"
    assert agent.do(COMMIT) == "no"


def test_a_series_of_patches_that_stops_goes_on_with_the_same_grant(project, agent, give, git, tmp_path):
    two_branches(git, project, conflict=True)
    git("format-patch", "-q", "-o", str(tmp_path / "patches"), "main~2..side", cwd=project)
    git("switch", "-q", "-c", "base", "main~2", cwd=project)
    first, second = sorted((tmp_path / "patches").iterdir())
    second.write_text(second.read_text().replace("-side 1", "-other 1"))
    give("commit")
    assert agent.do(f"git am -q {first} {second}") == "failed"
    assert git("log", "-1", "--format=%s", cwd=project) == "side 1"
    assert agent.do("echo more >> same && git add same && git am --continue") == "done"
    assert git("log", "-1", "--format=%s", cwd=project) == "side 2"
    assert agent.do(COMMIT) == "refused"


@pytest.mark.parametrize("word", ["reset", "checkout", "pull", "merge x"])
def test_a_commit_in_disguise_is_refused(project, agent, give, word):
    agent.guarded = False
    give("commit")
    done = agent.run("git commit -q --allow-empty -m 'moving to x'", GIT_REFLOG_ACTION=word)
    assert done.returncode == 1
    assert "unset GIT_REFLOG_ACTION" in done.stdout + done.stderr
    assert agent.do(COMMIT) == "done"
    assert agent.do(COMMIT) == "failed"


def test_a_grant_for_a_time_covers_as_many_as_there_are_until_it_ends(project, agent, give, store):
    give("commit", scope="until", expires_at="2999-01-01T00:00:00+00:00")
    assert agent.do(f"{COMMIT} && {COMMIT}") == "done"
    assert agent.do(COMMIT) == "done"
    store.revoke(store.load()[0].id, "2026-01-05T11:00:00+00:00")
    assert agent.do(COMMIT) == "refused"


def test_a_grant_for_one_command_is_tried_again_with_that_command_only(project, agent, give):
    give("commit", command="git commit -q -m x")
    assert agent.do("git commit -q -m x") == "failed"
    assert agent.do(COMMIT) == "refused"
    write(project, "a", "x")
    assert agent.run("git add a").returncode == 0
    assert agent.do("git commit -q -m x") == "done"
    assert agent.do("git commit -q -m x") == "refused"


def test_a_grant_of_the_whole_rule_covers_one_act_and_no_forced_push(project, agent, give, git):
    give(None)
    assert agent.do(f"{COMMIT} && git push -q origin main") == "refused"
    assert agent.do(COMMIT) == "done"
    assert agent.do("git push -q origin main") == "refused"
    give(None)
    agent.guarded = False
    assert agent.do("git commit -q --amend --allow-empty -m y") == "done"
    give(None)
    git("push", "-q", "origin", "main~1:refs/heads/other", cwd=project)
    assert agent.do("git push -q origin :other") == "failed"
    assert agent.do("git push -q origin main") == "done"


def test_a_person_is_asked_for_nothing(project, git):
    git("commit", "-q", "--allow-empty", "-m", "x", cwd=project)
    git("push", "-q", "origin", "main", cwd=project)
    git("commit", "-q", "--amend", "--allow-empty", "-m", "y", cwd=project)
    git("push", "-q", "--force", "origin", "main", cwd=project)


FORCED = [
    "git push -q --force origin main",
    "git push -q --force-with-lease origin main",
    "git push -q origin +main",
    "git push -q origin :side",
    "git push -q --delete origin side",
    "git push -q --mirror origin",
    "git push -q --prune origin 'refs/heads/s*'",
    "git push -q -f origin v1",
    "git -c push.default=current -c remote.origin.push=+refs/heads/main push -q origin",
]


@pytest.mark.parametrize("command", FORCED)
def test_a_push_that_takes_something_away_needs_a_grant_of_its_own(project, agent, give, git, command):
    git("branch", "side", cwd=project)
    git("tag", "v1", cwd=project)
    git("commit", "-q", "--allow-empty", "-m", "two", cwd=project)
    git("push", "-q", "origin", "main", "side", "v1", cwd=project)
    git("branch", "-D", "side", cwd=project)
    git("tag", "-f", "v1", cwd=project)
    git("commit", "-q", "--amend", "--allow-empty", "-m", "other", cwd=project)
    agent.guarded = False
    give("push")
    done = agent.run(command)
    assert done.returncode == 1
    assert "conductor grant force_push --once" in done.stdout + done.stderr
    give("force_push")
    assert agent.run(command).returncode == 0
    git("commit", "-q", "--amend", "--allow-empty", "-m", "again", cwd=project)
    git("tag", "-f", "v1", cwd=project)
    git("push", "-q", "-f", "origin", "main:refs/heads/side", cwd=project)
    assert agent.run(command).returncode == 1


def test_a_push_that_only_adds_needs_no_more_than_a_push(project, agent, give, git):
    git("tag", "-a", "v1", "-m", "one", cwd=project)
    git("commit", "-q", "--allow-empty", "-m", "two", cwd=project)
    agent.guarded = False
    give("push")
    assert agent.do("git push -q origin main HEAD:refs/heads/new v1") == "done"
    git("commit", "-q", "--allow-empty", "-m", "three", cwd=project)
    give("force_push")
    assert agent.do("git push -q --force origin main") == "done"


def test_what_the_remote_has_and_nobody_knows_here_is_not_overwritten(project, agent, give, git, remote, tmp_path):
    other = tmp_path / "other"
    git("clone", "-q", remote, other)
    git("commit", "-q", "--allow-empty", "-m", "theirs", cwd=other)
    git("push", "-q", "origin", "main", cwd=other)
    git("commit", "-q", "--allow-empty", "-m", "ours", cwd=project)
    agent.guarded = False
    give("push")
    assert agent.do("git push -q --force origin main") == "failed"
    assert agent.do("git push -q origin main") == "failed"
    assert agent.do("git pull -q --rebase origin main && git push -q origin main") == "done"


@pytest.mark.parametrize(
    ("local", "ref", "before", "rewrites"),
    [
        ("0" * 40, "refs/heads/a", "1" * 40, True),
        ("0" * 64, "refs/heads/a", "1" * 64, True),
        ("0" * 40, "refs/heads/a", "0" * 40, False),
        ("HEAD", "refs/heads/a", "0" * 40, False),
        ("HEAD", "refs/heads/a", "HEAD", False),
        ("HEAD", "refs/heads/a", "1" * 40, True),
        ("HEAD", "refs/tags/a", "HEAD~1", True),
        ("HEAD", "refs/heads/a", "HEAD~1", False),
        ("HEAD~1", "refs/heads/a", "HEAD", True),
    ],
)
def test_whether_a_line_of_a_push_rewrites(project, git, local, ref, before, rewrites):
    git("commit", "-q", "--allow-empty", "-m", "two", cwd=project)

    def name(word):
        return git("rev-parse", word, cwd=project) if word.startswith("HEAD") else word

    assert is_rewriting(GitRepository.find(project), (name(local), ref, name(before))) is rewrites


def test_another_object_than_the_one_that_was_refused_is_another_push(project, agent, give, git, remote):
    git("commit", "-q", "--allow-empty", "-m", "two", cwd=project)
    hook = remote / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    give("push")
    agent.guarded = False
    assert agent.do("git push -q origin main") == "failed"
    git("commit", "-q", "--allow-empty", "-m", "three", cwd=project)
    hook.unlink()
    done = agent.run("git push -q origin main")
    assert done.returncode == 1
    assert "conductor grant push --once" in done.stdout + done.stderr
    assert agent.do("git push -q origin main~1:main") == "done"


def test_the_part_of_a_push_that_was_refused_is_pushed_again(project, agent, give, git, remote):
    git("commit", "-q", "--allow-empty", "-m", "two", cwd=project)
    hook = remote / "hooks/update"
    hook.write_text('#!/bin/sh\n[ "$1" != refs/heads/side ] || [ -e ok ]\n')
    hook.chmod(0o755)
    give("push")
    assert agent.do("git push -q origin main main:side") == "failed"
    agent.guarded = False
    (remote / "ok").touch()
    assert agent.do("git push -q origin main main:side") == "done"
    assert agent.do("git push -q origin main:third") == "failed"


def test_a_push_to_an_address_is_one_act_though_nothing_here_tells_of_it(project, agent, give, git, remote):
    git("commit", "-q", "--allow-empty", "-m", "two", cwd=project)
    give("push")
    assert agent.do(f"git push -q file://{remote} main") == "done"
    git("commit", "-q", "--allow-empty", "-m", "three", cwd=project)
    assert agent.do(f"git push -q file://{remote} main") in ("refused", "failed")


def test_where_nothing_is_pushed_nothing_is_used_up(project, agent, give, git):
    give("push")
    assert agent.do("git push -q origin main") == "done"
    git("commit", "-q", "--allow-empty", "-m", "two", cwd=project)
    assert agent.do("git push -q origin main") == "done"
    assert agent.do("git push -q origin main:other") == "refused"


def test_a_push_of_a_guard_without_hooks_that_failed_is_tried_again(project, give, git, remote):
    agent = Agent("claude", project)
    for hook in (project / ".git/hooks").iterdir():
        hook.unlink()
    git("commit", "-q", "--allow-empty", "-m", "two", cwd=project)
    give("push")
    assert agent.do("git push -q nowhere main") == "failed"
    assert agent.do("git push -q origin main") == "done"
    git("commit", "-q", "--allow-empty", "-m", "three", cwd=project)
    assert agent.do("git push -q origin main") == "no"


def test_the_level_of_the_rule_holds_in_gits_hooks_too(project, agent, person):
    agent.guarded = False
    for level, code in (("warn", 0), ("off", 0), ("block", 1)):
        write(project, "conductor.yaml", f"conductor: 1\nrules: {{commit_push: {level}}}\n")
        assert agent.run(COMMIT).returncode == 1 or level != "warn", "loosened without trust"
        assert person("trust", cwd=project).returncode == 0
        done = agent.run(COMMIT)
        assert done.returncode == code, level
        assert ("has not asked for it" in done.stdout + done.stderr) is (level != "off")


def test_a_state_folder_of_the_agents_own_making_lets_nothing_through(project, agent, tmp_path):
    key = project_key(project / ".git")
    write(project, "conductor.yaml", "conductor: 1\nrules: {commit_push: off}\n")
    TrustStore(tmp_path / "conductor", key).save(load_settings(project), "2026-01-05T10:00:00+00:00")
    forged = GrantStore(tmp_path / "conductor", key)
    forged.add("commit_push", action="commit", scope="once", why="", by="ada", at="2026-01-05T10:00:00+00:00")
    done = agent.run(COMMIT, XDG_STATE_HOME=str(tmp_path))
    assert done.returncode == 1
    assert "has not asked for it" in done.stdout + done.stderr
