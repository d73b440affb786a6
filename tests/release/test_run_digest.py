"""The digest that a run names: in whose words, of which image, and what follows where it names another one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conductor.config.settings import TargetSettings
from conductor.errors import OutsideRefused
from conductor.ports.ci import BuildJob, BuildStep, JobLog
from conductor.release.context import StepFailed
from conductor.release.run_digest import Pushed, find_pushed, is_image, order_jobs
from conductor.release.steps.image import Image
from tests.release.world import IMAGE, NEW

DIGEST, OTHER = NEW.rpartition("@")[2], f"sha256:{'a' * 64}"
STAMP = "2026-01-05T10:33:21.1234567Z "
METADATA = """##[group]Metadata
{
  "containerimage.config.digest": "sha256:%(config)s",
  "containerimage.digest": "%(digest)s",
  "image.name": "%(name)s:latest,%(name)s:%(tag)s"
}
##[endgroup]"""
DOCKER_PUSH = """The push refers to repository [%(name)s]
5f70bf18a086: Layer already exists
%(tag)s: digest: %(digest)s size: 1234"""


def log_of(text):
    return "".join(f"{STAMP}{line}\n" for line in text.splitlines())


@pytest.mark.parametrize(
    "words",
    [
        "#15 pushing manifest for %(name)s:%(tag)s@%(digest)s",
        "#15 pushing manifest for %(name)s:%(tag)s@%(digest)s 1.2s done",
        "#15 pushing manifest for %(name)s@%(digest)s done",
        "\x1b[36mINFO\x1b[0m[0042] Pushed %(name)s@%(digest)s",
        "%(name)s:%(tag)s@%(digest)s",
        "%(name)s@%(digest)s",
        METADATA,
        DOCKER_PUSH,
    ],
)
@pytest.mark.parametrize(
    "name", [IMAGE, "owner/worker", "index.docker.io/owner/worker", "docker.io/***/worker", "***/worker"]
)
def test_each_builders_words_tie_the_image_to_its_run(scene, words, name):
    values = {"name": name, "tag": scene.revision, "digest": DIGEST, "config": "c" * 64}
    scene.builds.log = log_of(words % values)
    evidence = with_run(scene)
    assert evidence.detail["tied_to_run"] is True
    assert evidence.detail["summary"].endswith("as its run's log says")


def with_run(scene, **changes):
    release = scene.release(**changes)
    release.run = scene.builds.found
    return Image().run(release)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "no digest at all",
        # What is read, cached or built is not what is pushed.
        f"#3 [1/4] FROM {IMAGE}@{OTHER}",
        f"#3 resolve {IMAGE}:base@{OTHER} done",
        f"#9 exporting manifest {OTHER} done",
        f"#9 writing cache image manifest {OTHER} done",
        f"echo {IMAGE}@{OTHER}",
        # Another image, or another tag of this one.
        f"#15 pushing manifest for docker.io/owner/worker-base:latest@{OTHER} done",
        f"#15 pushing manifest for ghcr.io/owner/worker:latest@{OTHER} done",
        f"#15 pushing manifest for {IMAGE}:buildcache@{OTHER} done",
        f"#15 pushing manifest for {IMAGE}@{OTHER} done",
        f"latest: digest: {OTHER} size: 1234",
    ],
)
def test_a_run_that_does_not_name_it_leaves_it_on_its_tags_word(scene, words):
    scene.builds.log = log_of(words)
    evidence = with_run(scene)
    assert evidence.detail["tied_to_run"] is False
    why = "no log of its run names it" if words else "its run's logs can't be had"
    assert evidence.detail["summary"].endswith(f"on its tag's word ({why})")


def test_an_index_that_the_run_pushed_ties_the_image_in_it(scene):
    scene.registry.images[scene.revision] = replace(scene.image, index_digest=OTHER)
    scene.builds.log = log_of(f"#15 pushing manifest for {IMAGE}:{scene.revision}@{OTHER} done")
    assert with_run(scene).detail["tied_to_run"] is True


