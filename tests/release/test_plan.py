"""What a release is going to do, decided from a repository and its settings."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import replace

import pytest

from conductor.config.settings import Settings, SmokeSettings, TargetSettings
from conductor.errors import ConfigurationProblem, UsageProblem
from conductor.providers.git import GitRepository
from conductor.release.pipeline import describe_steps, list_steps
from conductor.release.plan import choose_targets, find_smoke, hash_context, plan_release
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
    assert made.smoke_keys == ()
    revision = made.revision
    assert describe_steps(made) == (
        "rules gate   SSH remote origin, clean tree, valid records",
        "preflight    image/Dockerfile and image/, and that staging may have workers",
        f"push         {revision[:7]} to origin main",
        f"build        the run of .github/workflows/build-worker.yml for {revision[:7]}",
        f"image        docker.io/owner/worker tagged {revision[:7]}…, by digest, labelled with the revision, linux/amd64",
        "deploy       staging := docker.io/owner/worker@sha256:…",
        "rollout      every worker on the new release, none stale",
        f"smoke        image/smoke.json as a job, its answer from revision {revision[:7]}",
        "record       the task in progress, if there is one, JOURNAL.md, evidence",
    )
    both = replace(made, targets=(STAGING, PRODUCTION), task="T-1")
    assert describe_steps(both)[5] == "deploy       staging, production := docker.io/owner/worker@sha256:…"
    assert describe_steps(both)[8] == "record       T-1, JOURNAL.md, evidence"
    assert [(step.name, step.locked) for step in list_steps(both)] == [
        *[(name, False) for name in ("rules gate", "preflight", "push", "build", "image")],
        *[(name, True) for name in ("deploy", "rollout", "smoke") * 2],
        ("record", True),
    ]


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


def test_settings_that_are_not_filled_in_are_refused(project):
    with pytest.raises(ConfigurationProblem, match=r"build\.image is not filled in"):
        plan(project, replace(SETTINGS, unfilled=("build.image",)))


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


@pytest.mark.parametrize(
    ("context", "names", "found"),
    [
        ("image", ["image/smoke/input.json", "image/test_input.json", "test_input.json"], "image/smoke/input.json"),
        ("image", ["image/test_input.json", "test_input.json"], "image/test_input.json"),
        ("image", ["test_input.json"], "test_input.json"),
        (".", ["smoke/input.json", "test_input.json"], "smoke/input.json"),
        (".", ["test_input.json"], "test_input.json"),
        (".", [], None),
    ],
)
def test_a_smoke_job_is_looked_for_where_projects_keep_one(repository, commit, context, names, found):
    commit("Jobs", **{name.replace("/", "__"): "{}" for name in names})
    project = GitRepository.find(repository)
    assert find_smoke(project, project.head(), SmokeSettings(), context).input == found
    assert find_smoke(project, project.head(), SmokeSettings("own.json"), context).input == "own.json"


def test_a_plan_takes_everything_from_its_settings(project):
    settings = replace(SETTINGS, timezone="Asia/Tokyo", targets=(STAGING,))
    made = plan(project, settings, task="T-1")
    assert (made.branch, made.remote, made.timezone, made.task) == ("main", "origin", "Asia/Tokyo", "T-1")
    assert (made.subject, made.poll, made.build, made.targets) == ("First", settings.poll, BUILD, (STAGING,))
    assert made.context_tree == hash_context(project, made.revision, BUILD)


def test_a_revision_that_was_chosen_is_released_from_any_branch(project, git, commit):
    first = project.head()
    commit("Second", image__handler="2")
    git("switch", "--quiet", "--detach", first, cwd=project.root)
    with pytest.raises(UsageProblem, match=f"HEAD is detached at {first[:7]}"):
        plan(project)
    assert plan(project, revision=first).revision == first
    git("switch", "--quiet", "-c", "other", cwd=project.root)
    with pytest.raises(UsageProblem, match="the current branch is other; releases are made from main"):
        plan(project)


def test_an_example_without_an_envelope_or_fields_is_taken_as_it_is(project, commit):
    commit("Example", **{"image__bare.json": '{"text": 1, "a": 2}', "image__list.json": '{"output": [1]}'})
    keys = [
        plan(project, replace(SETTINGS, smoke=SmokeSettings("image/smoke.json", f"image/{name}.json"))).smoke_keys
        for name in ("bare", "list")
    ]
    assert keys == [("a", "text"), ()]


def test_a_target_that_is_not_there_is_answered_with_those_that_are():
    with pytest.raises(UsageProblem, match="no target 'moon'") as refused:
        choose_targets(SETTINGS, "moon")
    assert refused.value.hint == "one of: staging, production"
