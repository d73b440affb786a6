"""The same failure, when it comes again: counted, and held against what was changed meanwhile."""

from __future__ import annotations

import pytest

from conductor.diagnosis.kept import Attempt, attempt_of, find_earlier, keep_diagnosis, tell_again
from conductor.domain.evidence import Evidence, Outcome
from conductor.domain.finding import Finding, Location
from conductor.providers.git import GitRepository
from conductor.records.evidence import EvidenceStore

WHEEL = {"wheel": "flash_attn-2.8.3-cp310-cp310-linux_x86_64.whl"}


def finding(code="WHEEL_PLATFORM", line=2, **found):
    return Finding(
        code, "does not fit", "use another", location=Location("Dockerfile", line), data={"found": found or WHEEL}
    )


@pytest.fixture
def place(repository):
    """Return the repository, with a first commit, as the rooms see it."""
    found = GitRepository.find(repository)
    found.run("commit", "--quiet", "--allow-empty", "-m", "Nothing yet")
    return found


@pytest.fixture
def store(place):
    return EvidenceStore(place.root)


class Story:
    """Failures and changes, one after the other."""

    def __init__(self, repository, store):
        self.repository, self.store = repository, store
        self.minute = 0

    def change(self, message, **files):
        """Commit the texts under their names and return the revision."""
        for name, text in files.items():
            path = self.repository.root / (f"{name}.md" if name.isupper() else name)
            path.write_text(text)
        self.repository.run("add", "--all")
        self.repository.run("commit", "--quiet", "-m", message)
        return self.repository.head()

    def fail(self, one=None, subject=None, revision=None):
        """Diagnose a failure of HEAD and return what is told of it."""
        one = one or finding()
        self.minute += 1
        now = attempt_of(one, subject or f"run {self.minute} attempt 1", revision or self.repository.head(), self._at())
        earlier = find_earlier(self.store.lines(), now, "build", self.repository)
        keep_diagnosis(self.store, "w", one, now, "here")
        return tell_again(one, earlier, now, self.repository).data.get("again", "")

    def passes(self, kind):
        self.minute += 1
        self.store.append("w", Evidence(kind, "x", Outcome.PASSED, self._at(), "here", {}))

    def _at(self):
        return f"2026-01-05T10:{self.minute:02d}:00Z"


@pytest.fixture
def story(place, store):
    return Story(place, store)


def test_a_third_time_names_the_changes_that_did_not_touch_the_cause(story):
    story.change("Begin", Dockerfile="FROM x\nRUN pip install a.whl\n")
    assert story.fail() == ""
    story.change("Use --force-reinstall", README="1")
    assert story.fail().startswith("the same failure for the 2nd time in a row; the 1 change since then did not touch")
    story.change("Try another runner", README="2")
    told = story.fail()
    assert told.startswith(
        "the same failure for the 3rd time in a row; the 2 changes since then did not touch Dockerfile:2"
    )
    assert '"Use --force-reinstall"' in told
    assert '"Try another runner"' in told


def test_a_change_of_the_line_itself_is_told_as_one(story):
    story.change("Begin", Dockerfile="FROM x\nRUN pip install a.whl\n")
    story.fail()
    story.change("Add an option", Dockerfile="FROM x\nRUN pip install --no-deps a.whl\n")
    assert '"Add an option" changed Dockerfile:2, and the cause is still there' in story.fail()


def test_the_same_revision_again_had_no_change(story):
    story.fail()
    assert story.fail() == "the same failure for the 2nd time in a row; nothing was changed in between"


def test_commits_that_only_write_records_change_nothing(story):
    story.fail()
    story.change("Write it down", TASKS="it is the runner")
    assert story.fail() == "the same failure for the 2nd time in a row; nothing was changed in between"


@pytest.mark.parametrize("between", ["another cause", "other captures", "a build that passed"])
def test_what_is_not_in_a_row_is_not_counted(story, between):
    story.fail()
    if between == "another cause":
        story.fail(finding("DISK_FULL"))
    elif between == "other captures":
        story.fail(finding(wheel="other.whl"))
    else:
        story.passes("build")
    assert story.fail() == ""


def test_a_job_that_passed_ends_no_row_of_builds(story):
    story.fail()
    story.passes("smoke")
    assert "2nd time" in story.fail()


def test_one_failure_looked_at_twice_is_one(story):
    story.fail(subject="run 1 attempt 1")
    assert story.fail(subject="run 1 attempt 1") == ""
    assert len(story.store.lines()) == 1
    story.fail(finding("MODULE_MISSING"), subject="release r-1 at rollout")
    assert story.fail(finding("MODULE_MISSING"), subject="worker w1") == ""


def test_a_failure_of_another_branch_is_not_before_this_one(story):
    base = story.repository.head()
    elsewhere = story.change("Elsewhere", a="1")
    story.fail()
    story.repository.run("reset", "--hard", "--quiet", base)
    story.change("Here", b="1")
    assert story.fail() == ""
    assert story.repository.head() != elsewhere


def test_evidence_of_another_form_is_no_attempt(store):
    store.append("w", Evidence("diagnosis", "run 1", Outcome.OBSERVED, "2026-01-05T10:00:00Z", "x", {"cause": 5}))
    now = Attempt("run 2", None, "2026-01-05T10:01:00Z", "DISK_FULL", ())
    assert find_earlier(store.lines(), now, "build", None) == []
