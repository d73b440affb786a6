"""From rulings to an answer: levels, exceptions, the project's own rules, and what the judges are told of this machine."""

import json
import os
from pathlib import Path

import pytest

from conductor.guard import decide
from conductor.guard.asked import read_questions
from conductor.guard.call import Call, Edit
from conductor.guard.decide import (
    Outcome,
    ProjectFiles,
    find_rulings,
    find_stopping,
    is_command,
    judge_custom,
    lift,
    protected_folders,
    read_facts,
    weigh,
)
from conductor.rules.judge.call import Ruling
from conductor.sessions.grants import GrantStore

FORBIDDEN = "git push --no-verify"


@pytest.fixture
def policy(repository, surroundings):
    common = str(repository / ".git")
    return {"root": str(repository), "common_dir": common, "grants": f"{surroundings}/state/conductor/grants/x.json"}


def call_of(kind, command="", **changes):
    call = Call("codex", "PreToolUse", changes.pop("tool", "Bash"), kind, session="s", cwd=changes.pop("cwd", ""))
    call.command = command
    for name, value in changes.items():
        setattr(call, name, value)
    return call


def told(outcome):
    return outcome.verdict, outcome.rule, outcome.reason, outcome.action


BLOCKED = Ruling("block", "host_pip", "no", "act")
ASKED = Ruling("ask", "commit_push", "may I", "push")


@pytest.mark.parametrize(
    ("level", "of_block", "of_ask"),
    [
        ("block", "block", "ask"),
        ("ask", "ask", "ask"),
        ("warn", "allow", "allow"),
        (None, "block", "ask"),
    ],
)
def test_the_level_says_what_happens(level, of_block, of_ask):
    levels = {} if level is None else {"levels": {"host_pip": level, "commit_push": level}}
    assert told(weigh([BLOCKED], levels)) == (of_block, "host_pip", "host_pip: no", "act")
    assert told(weigh([ASKED], levels)) == (of_ask, "commit_push", "commit_push: may I", "push")


def test_a_rule_that_is_off_is_silent():
    assert told(weigh([BLOCKED], {"levels": {"host_pip": "off"}})) == ("allow", "none", "", "")
    assert weigh([BLOCKED, ASKED], {"levels": {"host_pip": "off"}}).verdict == "ask"


@pytest.mark.parametrize("level", ["off", "warn", "ask"])
def test_the_guard_s_own_rule_has_no_level(level):
    ruling = Ruling("block", "guard_tamper", "no")
    assert weigh([ruling], {"levels": {"guard_tamper": level}}).verdict == "block"


@pytest.mark.parametrize("rulings", [[BLOCKED, ASKED], [ASKED, BLOCKED]])
def test_the_most_severe_ruling_is_told(rulings):
    assert weigh(rulings, {}).rule == "host_pip"


def test_of_equally_severe_rulings_the_first_is_told_and_a_stop_before_a_warning():
    other = Ruling("block", "os_package", "no")
    assert weigh([BLOCKED, other], {}).rule == "host_pip"
    assert weigh([other, BLOCKED], {}).rule == "os_package"
    assert weigh([other, BLOCKED], {"levels": {"os_package": "warn"}}).rule == "host_pip"
    assert weigh([other, BLOCKED], {"levels": {"os_package": "warn", "host_pip": "warn"}}).rule == "os_package"


def test_nothing_to_say_is_allowed():
    assert told(weigh([], {})) == ("allow", "none", "", "")


@pytest.mark.parametrize(
    ("rule", "reason", "said"),
    [
        ("host_pip", "host_pip: no", "host_pip: no"),
        ("none", "because", "because"),
        ("ask", "not understood", "not understood"),
    ],
)
def test_a_reason_names_its_rule_once(rule, reason, said):
    assert weigh([Ruling("ask", rule, reason)], {}).reason == said


CUSTOM = {"custom_rules": [{"name": "no_curl", "command": "curl *", "level": "block", "message": "use the client"}]}


def shell_rulings(policy, command, **changes):
    return find_rulings(call_of("shell", command, **changes), policy)


