"""What a release is going to do, decided from a repository and its settings."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import replace

import pytest

from conductor.config.settings import Settings, SmokeSettings, TargetSettings
from conductor.errors import UsageProblem
from conductor.providers.git import GitRepository
from conductor.release.pipeline import describe_steps
from conductor.release.plan import choose_targets, hash_context, plan_release
from tests.release.world import BUILD

STAGING = TargetSettings("staging", "serverless", "s1")
PRODUCTION = TargetSettings("production", "serverless", "p1", after="staging")
SETTINGS = Settings(build=BUILD, targets=(STAGING, PRODUCTION), smoke=SmokeSettings("image/smoke.json"))


@pytest.fixture
def project(repository, commit):
    commit("First", **{"image__smoke.json": '{"input": {"video": "x"}}', "image__Dockerfile": "FROM scratch\n"})
    return GitRepository.find(repository)


def plan(project, settings=SETTINGS, **changes):
    return plan_release(project, settings, **{"revision": None, "target": None, "task": None, **changes})


def test_a_plan_is_of_head_and_goes_to_what_is_not_promoted(project):
    made = plan(project)
    assert made.revision == project.head()
    assert [target.name for target in made.targets] == ["staging"]
    assert made.smoke_body == {"input": {"video": "x"}}
    assert made.smoke_keys == ("frames", "width", "height")
    assert len(describe_steps(made)) == 9


def test_a_job_without_its_envelope_gets_one(project, commit):
    commit("Bare", **{"image__smoke.json": '{"video": "x"}'})
    assert plan(project).smoke_body == {"input": {"video": "x"}}


def test_an_example_says_what_an_answer_must_have(project, commit):
    commit("Example", **{"image__example.json": '{"output": {"text": "hello", "tokens": 3}}'})
    settings = replace(SETTINGS, smoke=SmokeSettings("image/smoke.json", "image/example.json"))
    assert plan(project, settings).smoke_keys == ("text", "tokens")


@pytest.mark.parametrize(
    ("text", "words"), [("{", "is not JSON"), ("[]", "must hold a JSON object"), (None, "is not in")]
)
def test_a_smoke_job_that_can_t_be_read_is_named(project, commit, git, text, words):
    if text is None:
        git("rm", "--quiet", "image/smoke.json", cwd=project.root)
        commit("Remove")
    else:
        commit("Break", **{"image__smoke.json": text})
    with pytest.raises(UsageProblem, match=words):
        plan(project)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"build": None}, "does not say what is built"),
        ({"targets": ()}, "names no target"),
        ({"smoke": SmokeSettings()}, "no smoke job"),
        ({"branch": "next"}, "releases are made from next"),
        ({"targets": (TargetSettings("gpu", "pod", "p"),)}, "of kind pod"),
    ],
)
def test_settings_without_what_a_release_needs_are_refused(project, changes, words):
    with pytest.raises(UsageProblem, match=words):
        plan(project, replace(SETTINGS, **changes))


def test_a_repository_without_a_commit_has_nothing_to_release(repository):
    with pytest.raises(UsageProblem, match="no commit yet"):
        plan(GitRepository.find(repository))


def test_a_wanted_target_is_the_only_one():
    both = replace(SETTINGS, targets=(STAGING, TargetSettings("other", "serverless", "o1")))
    assert [target.name for target in choose_targets(both, None)] == ["staging", "other"]
    assert [target.name for target in choose_targets(both, "other")] == ["other"]
    with pytest.raises(UsageProblem, match="promoted from staging"):
        choose_targets(SETTINGS, "production")


def test_the_build_context_tree_is_what_a_shell_computes(project):
    command = (
        "git ls-tree -r --full-tree HEAD -- image image/Dockerfile .github/workflows/build-worker.yml"
        " | sha256sum | cut -d ' ' -f 1"
    )
    printed = subprocess.run(["sh", "-c", command], cwd=project.root, capture_output=True, text=True, check=True).stdout
    assert hash_context(project, "HEAD", BUILD) == printed.strip()


def test_the_build_context_tree_changes_with_what_is_built_and_with_nothing_else(project, commit):
    first = hash_context(project, "HEAD", BUILD)
    commit("Records", **{"JOURNAL.md": "entry"})
    assert hash_context(project, "HEAD", BUILD) == first
    seen = {first}
    for name in ("image__handler.py", "image__Dockerfile", ".github__workflows__build-worker.yml"):
        commit("Change", **{name: "changed"})
        seen.add(hash_context(project, "HEAD", BUILD))
    assert len(seen) == 4
    assert first != hashlib.sha256(b"").hexdigest()
