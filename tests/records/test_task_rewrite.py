"""A block that a person edits: merged with what changed meanwhile, and never lost."""

import json
import signal
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conductor.errors import ConductorError, UsageProblem
from conductor.records.archive import compact_records
from conductor.records.expectations import read_wish
from conductor.records.lint import lint_records
from conductor.records.task_edits import (
    NewTask,
    add_expectations,
    add_note,
    add_numbered,
    begin_testing,
    close_task,
    create_task,
    drop_expectation,
    read_phase,
    reopen_task,
    set_phase,
    start_task,
)
from conductor.records.task_lists import load_tasks
from conductor.records.task_lookup import find_task
from conductor.records.task_rewrite import open_block, rewrite_block
from conductor.records.tasks import TaskFile
from tests.records import samples

ID = "TASK-2025-11-06-002"


def test_an_edited_block_replaces_only_itself(records, write, read):
    write("TASKS.md", samples.TASKS)
    opened = open_block(records, ID)
    assert rewrite_block(records, opened, opened.text.replace("stay on 6.1", "go to 7.0")) is False
    assert read("TASKS.md").decode() == samples.TASKS.replace("stay on 6.1", "go to 7.0")


@pytest.mark.parametrize("eol", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("end", ["", "\n", "\n\n\n"])
def test_what_was_not_edited_keeps_its_bytes(records, write, read, eol, end):
    text = samples.TASKS.replace("## Upcoming", f"{end}## Upcoming").replace("\n", eol)
    write("TASKS.md", text)
    opened = open_block(records, ID)
    assert "\r" not in opened.text
    rewrite_block(records, opened, opened.text.replace("stay on 6.1", "stay"))
    assert read("TASKS.md").decode() == text.replace("stay on 6.1", "stay")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda text: text.replace(ID, "TASK-2025-11-06-009"),
        lambda text: text.replace("**Task ID**", "Task"),
        lambda text: "no heading\n" + text,
        lambda text: "",
        lambda text: text + "\0",
        lambda text: text + f"\n## Open Task\n**Task ID**: {ID}\n",
        lambda text: text + "\n## Open Task\n**Task ID**: TASK-2025-11-06-009\n",
        lambda text: text + "\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> c\n",
        lambda text: text.replace("### Findings", "```\n### Findings"),
    ],
)
def test_what_is_not_one_block_of_the_task_is_refused(records, write, read, wrong):
    write("TASKS.md", samples.TASKS)
    opened = open_block(records, ID)
    with pytest.raises(ConductorError):
        rewrite_block(records, opened, wrong(opened.text))
    assert read("TASKS.md").decode() == samples.TASKS


@pytest.fixture
def project(records):
    for title in ("one", "two", "three"):
        create_task(records, NewTask(title, expectations=[read_wish("build"), read_wish("manual")]))
    return records


