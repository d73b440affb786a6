import json
import sys

import pytest


def answer(done):
    return json.loads(done.stdout)


def test_tasks_from_the_outside(conductor, repository):
    made = conductor("task", "new", "Use the cp311 wheel", "--expect", "build", "--json", cwd=repository)
    task_id = answer(made)["task"]["id"]
    assert made.returncode == 0
    done = conductor("task", "done", task_id, "--json", cwd=repository)
    assert (done.returncode, answer(done)["task"]["status"]) == (1, "CLAIMED")
    listed = answer(conductor("task", "list", "--all", "--json", cwd=repository))
    assert [(task["id"], task["status"]) for task in listed["tasks"]] == [(task_id, "CLAIMED")]
    assert listed["schema"] == 1
    shown = answer(conductor("task", "show", "--json", cwd=repository))["task"]
    assert shown["expectations"][0]["state"] == "unmet"
    assert conductor("check", "records", cwd=repository).returncode == 0


def test_an_entry_is_read_from_standard_input(conductor, repository):
    text = "Pinned it\n\n- **What**: the wheel\n  of torch\n- **Why**: it broke\n"
    assert conductor("journal", "add", "-", cwd=repository, stdin=text).returncode == 0
    entry = answer(conductor("journal", "show", "--json", cwd=repository))["entry"]
    assert entry["title"] == "Pinned it"
    assert entry["fields"] == {"What": "the wheel\nof torch", "Why": "it broke"}


def test_an_editor_writes_entries_and_blocks(conductor, repository, tmp_path):
    editor = tmp_path / "editor.py"
    editor.write_text(
        "import sys, pathlib; p = pathlib.Path(sys.argv[1]); t = p.read_text()\n"
        "p.write_text(t.replace('**What**: ', '**What**: edited').replace('one', 'two'))\n"
    )
    env = {"EDITOR": f"{sys.executable} {editor}"}
    assert conductor("journal", "add", "Title", cwd=repository, env=env).returncode == 0
    assert "- **What**: edited" in (repository / "JOURNAL.md").read_text()
    conductor("task", "new", "one", cwd=repository)
    assert conductor("task", "edit", cwd=repository, env=env).returncode == 0
    assert "**Title**: two" in (repository / "TASKS.md").read_text()
    assert conductor("task", "edit", cwd=repository, env={"EDITOR": "false"}).returncode == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["task", "new", " "], 2),
        (["task", "show", "nonsense"], 2),
        (["task", "show", "TASK-2026-01-05-001"], 2),
        (["task", "start", "TASK-2026-01-05-001"], 2),
        (["task", "next"], 3),
        (["task", "new", "x", "--expect", "smok"], 2),
        (["task", "expect", "--drop", "1"], 2),
        (["journal", "add", "x"], 2),
        (["journal", "add", "x", "--from-git", "--all"], 2),
        (["journal", "add", "x", "--what", "y", "--error", "ERR-1"], 2),
        (["error", "resolve", "ERR-2026-01-05-001", "--fix", "x"], 2),
        (["memory", "write", "../x", "y"], 2),
        (["search", " "], 2),
        (["task", "new", "x", "--priority", "P9"], 2),
        (["task", "list", "--status", "DONE"], 2),
        (["task", "list", "--priority", "soon"], 2),
        (["task", "phase", "x", "--target", "tomorrow"], 2),
        (["task", "phase", "x", "--target", "2026-02-30"], 2),
        (["task", "test", "2"], 2),
        (["journal", "add", "x", "--what", "y", "--task", "2"], 2),
        (["records", "renumber", "2", "3", "--lines-of", "a..b"], 2),
    ],
)
def test_bad_input_gets_a_remedy_and_changes_nothing(conductor, repository, arguments, code):
    done = conductor(*arguments, cwd=repository)
    assert done.returncode == code, done.stderr
    assert "remedy: " in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in repository.iterdir()] == [".git"]


def test_a_record_that_is_not_utf8_is_malformed(conductor, repository):
    (repository / "TASKS.md").write_bytes("# x".encode("utf-16"))
    done = conductor("task", "list", "--json", cwd=repository)
    assert (done.returncode, answer(done)["errors"][0]["path"]) == (4, "TASKS.md")


def test_outside_a_repository_it_says_so(conductor, tmp_path):
    done = conductor("task", "list", cwd=tmp_path)
    assert done.returncode == 2
    assert "git init" in done.stderr


