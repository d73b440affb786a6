"""What was written names another cause than the log: told where it is said plainly, and never else."""

from __future__ import annotations

import pytest

from conductor.diagnosis.causes import built_in
from conductor.diagnosis.told import Writing, find_contrary, list_writings
from conductor.providers.git import GitRepository

CAUSES = built_in()


def says(text, shown):
    cause = next(one for one in CAUSES if one.code == shown)
    return [one.says for one in find_contrary([Writing("TASKS.md:3", text)], cause, CAUSES)]


@pytest.mark.parametrize(
    ("text", "shown", "expected"),
    [
        ("The wheel was rejected because GitHub Actions runners have different platform characteristics.",
         "WHEEL_PLATFORM", "the runner's platform"),
        ("The build failed because the runner ran out of disk space.", "WHEEL_PLATFORM", "DISK_FULL"),
        ("Root cause: no space left on the runner.", "PEP668", "DISK_FULL"),
        ("fix: build failed due to a network glitch, run it again", "APT_GPG_KEY", "NETWORK"),
        ("The failure comes from a stale cache.", "WHEEL_PLATFORM", "a stale cache"),
        ("- **FINDING-002**: it failed due to Docker Hub's rate limit", "DISK_FULL", "REGISTRY_RATE_LIMIT"),
        ("The workers fail because there is no GPU capacity.", "MODULE_MISSING", "CAPACITY"),
        ("The cause was a transient failure.", "COPY_NOT_IN_CONTEXT", "chance"),
        ("Build fails because the NVIDIA driver is too old.", "PEP668", "DRIVER_TOO_OLD"),
        ("caused by missing secrets in the fork", "DISK_FULL", "SECRETS_MISSING"),
        ("This is due to CRLF in the script.", "MODULE_MISSING", "CRLF_SHEBANG"),
    ],
)  # fmt: skip
def test_another_cause_that_is_named_plainly_is_told(text, shown, expected):
    assert says(text, shown) == [expected]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The wheel was rejected because its cp310 tag does not fit Python 3.11.", "WHEEL_PLATFORM"),
        ("It failed because the disk is full.", "DISK_FULL"),
        ("It did not fail because of the disk: no space left was a red herring.", "WHEEL_PLATFORM"),
        ("Perhaps it failed due to a network glitch.", "WHEEL_PLATFORM"),
        ("Did it fail because the disk was full?", "WHEEL_PLATFORM"),
        ("Free disk space before the build.", "WHEEL_PLATFORM"),
        ("Retry downloads after network errors", "WHEEL_PLATFORM"),
        ("If it fails because of the rate limit, log in first.", "WHEEL_PLATFORM"),
        ("Last week it failed because the disk was full.", "WHEEL_PLATFORM"),
        ("Earlier builds failed due to the rate limit.", "DISK_FULL"),
        ("It failed because the wheel has an ABI mismatch.", "WHEEL_PLATFORM"),
        ("It failed because the container ran out of memory.", "BUILD_OOM"),
        ("It failed because of the disk being full, and the wheel is for python 3.10.", "WHEEL_PLATFORM"),
        ("It failed because I forgot a comma.", "WHEEL_PLATFORM"),
        ("The pull was denied because the registry login expired.", "REGISTRY_UNAUTHORIZED"),
        ("Use the smaller base because it saves disk space.", "WHEEL_PLATFORM"),
        ("", "WHEEL_PLATFORM"),
    ],
)
def test_nobody_is_accused_who_is_right_or_unsure_or_speaks_of_something_else(text, shown):
    assert says(text, shown) == []


def test_commits_and_record_lines_since_the_failure_are_looked_at_and_none_before(repository, git):
    def commit(message, tasks):
        (repository / "TASKS.md").write_text(tasks)
        git("add", "--all", cwd=repository)
        git("commit", "-q", "-m", message, cwd=repository)
        return git("rev-parse", "HEAD", cwd=repository).strip()

    failed = commit("Before", "# Tasks\nold words\n")
    commit("After\n\nwith a body", "# Tasks\nold words\nnew words\n- told by a release (evidence r-1#1:00000000)\n")
    (repository / "TASKS.md").write_text("# Tasks\nold words\nnew words\nnot committed yet\n")
    found = list(list_writings(GitRepository.find(repository), failed))
    assert [one.text.strip() for one in found] == ["After\nwith a body", "new words", "not committed yet"]
    assert [one.where for one in found][1:] == ["TASKS.md:3", "TASKS.md:4"]


def test_at_most_five_are_told_and_secrets_in_them_are_not(repository):
    secret = "ghp_" + "a1B2" * 9
    shown = next(one for one in CAUSES if one.code == "WHEEL_PLATFORM")
    writings = [Writing(f"TASKS.md:{number}", f"It failed because the disk is full {secret}.") for number in range(9)]
    found = find_contrary(writings, shown, CAUSES)
    assert len(found) == 5
    assert secret not in found[0].describe("WHEEL_PLATFORM")