ONE, TWO = "TASK-2026-01-05-001", "TASK-2026-01-05-002"
MEANWHILE = {
    "a new task": lambda records: create_task(records, NewTask("four")),
    "a note": lambda records: add_note(records, ONE, "a note"),
    "a finding": lambda records: add_numbered(records, ONE, "finding", "found"),
    "a blocker": lambda records: add_numbered(records, ONE, "blocker", "stuck"),
    "an expectation": lambda records: add_expectations(records, ONE, [read_wish("command unit")]),
    "one taken back": lambda records: drop_expectation(records, ONE, 2, "no"),
    "its status": lambda records: begin_testing(records, ONE),
    "another's start": lambda records: start_task(records, TWO),
    "another's end": lambda records: close_task(records, TWO, "DROPPED", "no"),
    "its own end": lambda records: close_task(records, ONE, "DROPPED", "no"),
    "a phase": lambda records: set_phase(records, "Next"),
    "others at once": lambda records: [
        add_note(records, TWO, "x"),
        create_task(records, NewTask("four")),
        start_task(records, TWO),
    ],
}
EDITS = {
    "a title": (lambda text: text.replace("**Title**: one", "**Title**: first"), "**Title**: first"),
    "a context": (lambda text: text.replace("### Task Context\n", "### Task Context\n- **Key Files**: a.py\n"), "- **Key Files**: a.py"),
    "a finding": (lambda text: text.replace("Decisions\n", "Decisions\n- **FINDING-001**: mine\n"), ": mine"),
    "a section": (lambda text: text.replace("### Task Chain", "### Thoughts\nmany words\n\n### Task Chain"), "### Thoughts\nmany words\n"),
    "a row": (lambda text: text.rstrip("\n") + "\n4. ⏳ by hand\n", "⏳ by hand\n"),
    "a reworded row": (lambda text: text.replace("⏳ two (", "⏳ number two ("), "number two ("),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("change", MEANWHILE)
def test_an_edit_is_merged_with_what_changed_meanwhile(project, read, change, edit):
    make, seen = EDITS[edit]
    opened = open_block(project, ONE)
    text = make(opened.text)
    assert text != opened.text
    MEANWHILE[change](project)
    there = read("TASKS.md").decode()
    assert rewrite_block(project, opened, text) is True
    result = read("TASKS.md").decode()
    assert seen in result
    gone = [line for line in there.splitlines() if line not in result.splitlines()]
    kept = [
        line
        for line in gone
        if not any(word in line for word in ("one", "two", "Progress", "FINDING-001", "four", "by hand"))
    ]
    assert kept == []
    assert {task.id for task in load_tasks(project)} == {task.id for task in TaskFile(project.load("TASKS.md")).tasks()}
    if change in {"a new task", "others at once"}:
        assert "four" in [task.title for task in load_tasks(project)]
    assert [one.code for one in lint_records(project)] == []


def test_a_counter_and_numbers_go_on_after_a_merge(project, read):
    opened = open_block(project, ONE)
    create_task(project, NewTask("four"))
    rewrite_block(project, opened, opened.text.rstrip("\n") + "\n4. ✅ by hand\n")
    numbers = [(row.number, row.title) for row in TaskFile(project.load("TASKS.md")).chain]
    assert sorted(numbers) == [(1, "one"), (2, "two"), (3, "three"), (4, "four"), (5, "by hand")] or sorted(numbers) == [
        (1, "one"), (2, "two"), (3, "three"), (4, "by hand"), (5, "four")
    ]  # fmt: skip
    assert read_phase(project)["progress"] == "1/5 tasks completed"


@pytest.mark.parametrize(
    "change",
    [
        lambda records: (records.root / "TASKS.md").write_text(
            (records.root / "TASKS.md").read_text().replace("Title**: one", "Title**: uno")
        ),
        lambda records: (records.root / "TASKS.md").unlink(),
        lambda records: (records.root / "TASKS.md").write_bytes(b"\xff"),
        lambda records: (records.root / "TASKS.md").write_text("# Task Management\n"),
    ],
)
def test_where_it_can_not_be_merged_nothing_is_written(project, change):
    path = project.root / "TASKS.md"
    opened = open_block(project, ONE)
    change(project)
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(ConductorError):
        rewrite_block(project, opened, opened.text.replace("Title**: one", "Title**: first"))
    assert (path.read_bytes() if path.exists() else None) == before


def test_a_task_that_was_archived_meanwhile_is_not_written_twice(records, write, read):
    done = "## Previous Task\n**Task ID**: TASK-2026-01-01-001\n**Title**: x\n**Status**: COMPLETE\n"
    write("TASKS.md", f"# T\n\n{done}" + "\n" * 600)
    opened = open_block(records, "TASK-2026-01-01-001")
    compact_records(records)
    with pytest.raises(UsageProblem):
        rewrite_block(records, opened, opened.text.replace("x", "y"))


LINES = st.lists(
    st.sampled_from(["- **Key Files**: b.py", "- words", "  more", "", "**Owner**: me", "- **FINDING-009**: x"]),
    min_size=1,
    max_size=4,
)
ACTS = st.lists(st.sampled_from(sorted(set(MEANWHILE) - {"its own end"})), max_size=3)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES, ACTS, st.sampled_from(["### Task Context\n", "### Findings & Decisions\n", "### Expectations\n"]))
def test_an_edit_and_any_acts_both_stay(tmp_path_factory, clock, lines, acts, place):
    import subprocess

    from conductor.providers.git import GitRepository
    from conductor.records.store import Records

    root = tmp_path_factory.mktemp("edit")
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    records = Records(root, GitRepository.find(root), clock)
    for title in ("one", "two"):
        create_task(records, NewTask(title, expectations=[read_wish("build"), read_wish("manual")]))
    opened = open_block(records, ONE)
    text = opened.text.replace(place, place + "\n".join(lines) + "\n")
    for act in acts:
        try:
            MEANWHILE[act](records)
        except UsageProblem:
            continue
    there = (records.root / "TASKS.md").read_text()
    try:
        rewrite_block(records, opened, text)
    except UsageProblem:
        assert (records.root / "TASKS.md").read_text() == there
        return
    result = (records.root / "TASKS.md").read_text()
    assert [line for line in lines if line.strip() and line not in result and not line.startswith("- **FINDING")] == []
    assert result.count("## Current Task") == 1
    assert find_task(records, ONE)[1].title == "one"
    wanted = [line for line in there.splitlines() if not line.startswith(("**Progress", "- **FINDING"))]
    assert [line for line in wanted if line not in result.splitlines()] == []


