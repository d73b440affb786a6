import json
import stat
import subprocess
import sys
from datetime import timedelta
from types import SimpleNamespace

import pytest

from conductor.cli.grant import parse_duration
from conductor.domain.grant import Use
from conductor.errors import RecordSyntaxError, UsageProblem
from conductor.sessions.acts import Wish
from conductor.sessions.grants import GrantStore, find_agent
from conductor.sessions.traces import Traces

NOW = "2026-01-05T10:00:00+00:00"
LATER = "2026-01-05T10:30:00+00:00"


@pytest.fixture
def store(tmp_path):
    return GrantStore(tmp_path, "p")


def give(store, **changes):
    values = {"action": "push", "scope": "once", "why": "ship", "by": "u", "at": NOW}
    return store.add("commit_push", **{**values, **changes})


@pytest.fixture
def take(store, tmp_path):
    """Return a function that wants something in a tool call of its own, and says which grants cover it."""
    calls = iter(range(100))

    def take_one(*actions, now=NOW, command=None, rule="commit_push"):
        call = f"call-{next(calls)}"
        wishes = [Wish(rule, (action,), Use(action or "", call, over=True), command) for action in actions]
        return store.settle(wishes, now, Traces(tmp_path / ".git"))

    return take_one


def test_a_grant_for_once_is_used_up_by_its_use(store, take):
    given = give(store)
    (used,) = take("push")
    assert (used.id, used.used_at) == (given.id, NOW)
    assert take("push") is None


@pytest.mark.parametrize(("granted", "wanted"), [("push", "commit"), ("push", "force_push"), ("force_push", "push")])
def test_a_grant_covers_what_it_names_and_nothing_else(store, take, granted, wanted):
    give(store, action=granted)
    assert take(wanted) is None
    assert take(granted)


def test_a_grant_of_the_whole_rule_covers_a_commit_or_a_push_and_never_a_forced_one(store, take):
    for action, covered in (("commit", True), ("push", True), ("", True), ("force_push", False)):
        given = give(store, action=None)
        assert (take(action) is not None) is covered, action
        store.revoke(given.id, NOW)


def test_a_grant_for_a_time_ends_with_it(store, take):
    give(store, scope="until", expires_at=LATER)
    assert take("push")
    assert take("push")
    assert take("push", now=LATER) is None


def test_a_grant_for_one_command_allows_exactly_that(store, take):
    give(store, command="git push origin main")
    assert take("push", command="git push --force") is None
    assert take("push", command="git push origin main")


def test_a_revoked_grant_allows_nothing(store, take):
    grant = give(store)
    store.revoke(grant.id, NOW)
    assert store.active(NOW) == []
    assert take("push") is None


def test_where_one_of_two_wishes_is_not_granted_the_other_is_not_used_up(store, take):
    give(store, action="commit")
    assert take("commit", "push") is None
    assert take("commit")


def test_each_act_of_a_command_takes_a_grant_for_once_of_its_own(store, take):
    give(store, action=None)
    assert take("commit", "push") is None
    give(store, action=None)
    used = take("commit", "push")
    assert len({grant.id for grant in used}) == 2


def test_a_grant_for_a_time_is_used_before_one_for_once(store, take):
    give(store)
    given = give(store, scope="until", expires_at=LATER)
    assert [grant.id for grant in take("push")] == [given.id]


def test_two_processes_do_not_use_the_same_grant(store, tmp_path):
    give(store)
    code = (
        "import sys, pathlib; from conductor.sessions.grants import GrantStore; from conductor.domain.grant import Use; "
        "from conductor.sessions.acts import Wish; from conductor.sessions.traces import Traces; "
        f"store = GrantStore(pathlib.Path({str(tmp_path)!r}), 'p'); "
        f"wish = Wish('commit_push', ('push',), Use('push', over=True)); "
        f"print(store.settle([wish], {NOW!r}, Traces(pathlib.Path('/nowhere'))) is not None)"
    )
    running = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(6)]
    assert sorted(process.communicate()[0].strip() for process in running) == ["False"] * 5 + ["True"]


def test_a_forged_grant_of_the_guard_itself_covers_nothing(store, take):
    give(store)
    rows = json.loads(store.path.read_text())
    rows["grants"][0] |= {"rule": "guard_tamper", "action": None}
    store.path.write_text(json.dumps(rows))
    assert take(None, rule="guard_tamper") is None
    assert store.active(NOW) == []


