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