def test_the_project_s_own_rules_are_about_each_command_that_would_run(policy):
    rules = {**policy, **CUSTOM}
    for command in ("curl x", "ls; curl x", "true && (curl x)"):
        [ruling] = [one for one in shell_rulings(rules, command) if one.rule == "no_curl"]
        assert (ruling.verdict, ruling.reason) == ("block", "use the client")
        assert weigh([ruling], rules).verdict == "block"
    assert [one.rule for one in shell_rulings(rules, "echo curl x")] == []
    assert [one.rule for one in shell_rulings(rules, "curl")] == []


@pytest.mark.parametrize(("level", "verdict"), [(None, "allow"), ("warn", "allow"), ("ask", "ask"), ("block", "block")])
def test_the_project_s_own_rule_only_warns_where_it_says_no_level(policy, level, verdict):
    rule = {"name": "no_curl", "command": "curl *", "message": "no", **({"level": level} if level else {})}
    rules = {**policy, "custom_rules": [rule], "levels": {"no_curl": "off"}}
    outcome = weigh(shell_rulings(rules, "curl x"), rules)
    assert (outcome.verdict, outcome.rule) == (verdict, "no_curl")


def test_rules_without_a_command_are_not_about_commands():
    class Found:
        steps = ()

    assert (
        judge_custom(
            Found, {"custom_rules": [{"name": "x", "message": "y"}, {"name": "z", "command": "", "message": ""}]}
        )
        == []
    )


def test_each_kind_of_call_is_judged_as_what_it_is(policy):
    edit = [Edit(".git/hooks/pre-push", content="")]
    assert [one.rule for one in shell_rulings(policy, FORBIDDEN)] == ["guard_tamper", "commit_push"]
    assert [one.rule for one in find_rulings(call_of("edit", edits=edit), policy)] == ["guard_tamper"]
    assert "guard_tamper" in [one.rule for one in shell_rulings(policy, "ls", edits=edit)]
    assert find_rulings(call_of("read", FORBIDDEN, edits=edit), policy) == []
    [ruling] = find_rulings(call_of("mcp", tool="mcp__github__push_files"), policy)
    assert (ruling.verdict, ruling.rule, ruling.action) == ("block", "commit_push", "push")
    assert ruling.reason.startswith("mcp__github__push_files commits or pushes")


@pytest.mark.parametrize(
    ("tool", "arguments", "rules"),
    [
        ("mcp__desktop__execute_command", {"command": FORBIDDEN}, ["guard_tamper", "commit_push"]),
        ("mcp__desktop__execute_command", {"command": "ls"}, []),
        ("mcp__desktop__execute_command", {"what": 1}, ["ask"]),
        ("mcp__desktop__write_file", {"path": ".git/hooks/pre-push", "content": ""}, ["guard_tamper"]),
        ("mcp__desktop__write_file", {"path": "notes.py", "content": ""}, []),
        ("mcp__docker__build", {}, ["container_build"]),
        ("mcp__runpod__create-pod", {}, ["release_bypass"]),
        ("mcp__other__do", {"command": FORBIDDEN}, ["guard_tamper", "commit_push"]),
        ("mcp__other__do", {"text": FORBIDDEN}, []),
        ("mcp__github__get_file", {}, []),
    ],
)
def test_an_mcp_tool_is_judged_by_the_table_and_an_unknown_one_by_what_it_carries(policy, tool, arguments, rules):
    assert [one.rule for one in find_rulings(call_of("mcp", tool=tool, arguments=arguments), policy)] == rules