def test_a_file_of_the_first_format_is_read_and_brought_up_to_date(store, take):
    old = {
        "schema": 1,
        "grants": [
            {"id": "g-1", "rule": "commit_push", "action": "push", "scope": "once", "why": "", "by": "u", "at": NOW,
             "expires_at": None, "command": None, "used_at": NOW, "revoked_at": None},
            {"id": "g-2", "rule": "host_pip", "action": None, "scope": "until", "why": "", "by": "u", "at": NOW,
             "expires_at": LATER, "command": None, "used_at": None, "revoked_at": None},
        ],
    }  # fmt: skip
    store.path.parent.mkdir(parents=True)
    store.path.write_text(json.dumps(old))
    store.path.chmod(0o644)
    assert [grant.id for grant in store.load()] == ["g-1", "g-2"]
    assert json.loads(store.path.read_text())["schema"] == 1, "reading changes nothing"
    assert take("push") is None, "what was used before is over"
    assert json.loads(store.path.read_text())["schema"] == 2
    assert take(None, rule="host_pip")
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_a_file_of_a_later_format_names_what_it_needs(store):
    store.path.parent.mkdir(parents=True)
    store.path.write_text('{"schema": 3, "grants": []}')
    with pytest.raises(UsageProblem, match="format 3: this version knows 2"):
        store.load()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 2, "grants": [{}]}', '{"schema": 2, "grants": [{"id": 1'])
def test_a_file_that_is_none_is_an_error_that_says_where(store, text):
    store.path.parent.mkdir(parents=True)
    store.path.write_text(text)
    with pytest.raises(RecordSyntaxError) as refused:
        store.load()
    assert str(store.path) in refused.value.hint


def test_the_store_is_readable_by_its_user_alone(store, tmp_path):
    folder = store.path.parent
    folder.mkdir(mode=0o755)
    give(store)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (store.path.parent.parent, folder)} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def answered(command="git commit -m x"):
    return SimpleNamespace(agent="claude", at=NOW, command=command)


def test_an_answer_is_a_grant_that_its_call_has_used_and_no_other_call_can(store, take):
    assert store.answer("commit_push", "commit", Use("commit", "c", "s"), answered(), LATER)
    (grant,) = store.load()
    assert (grant.by, grant.at, grant.used_at, grant.why) == (
        "dialog", NOW, LATER, "answered in claude's permission dialog"
    )  # fmt: skip
    assert store.active(LATER) == []
    assert take("push") is None


def test_one_question_is_one_answer_for_each_of_its_actions(store):
    assert store.answer("commit_push", "commit", Use("commit", "c"), answered(), NOW)
    assert not store.answer("commit_push", "commit", Use("commit", "c"), answered(), NOW)
    assert store.answer("commit_push", "push", Use("push", "c"), answered(), NOW)
    assert store.answer("commit_push", "commit", Use("commit", "d"), answered(), NOW)
    assert len(store.load()) == 3


def test_the_guard_itself_cannot_be_granted_away(store):
    with pytest.raises(UsageProblem, match="can't be granted"):
        store.add("guard_tamper", action=None, scope="once", why="", by="u", at=NOW)


@pytest.mark.parametrize("text", ["", "0m", "5", "25h", "-1m", "1d", "99999h"])
def test_a_bad_duration_is_refused(text):
    with pytest.raises(UsageProblem):
        parse_duration(text)


def test_durations_have_units():
    assert parse_duration("30m") == timedelta(minutes=30)


def test_an_agent_cannot_type_a_grant(repository, conductor, person):
    for run in (conductor, person):
        done = run("grant", "push", "--once", cwd=repository, env={"CLAUDECODE": "1"})
        assert done.returncode == 2
        assert "for the user" in done.stderr
    assert conductor("grant", "--list", cwd=repository).stdout == "No grants.\n"


@pytest.mark.parametrize("name", ["commit", "push", "force_push", "host_pip"])
def test_a_person_at_a_terminal_gives_a_grant_by_their_yes(repository, conductor, person, name):
    done = person("grant", name, "--once", cwd=repository)
    assert done.returncode == 0, done.stderr
    assert f"through: {name}, once.\r\nType yes: " in done.stderr
    assert f"{name}  once, not used" in conductor("grant", "--list", cwd=repository).stdout


def test_what_is_asked_names_the_command_and_the_time(repository, person):
    done = person("grant", "push", "--for", "30m", "--command", "git push origin main", "--json", cwd=repository)
    assert "through: push of exactly `git push origin main`, for 30m.\r\nType yes: " in done.stderr
    assert json.loads(done.stdout)["grant"]["command"] == "git push origin main"


@pytest.mark.parametrize("answer", ["", "no", "push", "yes please", "\x04"])
def test_another_answer_than_yes_grants_nothing(repository, conductor, person, answer):
    done = person("grant", "push", "--once", cwd=repository, answer=answer)
    assert done.returncode == 2
    assert "not confirmed" in done.stderr
    assert conductor("grant", "--list", cwd=repository).stdout == "No grants.\n"


@pytest.mark.parametrize("stdin", ["", "yes\n", "yes\nyes\n"])
def test_without_a_terminal_there_is_no_grant_whatever_stands_on_standard_input(repository, conductor, stdin):
    done = conductor("grant", "push", "--once", cwd=repository, stdin=stdin)
    assert done.returncode == 2
    assert "in a terminal of your own: conductor grant push --once" in done.stderr
    assert conductor("grant", "--list", cwd=repository).stdout == "No grants.\n"


@pytest.mark.parametrize(("name", "reason"), [("guard_tamper", "can't be granted"), ("pull", "neither a rule's")])
def test_what_cannot_be_granted_is_said_before_anything_is_asked(repository, conductor, name, reason):
    done = conductor("grant", name, "--once", cwd=repository)
    assert done.returncode == 2
    assert reason in done.stderr


def test_a_grant_is_taken_back_without_a_question(repository, conductor, person):
    person("grant", "push", "--once", cwd=repository)
    name = conductor("grant", "--list", cwd=repository).stdout.split()[0]
    assert conductor("grant", "--revoke", name, cwd=repository).returncode == 0
    assert "revoked" in conductor("grant", "--list", cwd=repository).stdout


def test_outside_an_agent_there_is_none():
    assert find_agent() is None
