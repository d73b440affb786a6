"""What a release tells of itself, whole: ledger, evidence, records, progress, result and status, for each way to end.

`tests/release/told/NAME.txt`, written by `--update-golden`. A step that is left out, a line that is not written, a word that
changed: each shows here.
"""

import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from conductor.config.settings import SmokeSettings
from conductor.domain.finding import Finding, Severity
from conductor.ports.jobs import JobState
from conductor.release.context import Release
from conductor.release.lock import LOCK_REF
from conductor.release.pipeline import run_release
from conductor.release.status import describe_release
from tests.release.world import IMAGE, NEW, OLD, refused

TOLD = Path(__file__).parent / "told"


class Notes:
    """An observer that keeps what it hears."""

    def __init__(self):
        self.heard = []

    def step_started(self, name):
        self.heard.append(["started", name])

    def step_detail(self, name, text):
        if ["detail", name, text] not in self.heard:
            self.heard.append(["detail", name, text])

    def step_ended(self, name, summary, seconds):
        self.heard.append(["ended", name, summary, round(seconds, 3)])

    def step_failed(self, name, message, seconds, findings):
        self.heard.append(["failed", name, message, round(seconds, 3), [finding.code for finding in findings]])


def verified(scene):
    scene.smoke = SmokeSettings("image/smoke/input.json", max_warm_s=60)
    scene.builds.find = [None] * 4
    scene.builds.found = replace(
        scene.builds.found, status="in_progress", conclusion=None, created_at="2026-01-05T10:30:00Z"
    )
    scene.builds.runs = [
        replace(
            scene.builds.found, status="completed", conclusion="success",
            started_at="2026-01-05T10:30:04Z", updated_at="2026-01-05T10:33:16Z",
        )
    ]  # fmt: skip
    scene.registry.missing_first = 2
    scene.endpoint.listings = [
        lambda one: (one.worker("INITIALIZING"), one.worker(id="w0", is_stale=True)),
        lambda one: (one.worker(), one.worker(id="w2", status="RUNNING")),
    ]


def with_a_warning(scene):
    scene.findings = [Finding("PF-PIP-010", "not pinned", "pin it", Severity.WARNING)]


def preflight_stops(scene):
    scene.findings = [
        Finding("PF-WHEEL-001", "wheel is for CPython 3.10", "use another"),
        Finding("PF-PIP-010", "not pinned", "pin it", Severity.WARNING),
    ]


def build_fails(scene):
    scene.builds.found = replace(scene.builds.found, conclusion="failure")


def build_is_cancelled(scene):
    scene.builds.found = replace(scene.builds.found, conclusion="cancelled")


def no_run_comes(scene):
    scene.builds.found = None


def image_of_another_revision(scene):
    labels = {**scene.image.labels, "org.opencontainers.image.revision": "b" * 40}
    scene.registry.images[scene.revision] = replace(scene.image, labels=labels)


def another_holds_the_lock(scene):
    holder = {"release": "r-20260105-090000-aaaaaaa", "host": "elsewhere", "at": "2026-01-05T09:00:00Z"}
    scene.remote.refs[LOCK_REF] = scene.remote.write_note(json.dumps(holder))


def target_does_not_keep_it(scene):
    scene.endpoint.on_deploy = lambda _: None


def workers_crash(scene):
    scene.endpoint.listings = [lambda one: (one.worker("UNHEALTHY" if one.state.image == NEW else "IDLE"),)]
    scene.endpoint.log = "starting\nImportError: no flash_attn\nexited"


def no_capacity(scene):
    scene.endpoint.listings = [lambda one: (one.worker("THROTTLED"),)]


def smoke_is_wrong(scene):
    scene.endpoint.jobs.script = [
        JobState("", "IN_QUEUE"),
        JobState("", "IN_PROGRESS"),
        JobState("", "COMPLETED", {**scene.output, "frames": 0}, executed_s=0.9, worker_id="w1"),
    ]


def smoke_fails_and_so_does_the_rollback(scene):
    def refuse_old(image):
        if image == OLD:
            raise refused(422)
        scene.endpoint.take(image)

    scene.endpoint.on_deploy = refuse_old
    scene.endpoint.jobs.script = [JobState("", "FAILED", error="Killed")]


def somebody_deploys_meanwhile(scene):
    submit = scene.endpoint.jobs.submit

    def interfere(body):
        scene.endpoint.take(f"{IMAGE}@sha256:{'5' * 64}")
        scene.endpoint.jobs.script = [JobState("", "FAILED")]
        return submit(body)

    scene.endpoint.jobs.submit = interfere


def nothing_was_deployed_before(scene):
    scene.endpoint.state = replace(scene.endpoint.state, image="")
    scene.endpoint.jobs.script = [JobState("", "FAILED")]


def the_service_is_away(scene):
    scene.registry.fetch_image = lambda *_: (_ for _ in ()).throw(refused(500))


SCENES = [
    verified,
    with_a_warning,
    preflight_stops,
    build_fails,
    build_is_cancelled,
    no_run_comes,
    image_of_another_revision,
    another_holds_the_lock,
    target_does_not_keep_it,
    workers_crash,
    no_capacity,
    smoke_is_wrong,
    smoke_fails_and_so_does_the_rollback,
    somebody_deploys_meanwhile,
    nothing_was_deployed_before,
    the_service_is_away,
]


def told_by(scene, release, result):
    """Return everything that the release has told, a JSON value a line, with names for what depends on the commit."""
    status = describe_release(release.ledger)
    evidence = scene.evidence.lines()
    told = [
        ("result", {**asdict(result), "findings": [finding.code for finding in result.findings]}),
        ("status", {**status, "steps": len(status["steps"])}),
        *(("status step", step) for step in status["steps"]),
        *(("progress", heard) for heard in release.observer.heard),
        *(("ledger", line) for line in release.ledger.lines),
        *(("evidence", {"reference": line.reference, **asdict(line.evidence)}) for line in evidence),
        *(("journal", [marker, *lines]) for marker, lines in scene.records.entries.items()),
        *(("task", found) for found in scene.records.findings),
    ]
    text = "".join(f"{what}: {json.dumps(value, ensure_ascii=False, default=str)}\n" for what, value in told)
    named = {
        str(scene.repository.root): "PROJECT",
        scene.revision: "REVISION",
        scene.tree: "CONTEXT",
        scene.revision[:7]: "REVISIO",
    }
    for found, name in {**named, NEW.partition("@")[2]: "sha256:NEW", OLD.partition("@")[2]: "sha256:OLD"}.items():
        text = text.replace(found, name)
    # A reference ends with a hash of the line's bytes, and with it of all lines before.
    return re.sub(r"(#\d+:)[0-9a-f]{8}", r"\1HASH", text)


@pytest.mark.parametrize("change", SCENES, ids=lambda one: one.__name__)
def test_a_release_tells_all_of_this_and_nothing_else(scene, change, request):
    change(scene)
    begun = scene.release()
    release = Release(begun.id, begun.plan, begun.world, begun.ledger, Notes())
    text = told_by(scene, release, run_release(release))
    golden = TOLD / f"{change.__name__}.txt"
    if request.config.getoption("--update-golden"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
        pytest.skip("written anew")
    assert text == golden.read_text(encoding="utf-8")


def test_every_golden_file_belongs_to_a_scene():
    assert {path.stem for path in TOLD.glob("*.txt")} == {change.__name__ for change in SCENES}