def test_a_child_that_a_matrix_pushed_by_digest_ties_it_too(scene):
    scene.registry.images[scene.revision] = replace(scene.image, index_digest=OTHER)
    scene.builds.log = log_of(f"#15 pushing manifest for {IMAGE}@{DIGEST} done")
    assert with_run(scene).detail["tied_to_run"] is True


@pytest.mark.parametrize("words", ["#15 pushing manifest for %(name)s:%(tag)s@%(digest)s done", METADATA, DOCKER_PUSH])
@pytest.mark.parametrize("tag", ["%s", "sha-%s"])
def test_a_tag_that_names_another_image_than_the_run_pushed_stops_the_release(scene, words, tag):
    values = {"name": IMAGE, "tag": tag % scene.revision, "digest": OTHER, "config": "c" * 64}
    scene.builds.log = log_of(words % values)
    with pytest.raises(StepFailed, match="not the one that its run built") as stopped:
        with_run(scene)
    assert stopped.value.cause == "IMAGE_NOT_OF_RUN"
    assert "sha256:aaaa…" in stopped.value.message
    assert "sha256:9b1e…" in stopped.value.message


def test_the_last_of_several_pushes_of_one_tag_may_be_the_one(scene):
    lines = [f"#1 pushing manifest for {IMAGE}:{scene.revision}@{one} done" for one in (OTHER, DIGEST)]
    scene.builds.log = log_of("\n".join(lines))
    assert with_run(scene).detail["tied_to_run"] is True


def test_a_target_may_demand_that_the_run_names_it(scene):
    demanding = (TargetSettings("production", "serverless", "e1", run_digest="required"),)
    with pytest.raises(StepFailed, match="takes no other") as stopped:
        with_run(scene, targets=demanding)
    assert stopped.value.cause == "IMAGE_NOT_TIED"
    assert "steps.build.outputs.digest" in stopped.value.hint
    scene.builds.log = log_of(f"{IMAGE}@{DIGEST}")
    assert with_run(scene, targets=demanding).detail["tied_to_run"] is True


def test_a_log_that_can_t_be_read_is_no_reason_to_stop(scene):
    def fail(_job):
        raise OutsideRefused("no", hint="none")

    scene.builds.fetch_log = fail
    assert with_run(scene).detail["tied_to_run"] is False


def test_the_run_of_an_earlier_commit_is_looked_for_where_its_image_is_used(scene):
    release = scene.release()
    scene.builds.log = log_of(f"{IMAGE}@{DIGEST}")
    assert Image().run(release).detail["tied_to_run"] is True
    scene.builds.found = None
    assert "its run is not known" in Image().run(release).detail["summary"]


def test_jobs_that_push_are_read_first_and_those_that_failed_never():
    def job(number, step, conclusion="success"):
        return BuildJob(number, "job", "completed", conclusion, (BuildStep(step, "completed", conclusion),))

    jobs = [job(1, "Lint"), job(2, "Docker push", "failure"), job(3, "Build and push")]
    assert [one.id for one in order_jobs(jobs)] == [3, 1]


def test_names_are_the_same_with_and_without_their_registry():
    assert is_image("owner/worker", "docker.io/owner/worker")
    assert is_image("worker", "docker.io/library/worker")
    assert is_image("ghcr.io/***/worker", "ghcr.io/owner/worker")
    assert not is_image("ghcr.io/owner/worker", "docker.io/owner/worker")
    assert not is_image("owner/worker", "docker.io/owner/worker-cpu")


def test_metadata_names_each_tag():
    values = {"name": "ghcr.io/a/b", "tag": "v1", "digest": DIGEST, "config": "c" * 64}
    assert list(find_pushed(log_of(METADATA % values))) == [
        Pushed("ghcr.io/a/b", "latest", DIGEST), Pushed("ghcr.io/a/b", "v1", DIGEST)
    ]  # fmt: skip
    assert JobLog("").text == ""
