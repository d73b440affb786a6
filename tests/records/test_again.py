"""Each kind of evidence is asked of who said it; what can't be asked is skipped, with the reason."""

from __future__ import annotations

import pytest

from conductor.domain.evidence import Evidence, EvidenceLine, Outcome
from conductor.errors import OutsideRefused, UsageProblem
from conductor.ports.ci import BuildRun
from conductor.ports.registry import ImageFacts
from conductor.ports.target import TargetRelease, TargetState
from conductor.records.again import REVISION_LABEL, Answered, Inquiry, Services

IMAGE = "docker.io/owner/worker"
WORKFLOW = ".github/workflows/build.yml"
ONE, TWO = (f"sha256:{letter * 64}" for letter in "12")
ABSENT = "f" * 40


class Outside(OutsideRefused):
    def __init__(self, status):
        super().__init__(f"answered {status}", hint="try again")
        self.status = status


class World:
    """Everything that can be asked, as data; an exception in the place of an answer is raised."""

    name = "production"

    def __init__(self, repository):
        self.repository = repository
        self.tip, self.absence = None, None
        self.runs, self.images, self.releases = {}, {}, ()
        self.image = f"{IMAGE}@{ONE}"
        self.asked = []

    def _give(self, answer):
        if isinstance(answer, Exception):
            raise answer
        return answer

    def read(self, ref):
        self.asked.append(ref)
        return self._give(self.tip)

    def fetch_attempt(self, run_id, attempt):
        self.asked.append(run_id)
        return self._give(self.runs.get((run_id, attempt), Outside(404)))

    def explain_absence(self):
        return self._give(self.absence)

    def fetch_image(self, name, reference, platform):
        self.asked.append(f"{name}@{reference}")
        return self._give(self.images.get(reference))

    def fetch_state(self):
        return TargetState(self._give(self.image), 3, 0, 1)

    def fetch_releases(self):
        return self._give(self.releases)

    def services(self, **changes):
        given = {
            "repository": self.repository, "image": IMAGE, "platform": "linux/amd64", "workflow": WORKFLOW,
            "branch": "main", "remote": lambda: self, "builds": lambda: self, "registry": lambda: self,
            "target": lambda _: self,
        }  # fmt: skip
        return Services(**{**given, **changes})


@pytest.fixture
def head(records, write, git):
    write("file", "text")
    git("add", "-A", cwd=records.root)
    git("commit", "-qm", "x", cwd=records.root)
    return git("rev-parse", "HEAD", cwd=records.root)


@pytest.fixture
def world(records, head):
    found = World(records.repository)
    found.tip = head
    found.runs[17, 1] = BuildRun(17, 3, 1, "completed", "success", head, "", "", path=WORKFLOW)
    found.images[ONE] = ImageFacts(IMAGE, ONE, "linux/amd64", {REVISION_LABEL: head})
    return found


def line(kind, subject, source="", outcome=Outcome.PASSED, at="2026-01-05T10:31:00Z", **detail):
    evidence = Evidence(kind, subject, outcome, at, source, detail)
    return EvidenceLine("r-1", 1, None, evidence, f"{hash((kind, subject, at)) & (2**32 - 1):08x}" * 8)


def ask(world, asked, every=(), **changes):
    found = Inquiry(world.services(**changes), [*every, asked]).ask(asked)
    return found and (str(found.answer), found.told)


def test_a_run_is_compared_with_its_own_attempt(world, head):
    assert ask(world, line("build", head, run=17, attempt=1))[0] == "same"
    world.runs[17, 1] = BuildRun(17, 3, 1, "completed", "failure", head, "", "")
    assert ask(world, line("build", head, run=17, attempt=1))[0] == "differs"
    world.runs[17, 2] = BuildRun(17, 3, 2, "completed", "success", head, "", "")
    assert ask(world, line("build", head, run=17, attempt=2))[0] == "same"


def test_a_run_of_another_commit_differs_with_both_values(world, head):
    answer, told = ask(world, line("build", ABSENT, run=17, attempt=1))
    assert answer == "differs"
    assert (head[:7] in told, ABSENT[:7] in told) == (True, True)


@pytest.mark.parametrize(
    ("run", "absence", "told"),
    [
        (Outside(404), "GitHub knows no workflow", "can this token see the repository"),
        (Outside(404), Outside(403), "answered 403"),
        (Outside(500), None, "answered 500"),
        (Outside(0), None, "answered 0"),
        ("lint.yml", None, "is of lint.yml"),
    ],
)
def test_what_github_does_not_show_is_skipped(world, head, run, absence, told):
    of_another = BuildRun(17, 3, 1, "completed", "success", head, "", "", path=str(run))
    world.runs[17, 1] = run if isinstance(run, Exception) else of_another
    world.absence = absence
    answer, said = ask(world, line("build", head, run=17, attempt=1))
    assert (answer, told in said) == ("skipped", True), said


@pytest.mark.parametrize("detail", [{}, {"run": "17"}, {"run": 17, "attempt": None}, {"run": None}])
def test_a_build_that_names_no_run_is_skipped(world, head, detail):
    assert ask(world, line("build", head, **detail)) == ("skipped", "names no run")


def test_an_image_that_was_built_for_an_earlier_commit_is_asked_by_its_label(world, head):
    source = f"{IMAGE}@{ONE}"
    assert ask(world, line("build", ABSENT, source, built=head))[0] == "same"
    assert ask(world, line("build", ABSENT, source, built=ABSENT))[0] == "differs"