def test_a_command_that_is_too_long_to_read_is_refused(policy):
    limit = decide.SHELL_LIMIT
    fits = "true " + "x" * (limit - 5)
    assert shell_rulings(policy, fits) == []
    [ruling] = shell_rulings(policy, fits + "x")
    assert (ruling.verdict, ruling.rule) == ("block", "ask")
    assert shell_rulings(policy, "true " + "é" * (limit // 2))[0].rule == "ask"


def test_the_canary_is_refused_and_says_that_the_guard_works(policy):
    [ruling] = shell_rulings(policy, f"{decide.CANARY} now")
    assert (ruling.verdict, ruling.rule) == ("block", "guard_tamper")
    assert ruling.reason.startswith("The guard works")


def test_a_command_that_no_shell_can_read_is_asked_about(policy):
    [ruling] = shell_rulings(policy, "pip install x 'open")
    assert (ruling.verdict, ruling.rule) == ("ask", "ask")


@pytest.mark.parametrize(
    ("arguments", "command", "expected"),
    [
        ({"command": "if ("}, "if (", True),
        ({"script": "ls"}, "ls", True),
        ({"script": "for (let i = 0;;) {"}, "for (let i = 0;;) {", False),
    ],
)
def test_what_an_unknown_tool_carries_is_a_command_where_it_is_called_so_or_a_shell_can_read_it(
    arguments, command, expected
):
    assert is_command(call_of("shell", command, arguments=arguments)) is expected


def test_a_script_in_another_language_is_not_judged_as_a_command(policy):
    code = "for (let i = 0;;) { push() }"
    assert shell_rulings(policy, code, arguments={"script": code}, guessed=True) == []
    assert shell_rulings(policy, code, arguments={"script": code}) != []
    assert shell_rulings(policy, FORBIDDEN, arguments={"script": "x"}, guessed=True) != []


def test_a_prompt_that_could_be_typed_into_unseen_is_refused(policy):
    [ruling] = shell_rulings(policy, "python3")
    assert (ruling.verdict, ruling.rule) == ("block", "ask")
    assert "`python3` alone opens a prompt" in ruling.reason
    call = call_of("shell", "python3")
    call.agent = "claude"
    assert find_rulings(call, policy) == []


def test_only_what_stops_a_call_needs_a_grant():
    levels = {"levels": {"host_pip": "warn", "os_package": "off"}}
    rulings = [BLOCKED, ASKED, Ruling("block", "os_package", "no"), Ruling("block", "container_build", "no")]
    assert [one.rule for one in find_stopping(rulings, levels)] == ["commit_push", "container_build"]


ASKS = {"levels": {"commit_push": "ask"}}
GIVEN = {"scope": "once", "why": "", "by": "ada", "at": "2026-01-05T10:00:00+00:00"}


@pytest.fixture
def store(policy):
    return GrantStore.at(Path(policy["grants"]))


def test_a_decision_is_told_and_logged(repository, policy):
    assert decide.decide(call_of("shell", "ls"), policy, "codex") == ("allow", "")
    assert not (repository / ".conductor/local/guard.jsonl").exists()
    (repository / ".conductor/local").mkdir(parents=True)
    verdict, reason = decide.decide(call_of("shell", "git commit -m x"), {**policy, **ASKS}, "codex")
    assert verdict == "ask"
    assert reason.startswith("commit_push: ")
    [line] = (repository / ".conductor/local/guard.jsonl").read_text().splitlines()
    told = json.loads(line)
    assert (told["verdict"], told["rule"], told["action"], told["agent"]) == ("ask", "commit_push", "commit", "codex")


def test_a_warning_is_logged_and_lets_through(repository, policy):
    (repository / ".conductor/local").mkdir(parents=True)
    warned = {**policy, "levels": {"commit_push": "warn"}}
    assert decide.decide(call_of("shell", "git commit -m x"), warned, "codex")[0] == "allow"
    assert json.loads((repository / ".conductor/local/guard.jsonl").read_text())["verdict"] == "allow"


@pytest.mark.parametrize(
    ("command", "asks", "levels", "noted"),
    [
        ("git commit -m x", True, {}, [("commit",)]),
        ("git commit -m x && git push", True, {}, [("commit", "push")]),
        ("git commit -m x", False, {}, []),
        ("git commit -m x", True, {"commit_push": "warn"}, []),
        ("git commit --no-verify -m x", True, {}, []),
        ("rm -rf src", True, {}, []),
        ("ls", True, {}, []),
    ],
)
def test_what_a_dialog_asks_about_is_noted_where_the_agent_has_one(repository, policy, command, asks, levels, noted):
    (repository / ".conductor/local").mkdir(parents=True)
    decide.decide(call_of("shell", command), {**policy, "levels": {**ASKS["levels"], **levels}}, "claude", asks=asks)
    assert [question.actions for question in read_questions(str(repository))] == noted


def test_a_question_goes_when_its_session_goes_on_with_another_call(repository, policy):
    policy = {**policy, **ASKS}
    (repository / ".conductor/local").mkdir(parents=True)
    asked = call_of("shell", "git commit -m x", use_id="1")
    decide.decide(asked, policy, "claude", asks=True)
    other = call_of("shell", "ls", use_id="2")
    other.session = "another"
    decide.decide(other, policy, "claude", asks=True)
    assert [question.call for question in read_questions(str(repository))] == ["1"]
    decide.decide(asked, policy, "claude", asks=False)
    assert [question.call for question in read_questions(str(repository))] == ["1"], "the call itself is no other one"
    decide.decide(call_of("shell", "ls", use_id="3"), policy, "claude", asks=True)
    assert read_questions(str(repository)) == []


def test_a_grant_lifts_what_it_covers_and_nothing_more(policy, store):
    both = "git commit -m x && docker build ."
    assert decide.decide(call_of("shell", "git commit -m x"), policy, "codex")[0] == "block"
    store.add("commit_push", action="commit", **GIVEN)
    assert decide.decide(call_of("shell", "docker build ."), policy, "codex")[0] == "block"
    assert decide.decide(call_of("shell", both), policy, "codex")[0] == "block"
    assert decide.decide(call_of("shell", "git commit -m x"), policy, "codex") == ("allow", "")


def test_a_forged_grant_never_lifts_what_touches_the_guard(policy, store):
    store.add("commit_push", action="commit", **GIVEN)
    told = json.loads(store.path.read_text())
    [given] = told["grants"]
    ever = {**given, "action": None, "scope": "until", "expires_at": "2999-01-01T00:00:00+00:00"}
    told["grants"] = [{**ever, "id": "g-1", "rule": "guard_tamper"}, {**ever, "id": "g-2", "rule": "commit_push"}]
    store.path.write_text(json.dumps(told))
    assert decide.decide(call_of("shell", "git commit -m x"), policy, "codex")[0] == "allow"
    for command in ("rm -rf .conductor/bin", FORBIDDEN, "git commit -m x && rm -rf .conductor/bin"):
        assert decide.decide(call_of("shell", command), policy, "codex")[0] == "block"


def test_without_a_grant_file_nothing_is_lifted(policy):
    outcome = Outcome("ask", "commit_push", "may I", "push")
    assert lift(call_of("shell", "git push"), policy, outcome, [ASKED]) is outcome
    assert not Path(policy["grants"]).parent.exists(), "nothing is begun either"


@pytest.mark.parametrize(
    ("home", "settings", "grants", "expected"),
    [
        ("/home/a", None, "/s/conductor/grants/x.json", ("/s/conductor", "/c/conductor", "/home/a/.config/conductor")),
        ("/home/a", "/etc/x", "/s/conductor/grants/x.json", ("/s/conductor", "/c/conductor", "/etc/x/conductor")),
        ("/home/a", "", "x.json", ("/c/conductor", "/home/a/.config/conductor")),
    ],
)
def test_the_folders_that_conductor_keeps_are_protected(monkeypatch, home, settings, grants, expected):
    monkeypatch.setattr(decide, "environ", {} if settings is None else {b"XDG_CONFIG_HOME": settings.encode()})
    assert protected_folders({"grants": grants, "common_dir": "/c"}, home) == expected


def test_the_project_s_files_are_there_as_names(repository):
    (repository / "src/deep").mkdir(parents=True)
    for name in ("a.py", "src/b.py", "src/deep/c.py", ".env"):
        (repository / name).write_text("")
    for name in decide.SKIPPED:
        (repository / name).mkdir(exist_ok=True)
        (repository / name / "x").write_text("")
    (repository / "link").symlink_to(repository / "src")
    files = ProjectFiles(str(repository))
    assert sorted(files) == [".env", "a.py", "link", "src/b.py", "src/deep/c.py"]
    assert [name for name in ("a.py", "src", "src/b.py", ".git/x") if name in files] == [
        "a.py",
        "src",
        "src/b.py",
        ".git/x",
    ]
    assert [name for name in ("b.py", "a.py/x", "a\0b", 7) if name in files] == []


def test_a_huge_project_is_listed_as_far_as_the_limit(repository, monkeypatch):
    for number in range(5):
        (repository / f"{number}.py").write_text("")
    for limit in (4, 5, 6):
        monkeypatch.setattr(decide, "MOST_FILES", limit)
        assert len(list(ProjectFiles(str(repository)))) == min(limit, 5)


def facts(policy, command="ls", **changes):
    return read_facts(call_of("shell", command, **changes), policy, ("push",))


@pytest.mark.parametrize("name", [".venv", "venv", "env"])
def test_an_environment_of_the_project_is_seen(repository, policy, monkeypatch, name):
    monkeypatch.setattr(decide, "environ", {b"HOME": b"/home/a"})
    assert facts(policy).venv == "none"
    (repository / name).mkdir()
    assert facts(policy).venv == "none"
    (repository / name / "pyvenv.cfg").write_text("")
    assert facts(policy).venv == "exists"
    monkeypatch.setattr(decide, "environ", {b"VIRTUAL_ENV": f"{repository}/{name}".encode()})
    assert facts(policy).venv == "active"
    for elsewhere in (f"{repository}-other/{name}".encode(), b"/\xff/venv"):
        monkeypatch.setattr(decide, "environ", {b"VIRTUAL_ENV": elsewhere, b"HOME": b"/\xff"})
        assert facts(policy).venv == "exists"


@pytest.mark.parametrize(
    ("config", "origin"),
    [
        ('[remote "origin"]\n\turl = https://host/x.git\n', "https"),
        ('[remote "origin"]\n\turl = http://host/x.git\n', "https"),
        ('[remote "origin"]\n\turl = git@host:x.git\n', "ssh"),
        ('[remote "origin"]\n\turl = git@host:x.git\n\tpushurl = https://host/x.git\n', "https"),
        ('[remote "origin"]\n\tfetch = https://no\n\turl = ssh://host/x.git\n', "ssh"),
        ('[remote "origin"]\n\turl = ssh://host/x.git\n[remote "other"]\n\turl = https://host/x.git\n', "ssh"),
        ('[remote "other"]\n\turl = https://host/x.git\n', "ssh"),
        ("", "ssh"),
    ],
)
def test_how_the_remote_is_reached_is_read_from_git_s_configuration(repository, policy, config, origin):
    (repository / ".git/config").write_text(config)
    assert facts(policy, "git push").origin == origin
    assert facts(policy, "ls").origin == "ssh", "nobody asks"
    assert read_facts(call_of("mcp"), policy, ()).origin == origin


def test_a_repository_without_a_configuration_has_no_https_remote(policy):
    assert facts({**policy, "common_dir": "/nowhere"}, "git push").origin == "ssh"


def test_a_command_starts_in_the_project_s_folder_or_where_the_agent_says(repository, policy, tmp_path):
    (repository / "src").mkdir()
    (tmp_path / "link").symlink_to(repository / "src")
    root = str(repository)
    assert facts(policy).cwd == root
    assert facts(policy, cwd="src").cwd == root, "an agent gives a whole path"
    assert facts(policy, cwd=f"{root}/src/../src").cwd == f"{root}/src"
    assert facts(policy, cwd=f"{tmp_path}/link").cwd == f"{root}/src"
    assert facts(policy, cwd=str(tmp_path)).cwd == str(tmp_path)


def test_what_the_judges_are_told_beside(repository, policy, monkeypatch):
    found = facts(policy)
    assert (found.project, found.grant) == (str(repository), {"push"})
    assert found.home == os.environ["HOME"]
    assert found.state == protected_folders(policy, found.home)
    assert found.files.root == str(repository)
    assert found.resolve(str(repository)) == str(repository)
    monkeypatch.setattr(decide, "environ", {})
    assert facts(policy).home != ""


@pytest.mark.parametrize(
    ("there", "expected"),
    [((), False), (("/.dockerenv",), True), (("/run/.containerenv",), True)],
)
def test_a_container_is_known_by_the_files_that_its_engine_puts_there(policy, monkeypatch, there, expected):
    stat = os.stat
    monkeypatch.setattr(decide, "stat", lambda path: None if path in there else stat(f"{path}.not"))
    assert facts(policy).in_container is expected
