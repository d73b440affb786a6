"""What Conductor keeps for its user is not an agent's to edit, whatever name the folder goes by."""

import pytest

from conductor.guard.call import Edit
from conductor.guard.judge.edits import judge_edit
from tests.guard.test_hook import edit, fire, guarded

__all__ = ["guarded"]


@pytest.fixture
def folders(surroundings):
    state, config = surroundings / "state/conductor", surroundings / "config/conductor"
    for folder in (state / "grants", state / "trust", config):
        folder.mkdir(parents=True, exist_ok=True)
    return surroundings


@pytest.mark.parametrize(
    "name",
    [
        "state/conductor/grants/project-0123456789ab.json",
        "state/conductor/grants/new.json",
        "state/conductor/trust/project-0123456789ab.json",
        "state/conductor/host-key.json",
        "state/conductor/later/thing",
        "state/conductor",
        "state/conductor/../conductor/grants/x.json",
        "state/Conductor/grants/x.json",
        "config/conductor/config.yaml",
        "config/conductor/config.yaml.new",
        "state",
    ],
)
def test_state_and_configuration_are_not_edited(guarded, folders, name):
    assert fire(guarded, "claude", edit(guarded, folders / name, content="{}")).returncode == 2


@pytest.mark.parametrize("name", ["sessions/s.jsonl", "releases/r-1.jsonl", "records.lock", ""])
def test_the_ledgers_in_gits_folder_are_not_edited(guarded, name):
    assert fire(guarded, "claude", edit(guarded, guarded / ".git/conductor" / name, content="{}")).returncode == 2


def test_other_names_for_the_folder_lead_there_too(guarded, folders, tmp_path):
    path = folders / "state/conductor/grants/x.json"
    (tmp_path / "link").symlink_to(folders / "state")
    (guarded / "inside").symlink_to(path.parent)
    for given in (
        f"file://{path}",
        f"/proc/self/root{path}",
        "~/state/conductor/grants/x.json",
        tmp_path / "link/conductor/grants/x.json",
        "inside/x.json",
        f"../../../../../../../../..{path}",
    ):
        event = edit(guarded, "x", content="{}")
        event["tool_input"]["file_path"] = str(given)
        assert fire(guarded, "claude", event).returncode == 2, given


def test_evidence_of_another_project_is_not_edited_either(guarded, tmp_path):
    other = tmp_path / "elsewhere/.conductor/evidence/2026-01/r-1.jsonl"
    assert fire(guarded, "claude", edit(guarded, other, content="{}")).returncode == 2


@pytest.mark.parametrize(
    "name", ["state/other/file", "config/other.yaml", "state/conductor-notes.md", ".cache/x", "notes/conductor/a.md"]
)
def test_what_only_looks_like_it_is_edited_freely(guarded, folders, name):
    assert fire(guarded, "claude", edit(guarded, folders / name, content="{}")).returncode == 0


def test_every_tool_that_edits_is_judged(guarded, folders):
    path = str(folders / "state/conductor/grants/x.json")
    patch = f"*** Begin Patch\n*** Add File: {path}\n+{{}}\n*** End Patch"
    for tool, arguments in (
        ("Edit", {"file_path": path, "old_string": "", "new_string": "{}"}),
        ("apply_patch", {"command": patch}),
        ("mcp__filesystem__write_file", {"path": path, "content": "{}"}),
        ("mcp__filesystem__move_file", {"source": "x.json", "destination": path}),
    ):
        event = {**edit(guarded, "x", content=""), "tool_name": tool, "tool_input": arguments}
        assert fire(guarded, "claude", event).returncode == 2, tool


def test_a_folder_that_holds_the_project_is_no_protected_one():
    said = judge_edit(Edit("/home/u/notes.md", content="x"), "/home/u/p", "/home/u/p", (), ("/home/u/p/.git",))
    assert said.verdict == "allow"