def test_closing_again_after_a_reopening_changes_nothing_else(project):
    close_task(project, TWO, "DROPPED", "no")
    opened = open_block(project, TWO)
    reopen_task(project, TWO, "yes")
    assert rewrite_block(project, opened, opened.text + "- a line\n") is True


# From outside, with a real editor:

EDITOR = """
import os, pathlib, signal, subprocess, sys
path = pathlib.Path(sys.argv[-1])
{body}
"""


@pytest.fixture
def editor(tmp_path):
    def make(body):
        path = tmp_path / "editor.py"
        path.write_text(EDITOR.format(body=body))
        return {"EDITOR": f"{sys.executable} {path}"}

    return make


CHANGE = "path.write_text(path.read_text().replace('Title**: one', 'Title**: my words'))"


def kept(done, root):
    """Return the text that the error says is kept."""
    assert "your text is kept in " in done.stderr, done.stderr
    return (root / done.stderr.split("your text is kept in ")[1].split()[0]).read_bytes()


def test_tasks_made_while_the_editor_is_open_are_kept(project, conductor, editor):
    body = f"subprocess.run([sys.executable, '-m', 'conductor', 'task', 'new', 'meanwhile'], check=True)\n{CHANGE}"
    done = conductor("task", "edit", "1", "--json", cwd=project.root, env=editor(body))
    assert json.loads(done.stdout.partition("\n")[2])["merged"] is True
    assert {task.title for task in load_tasks(project)} == {"my words", "two", "three", "meanwhile"}
    assert list((project.repository.common_dir / "conductor/kept").iterdir()) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (f"{CHANGE}\nsys.exit(3)", "the editor ended with 3"),
        (f"{CHANGE}\nos.kill(os.getpid(), signal.SIGKILL)", "the editor was killed by signal 9"),
        (f"{CHANGE}\npath.write_text(path.read_text().replace('Task ID', 'Task'))", "not exactly one block"),
        (f"{CHANGE}\npath.write_text(path.read_text()[2:])", "begins with its ## heading"),
        (f"{CHANGE}\npathlib.Path('TASKS.md').unlink()", "there is no TASKS.md"),
        (f"{CHANGE}\npathlib.Path('TASKS.md').write_bytes(b'\\xff')", "not UTF-8"),
        (f"{CHANGE}\np = pathlib.Path('TASKS.md'); p.write_text(p.read_text().replace('Title**: one', 'Title**: other'))", "changed meanwhile"),
        (f"{CHANGE}\npath.write_bytes(path.read_bytes() + b'\\xff')", "the editor left no text"),
    ],
)  # fmt: skip
def test_what_was_typed_is_kept_whatever_fails(project, conductor, editor, body, said):
    done = conductor("task", "edit", "1", cwd=project.root, env=editor(body))
    assert done.returncode in {2, 4}
    assert said in done.stderr
    assert b"my words" in kept(done, project.root)


@pytest.mark.parametrize("body", ["sys.exit(1)", "pass", "path.unlink()"])
def test_where_nothing_was_typed_nothing_is_kept(project, conductor, editor, body):
    before = (project.root / "TASKS.md").read_bytes()
    done = conductor("task", "edit", "1", cwd=project.root, env=editor(body))
    assert "kept in" not in done.stderr
    assert (project.root / "TASKS.md").read_bytes() == before
    assert list((project.repository.common_dir / "conductor/kept").iterdir()) == []


def test_a_draft_of_the_journal_is_kept_too(project, conductor, editor):
    body = "path.write_text(path.read_text().replace('**What**: ', '**What**: my words'))\nsys.exit(1)"
    done = conductor("journal", "add", "Title", cwd=project.root, env=editor(body))
    assert done.returncode == 2
    assert b"my words" in kept(done, project.root)


def test_an_interrupt_while_the_editor_is_open_takes_no_text_away(project, editor):
    import os
    import subprocess

    body = f"os.kill(os.getppid(), signal.SIGINT)\n{CHANGE}"
    done = subprocess.run(
        [sys.executable, "-m", "conductor", "task", "edit", "1"],
        cwd=project.root, env={**os.environ, **editor(body)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "my words" in {task.title for task in load_tasks(project)}
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
