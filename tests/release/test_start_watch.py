"""Workers that can't start are told from those that take their time, by their log."""

from dataclasses import replace

import pytest

from conductor.config.settings import TargetSettings
from conductor.ports.jobs import JobState
from conductor.release.pipeline import run_release
from conductor.release.start_watch import find_fault
from conductor.release.worker_log import WorkerLog
from tests.release.world import OLD

TOLD = {
    "PULL_DENIED": [
        "Error response from daemon: pull access denied for owner/worker, repository does not exist",
        "error pulling image: Error response from daemon: Head https://ghcr.io/v2/x: unauthorized",
        'Head "https://registry-1.docker.io/v2/x/manifests/sha256:1": no basic auth credentials: pull failed',
        'failed to resolve reference "docker.io/owner/worker@sha256:1": pull access denied, insufficient_scope',
        "failed to pull and unpack image: failed to authorize: 403 Forbidden",
        "denied: requested access to the resource is denied, may require 'docker login'",
    ],
    "IMAGE_GONE": ["manifest for owner/worker@sha256:1 not found: manifest unknown", "manifest unknown"],
    "DISK_TOO_SMALL": [
        "failed to register layer: write /opt/conda/lib/libtorch.so: no space left on device",
        "failed to extract layer sha256:1: mount callback failed: no space left on device",
    ],
    "EXEC_FORMAT": ["exec /usr/local/bin/python: exec format error"],
    "CUDA_DRIVER": ["nvidia-container-cli: requirement error: unsatisfied condition: cuda>=12.8, please update"],
    "START_COMMAND": [
        'OCI runtime create failed: runc create failed: exec: "pyhton": executable file not found in $PATH'
    ],
}
HARMLESS = [
    "loading the model",
    "huggingface_hub: 401 Unauthorized for url https://huggingface.co/x, using the cache",
    "OSError: [Errno 28] No space left on device: '/tmp/x'",
    "image pull: pending",
    "Pulling from owner/worker",
    "permission denied: /workspace",
    "the user was denied",
    "",
]


@pytest.mark.parametrize(("cause", "line"), [(cause, line) for cause, lines in TOLD.items() for line in lines])
def test_a_start_that_failed_is_known_by_the_engine_s_words(cause, line):
    fault = find_fault(WorkerLog(("create container", line, "retrying")))
    assert fault is not None
    assert fault.cause == cause


@pytest.mark.parametrize("line", HARMLESS)
def test_what_a_program_says_is_no_start_that_failed(line):
    assert find_fault(WorkerLog((line,))) is None


def starting(one):
    return (one.worker("INITIALIZING" if one.state.image != OLD else "IDLE"),)


@pytest.mark.parametrize("cause", TOLD)
def test_workers_that_can_t_start_end_a_release_in_minutes_with_the_cause(scene, cause):
    scene.endpoint.listings = [starting]
    scene.endpoint.log = TOLD[cause][0]
    scene.endpoint.jobs.script = [JobState("", "COMPLETED")]
    result = run_release(scene.release())
    assert (result.cause, str(result.outcome), result.exit_code) == (cause, "rolled_back", 6)
    assert scene.clock.at < 200
    assert TOLD[cause][0][:40] in result.message


def test_a_job_that_waits_for_workers_that_can_t_start_is_no_lack_of_capacity(scene):
    scene.endpoint.state = replace(scene.endpoint.state, workers_min=0)
    asked = []

    def listing(one):
        asked.append(one.state.image)
        return () if asked.count(one.state.image) == 1 or one.state.image == OLD else starting(one)

    scene.endpoint.listings = [listing]
    scene.endpoint.log = TOLD["PULL_DENIED"][0]
    scene.endpoint.jobs.script = [JobState("", "IN_QUEUE")]
    result = run_release(scene.release())
    assert result.cause == "PULL_DENIED"
    assert scene.endpoint.state.image == OLD


def test_what_is_said_once_and_passes_stops_nothing(scene):
    """A registry that refused for a moment: the worker comes up two minutes later."""

    def listing(one):
        if one.state.image == OLD or scene.clock.at > 115:
            return (one.worker(),)
        return starting(one)

    scene.endpoint.listings = [listing]
    scene.endpoint.log = TOLD["PULL_DENIED"][0]
    assert run_release(scene.release()).exit_code == 0


def test_one_worker_that_is_ready_speaks_for_the_image(scene):
    def listing(one):
        late = "INITIALIZING" if scene.clock.at < 600 and one.state.image != OLD else "IDLE"
        return (one.worker(id="w2"), one.worker(late))

    scene.endpoint.listings = [listing]
    scene.endpoint.log = TOLD["PULL_DENIED"][0]
    assert run_release(scene.release()).exit_code == 0


GIB = 2**30


@pytest.mark.parametrize(
    ("configured", "told", "size", "stops"),
    [
        (20, None, 20 * GIB, True),
        (20, 100, 21 * GIB, True),
        (None, 10, 11 * GIB, True),
        (100, 10, 11 * GIB, True),
        (20, None, 20 * GIB - 1, False),
        (20, 20, 0, False),
        (None, None, 500 * GIB, False),
        (None, 0, 500 * GIB, False),
    ],
)
def test_an_image_larger_than_the_disk_is_not_deployed(scene, configured, told, size, stops):
    scene.registry.images[scene.revision] = replace(scene.image, size_bytes=size)
    scene.endpoint.state = replace(scene.endpoint.state, disk_gb=told)
    target = TargetSettings("production", "serverless", "e1", container_disk_gb=configured)
    result = run_release(scene.release(targets=(target,)))
    assert (result.cause, result.exit_code) == (("IMAGE_TOO_LARGE", 6) if stops else (None, 0))
    assert (scene.endpoint.patches == []) is stops
    assert not stops or "container disk" in result.hint
