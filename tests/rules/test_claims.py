from __future__ import annotations

import pytest

from conductor.domain.evidence import Evidence, Outcome
from conductor.records.evidence import EvidenceStore
from conductor.rules.claims import find_claim, find_claims


def found(tree):
    return find_claims(tree.context(), EvidenceStore(tree.root).lines())


@pytest.mark.parametrize(
    "text",
    [
        "Install flash-attention using ByteDance wheel (proven L40 compatibility)",
        "Using v2.5.8 from SeedVR team - tested with their models and L40 GPU",
        "Fixed the build",
        "The build has been fixed.",
        "The bug is fixed.",
        "Verified on an L40",
        "This works perfectly now",
        "Production-ready image",
        "✅ Build passes",
        "The platform issue is now resolved",
        "Tested in the container",
    ],
)
def test_a_claim_is_seen(text):
    assert find_claim(text)


@pytest.mark.parametrize(
    "text",
    [
        "Fix the build",
        "not yet tested on an L40",
        "must be verified on a GPU",
        "a fixed seed",
        "fixed-size buffer",
        "Was it tested on an L40?",
        "nothing was proven",
        "if it is tested on an L40, say so",
        "fixed: bool",
        "fixed in 2.8.3",
        "The bug was fixed upstream",
        "the crash is fixed since torch 2.6",
        "unproven",
        "A release ends verified in about 8 s",
        "The host has already been resolved",
        "guaranteed to be an integer",
        "the digest is verified before it is used",
        "what was tested only by our own idea of the world was right about that idea",
        "it was verified by nobody on a card",
    ],
)
def test_wishes_conditions_and_descriptions_are_no_claims(text):
    assert find_claim(text) is None


def test_a_comment_a_journal_line_and_a_message_without_evidence_are_advice(tree):
    tree.write("image/Dockerfile", "FROM scratch\n# proven L40 compatibility\nRUN echo proven\n")
    tree.write("JOURNAL.md", (tree.root / "JOURNAL.md").read_text() + "\nThe wheel was tested on an L40.\n")
    tree.commit("Fixed the wheel")
    findings = found(tree)
    places = [str(one.location) if one.location else "message" for one in findings]
    assert sorted(places) == ["JOURNAL.md:7", "image/Dockerfile:2", "message"]
    assert {str(one.severity) for one in findings} == {"advice"}
    assert 'claims "proven"' in next(one.message for one in findings if one.location and "Docker" in one.location.path)


def test_evidence_of_the_revision_carries_its_claims_but_not_those_made_after_it(tree):
    tree.write("image/Dockerfile", "FROM scratch\n# proven L40 compatibility\n")
    revision = tree.commit("Fixed the wheel")
    store = EvidenceStore(tree.root)
    store.append("r-1", Evidence("build", revision, Outcome.FAILED, "2026-01-05T10:00:00Z", "run"))
    assert found(tree) != []
    store.append("r-1", Evidence("build", revision, Outcome.PASSED, "2026-01-05T11:00:00Z", "run"))
    assert found(tree) == []
    tree.write("image/Dockerfile", "FROM scratch\n# proven L40 compatibility\n# tested on an L40 too\n")
    assert [one.location.line for one in found(tree)] == [3]


def test_a_line_that_names_its_evidence_is_no_bare_claim(tree):
    line = EvidenceStore(tree.root).append(
        "r-1", Evidence("smoke", "production@x", Outcome.PASSED, "2026-01-05T10:00:00Z", "job")
    )
    tree.write(
        "JOURNAL.md", f"# Journal\n\n## 2026-01-05 09:10: Began\n\nVerified on an L40 (evidence {line.reference})\n"
    )
    assert found(tree) == []
    tree.write(
        "JOURNAL.md", "# Journal\n\n## 2026-01-05 09:10: Began\n\nVerified on an L40 (evidence r-9#1:00000000)\n"
    )
    assert len(found(tree)) == 1


def test_a_first_commit_and_an_empty_repository_are_no_crash(tree, repository, git, tmp_path):
    assert found(tree) == []
    from tests.rules.conftest import Tree

    empty = tmp_path / "empty"
    empty.mkdir()
    git("init", "-q", cwd=empty)
    assert found(Tree(empty, git)) == []


def test_what_is_built_is_looked_at_whole_whenever_it_was_written(tree):
    tree.write("image/Dockerfile", "FROM scratch\n# proven L40 compatibility\n")
    tree.commit()
    tree.write("run.sh", "changed\n")
    tree.commit("Change the script")
    tree.write("run.sh", "changed again\n")
    tree.commit("Change it again")
    assert [str(one.location) for one in found(tree)] == ["image/Dockerfile:2"]


def test_a_file_that_git_does_not_know_yet_is_read_too(tree):
    tree.write("fix.py", "x = 1\n# proven on the L40\n")
    tree.write("proven.bin", "# proven on the L40\n")
    assert [str(one.location) for one in found(tree)] == ["fix.py:2"]


@pytest.mark.parametrize(
    "line",
    [
        "1. ✅ Correct the tested path (TASK-2026-01-05-001)",
        "2. 🔄 Fixed wheel, verified on an L40 (CURRENT)",
        "- ✅ Correct the build (TASK-2026-01-05-001a)",
        "- [x] TASK-2026-01-05-001: Fixed the build",
        "- [TASK-2026-01-05-001](TASKS_ARCHIVE/2026-01.md): Build fixed and tested on an L40",
        "**Title**: Verified wheel for the L40",
        "- **Title**: Fixed the build",
    ],
)
def test_a_tasks_own_lines_are_no_claims(tree, line):
    tree.write("TASKS.md", f"# Tasks\n\n{line}\n")
    assert [one for one in found(tree) if one.location and one.location.path == "TASKS.md"] == []


@pytest.mark.parametrize(
    "line",
    [
        "1. ✅ Build passes",
        "- ✅ Build passes, see TASK-2026-01-05-001 for more",
        "- **FINDING-001**: verified on an L40 (TASK-2026-01-05-001)",
        "**Status**: fixed and verified on an L40",
    ],
)
def test_what_is_said_in_a_task_is_a_claim(tree, line):
    tree.write("TASKS.md", f"# Tasks\n\n{line}\n")
    assert [one.location.path for one in found(tree) if one.location] == ["TASKS.md"]


def test_what_the_records_say_about_a_proven_revision_is_carried_until_code_is_changed(tree):
    head = tree.git("rev-parse", "HEAD")
    seen = Evidence("command", "unit", Outcome.PASSED, "2026-01-05T10:00:00Z", "make test", {"revision": head})
    EvidenceStore(tree.root).append("v-1", seen)
    tree.write("JOURNAL.md", "# Journal\n\n## 2026-01-05\n\n### Fixed\n- **Result**: verified with make test\n")
    assert found(tree) == []
    tree.write("handler.py", "# more\n")
    assert {one.location.path for one in found(tree)} == {"JOURNAL.md"}