def test_an_image_is_compared_by_digest_and_revision(world, head):
    assert ask(world, line("image", ONE, f"{IMAGE}@{ONE}", revision=head))[0] == "same"
    assert ask(world, line("image", ONE, f"{IMAGE}@{ONE}", revision=ABSENT))[0] == "differs"
    assert ask(world, line("image", TWO, f"{IMAGE}@{TWO}", revision=head))[0] == "differs"


@pytest.mark.parametrize(
    ("subject", "source"), [(ONE, f"ghcr.io/other/worker@{ONE}"), (ONE, ""), ("latest", f"{IMAGE}:latest")]
)
def test_only_the_configured_image_is_asked_about(world, subject, source):
    assert ask(world, line("image", subject, source))[0] == "skipped"
    assert world.asked == []


def test_the_last_deployment_is_compared_with_what_is_served(world):
    assert ask(world, line("deployed", f"production@{ONE}"))[0] == "same"
    answer, told = ask(world, line("deployed", f"production@{TWO}"))
    assert (answer, ONE[:11] in told, TWO[:11] in told) == ("differs", True, True)
    world.image = ""
    assert ask(world, line("deployed", f"production@{ONE}"))[0] == "differs"


@pytest.mark.parametrize("kind", ["deployed", "restored"])
def test_an_earlier_deployment_is_looked_for_in_the_targets_history(world, kind):
    later = line(kind, f"production@{ONE}", at="2026-01-05T11:00:00Z")
    earlier = line("deployed", f"production@{TWO}")
    assert ask(world, earlier, [later])[0] == "skipped"
    world.releases = (TargetRelease(2, None, f"{IMAGE}@{TWO}"),)
    assert ask(world, earlier, [later])[0] == "same"


def test_a_branch_that_went_on_still_holds_the_commit(world, head, git, records):
    assert ask(world, line("push", head, "ssh://host refs/heads/main"))[0] == "same"
    git("commit", "-qm", "y", "--allow-empty", cwd=records.root)
    world.tip = git("rev-parse", "HEAD", cwd=records.root)
    assert ask(world, line("push", head))[0] == "same"
    git("checkout", "-q", "--orphan", "other", cwd=records.root)
    git("commit", "-qm", "z", "--allow-empty", cwd=records.root)
    world.tip = git("rev-parse", "HEAD", cwd=records.root)
    assert ask(world, line("push", head))[0] == "differs"
    world.tip = None
    assert ask(world, line("push", head))[0] == "differs"
    world.tip = ABSENT
    answer, told = ask(world, line("push", head))
    assert (answer, "git fetch" in told) == ("skipped", True)


def test_a_commit_is_looked_for_here(world, head, git, records):
    assert ask(world, line("commit", head, outcome=Outcome.OBSERVED))[0] == "same"
    assert ask(world, line("commit", ABSENT))[0] == "differs"
    git("commit", "-qm", "y", "--allow-empty", cwd=records.root)
    lost = git("rev-parse", "HEAD", cwd=records.root)
    git("reset", "-q", "--hard", "HEAD~1", cwd=records.root)
    assert ask(world, line("commit", lost))[0] == "differs"


def test_a_file_is_compared_with_what_the_commit_holds(world, head):
    import hashlib

    sha = hashlib.sha256(b"text").hexdigest()
    assert ask(world, line("file", "file", revision=head, sha256=sha))[0] == "same"
    assert ask(world, line("file", "file", revision=head, sha256="0" * 64))[0] == "differs"
    assert ask(world, line("file", "gone", revision=head, sha256=sha))[0] == "differs"
    assert ask(world, line("file", "file", revision=ABSENT, sha256=sha))[0] == "differs"
    assert ask(world, line("file", "file"))[0] == "skipped"


@pytest.mark.parametrize("kind", ["command", "smoke", "performance", "manual", "tool", "start", "rules"])
def test_what_can_only_be_observed_anew_is_not_asked(world, kind):
    assert ask(world, line(kind, "x")) is None


def test_a_failure_proves_nothing_and_is_not_asked(world, head):
    assert ask(world, line("build", head, outcome=Outcome.FAILED, run=17, attempt=1)) is None


def test_a_service_that_can_not_be_opened_is_asked_once(world, head):
    tries = []

    def refuse():
        tries.append(1)
        raise UsageProblem("there is no GitHub token", hint="gh auth login")

    lines = [line("build", head, run=number, attempt=1, at=f"2026-01-05T10:3{number}:00Z") for number in range(3)]
    answers = Inquiry(world.services(builds=refuse), lines).ask_all(lines)
    assert [asked.answer for asked in answers] == [Answered.SKIPPED] * 3
    assert {asked.told for asked in answers} == {"GitHub: there is no GitHub token"}
    assert len(tries) == 1


def test_a_service_that_fails_is_not_asked_for_every_line(world, head):
    world.runs[1, 1] = Outside(502)
    lines = [line("build", head, run=number, attempt=1, at=f"2026-01-05T10:3{number}:00Z") for number in (1, 2, 3)]
    answers = Inquiry(world.services(), lines).ask_all(lines)
    assert [asked.answer for asked in answers] == [Answered.SKIPPED] * 3
    assert world.asked == [1]


def test_a_line_is_asked_about_once(world, head):
    one = line("build", head, run=17, attempt=1)
    assert len(Inquiry(world.services(), [one]).ask_all([one, one])) == 1