@pytest.mark.parametrize("group", ["task", "journal", "error", "memory"])
def test_every_command_has_an_example_in_its_help(conductor, repository, group):
    text = conductor(group, "--help", cwd=repository).stdout
    names = [line.split()[0] for line in text.split("Commands:")[1].splitlines() if line[2:3].strip()]
    for name in names[:4]:
        assert f"Example: conductor {group} {name}" in " ".join(
            conductor(group, name, "--help", cwd=repository).stdout.split()
        )


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["task", "add"], "new"),
        (["task", "complete"], "done"),
        (["task", "update"], "edit"),
        (["task", "close"], "done"),
        (["task", "list-all"], "list"),
        (["task", "shwo"], "show"),
        (["task", "delete"], "drop"),
        (["journal", "write"], "add"),
        (["journal", "ls"], "list"),
        (["error", "close"], "resolve"),
        (["memory", "cat"], "show"),
        (["records", "recover"], "restore"),
        (["records", "merge-driver", "instal"], "install"),
        (["session", "begin"], "start"),
        (["hooks", "remove"], "uninstall"),
        (["records", "merg"], "merge-driver"),
        (["error", "fix"], "resolve"),
        (["hooks", "add"], "install"),
        (["task", "complet"], "done"),
        (["done"], "task done"),
        (["finish"], "task done"),
        (["tasks"], "task"),
    ],
)
def test_an_unknown_verb_gets_a_suggestion(conductor, repository, words, meant):
    done = conductor(*words, cwd=repository)
    assert done.returncode == 2
    assert f"Did you mean {meant}" in done.stderr


@pytest.mark.parametrize(
    ("asked", "meant"), [("DONE", "COMPLETE"), ("todo", "PLANNING"), ("in-progres", "IN_PROGRESS")]
)
def test_a_status_that_is_none_is_refused_with_the_choices(conductor, repository, asked, meant):
    done = conductor("task", "list", "--status", asked, cwd=repository)
    assert done.returncode == 2
    assert f"did you mean {meant}?" in done.stderr
    assert "use one of PLANNING, IN_PROGRESS" in done.stderr


def test_a_word_that_only_the_file_knows_can_be_asked_for(conductor, repository):
    conductor("task", "new", "x", "--priority", "p1", cwd=repository)
    path = repository / "TASKS.md"
    path.write_text(path.read_text().replace("PLANNING", "Ongoing").replace(": P1", ": Someday"))
    for option in (["--status", "ongoing"], ["--priority", "someday"]):
        assert conductor("task", "list", *option, cwd=repository).stdout.count("TASK-") == 1


def test_several_words_are_one_text_wherever_text_is_free(conductor, repository):
    for words in (
        ["task", "new", "Use", "the", "wheel"],
        ["task", "note", "it", "takes", "long"],
        ["task", "phase", "Runtime", "on", "L40"],
        ["journal", "add", "Pinned", "the", "wheel", "--what", "x"],
        ["journal", "search", "pinned", "the", "wheel"],
        ["error", "new", "it", "hangs"],
        ["memory", "write", "base", "it", "has", "3.11"],
    ):
        done = conductor(*words, cwd=repository)
        assert done.returncode == 0, done.stderr
    assert "**Title**: Use the wheel" in (repository / "TASKS.md").read_text()
    assert "it takes long" in (repository / "TASKS.md").read_text()
    assert "### Pinned the wheel" in (repository / "JOURNAL.md").read_text()


def test_every_verb_reads_a_short_id(conductor, repository):
    for title in ("one", "two", "three", "four"):
        conductor("task", "new", title, "--expect", "manual", cwd=repository)
    path = repository / "TASKS.md"

    def status(number):
        rows = answer(conductor("task", "list", "--all", "--json", cwd=repository))["tasks"]
        return next(row["status"] for row in rows if row["id"].endswith(f"-00{number}"))

    assert conductor("task", "start", "2", cwd=repository).returncode == 0
    assert conductor("task", "block", "3", "no GPU is free", cwd=repository).stdout.startswith("BLOCKER-001 in TASK-")
    assert conductor("task", "note", "task-3", "words", cwd=repository).returncode == 0
    assert conductor("task", "expect", "3", "command", "unit", cwd=repository).returncode == 0
    assert conductor("task", "expect", "003", "--drop", "1", "--why", "x", cwd=repository).returncode == 0
    assert conductor("task", "test", "2", cwd=repository).returncode == 0
    assert conductor("task", "done", "4", cwd=repository).returncode == 1
    assert conductor("task", "reopen", "4", "--why", "x", cwd=repository).returncode == 0
    assert conductor("task", "drop", "1", "--why", "x", "--superseded-by", "4", cwd=repository).returncode == 0
    assert conductor("task", "new", "five", "--depends", "2,3", cwd=repository).returncode == 0
    assert conductor("journal", "add", "x", "--what", "y", "--task", "3", cwd=repository).returncode == 0
    assert conductor("journal", "list", "--task", "003", cwd=repository).stdout.count("TASK-") == 1
    assert conductor("task", "show", "5", cwd=repository).stdout.count("-002, TASK-") == 1
    assert [status(number) for number in (1, 2, 3, 4)] == ["SUPERSEDED", "TESTING", "BLOCKED", "PLANNING"]
    before = path.read_bytes()
    for words in (
        ["block", "9", "x"],
        ["note", "TASK-2020-01-01-001", "x"],
        ["note", "2"],
        ["note", "2", "of", "them"],
    ):
        done = conductor("task", *words, cwd=repository)
        assert done.returncode == 2
        assert path.read_bytes() == before


def test_a_closed_task_is_not_tested(conductor, repository):
    conductor("task", "new", "one", cwd=repository)
    conductor("task", "drop", "1", "--why", "x", cwd=repository)
    done = conductor("task", "test", "1", cwd=repository)
    assert done.returncode == 2
    assert "task reopen" in done.stderr
