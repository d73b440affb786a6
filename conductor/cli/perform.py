"""One rehearsal or drill from curtain to curtain: the real release code on a stage of loopback servers."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conductor.cli.wiring import Project
    from conductor.domain.finding import Finding
    from conductor.rehearsal.drills import Drill
    from conductor.rehearsal.parts import Parts
    from conductor.rehearsal.stage import Stage, StageInfo
    from conductor.release.ending import ReleaseResult
    from conductor.release.progress import Observer

# How many rehearsals' records are kept.
KEPT_RECORDS = 20


@dataclass(frozen=True, slots=True)
class Performance:
    """What a rehearsal came to. `release` is its JSON form; `wrong` says where a drill did not end as declared."""

    result: ReleaseResult
    release: dict[str, Any]
    seconds: float
    record: Path | None
    not_run: tuple[str, ...]
    wrong: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = field(default=())


def perform(
    source: Path | None,
    drill: Drill | None,
    *,
    keep: bool,
    opened: Callable[[StageInfo], None],
    observer: Callable[[], contextlib.AbstractContextManager[Observer]],
    parts: Parts | None = None,
    patch: Path | None = None,
) -> Performance:
    """Rehearse a release of `source` (None: of the sample project) and return what it came to.

    `parts` are the embedded ones without, `patch` is applied to the clone first.

    `opened` hears where everything is once the stage stands; `observer` makes the watcher of the steps. Nothing of the
    user's is read but the repository's HEAD, and nothing is written but the record in their state directory.
    """
    from conductor.config.places import state_dir
    from conductor.rehearsal.guard import environment, loopback_only
    from conductor.rehearsal.stage import Stage

    records = state_dir() / "rehearsals"
    begun = time.monotonic()
    with (
        loopback_only(),
        Stage(source, drill=drill, keep=keep, parts=parts, patch=patch) as stage,
        environment(stage.info.environment),
    ):
        opened(stage.info)
        project = open_stage_project(stage)
        with observer() as watcher:
            task = claim_a_task(project, stage.info)
            result = release_here(project, watcher, task, check=not (drill and drill.passes_preflight))
        require_an_answer(project, stage, result)
        seconds = time.monotonic() - begun
        described = describe(project, stage, result)
        wrong = (*find_wrong(drill, stage, result), *find_untold(drill, project, result)) if drill else ()
        record = keep_record(stage, project, result.id, records)
        # The clone goes; the stage has kept the same logs, whole, beside what was sent and answered.
        kept = [record / Path(path).name for path in described["worker_logs"]] if record else []
        described["worker_logs"] = [str(path) for path in kept if path.is_file()]
    return Performance(result, described, seconds, record, tuple(described["not_run"]), wrong, result.findings)


def require_an_answer(project: Project, stage: Stage, result: ReleaseResult) -> None:
    """Raise UsageProblem where a rehearsal failed only because no handler can run here and no answer is declared."""
    from conductor.errors import UsageProblem

    reasons = stage.reasons()
    if result.exit_code != 0 and reasons and project.settings.smoke.example is None:
        raise UsageProblem(
            f"the handler can't start on this machine ({'; '.join(reasons)}), and no answer is declared for it",
            hint="put an answer as the handler gives it into a JSON file and name it in smoke: {example: …}",
            path=project.settings.source,
        )


def open_stage_project(stage: Stage) -> Project:
    """Return the clone as a project, trusted, with its push granted and its waits shortened."""
    from conductor.cli.wiring import open_project
    from conductor.release.ledger import stamp
    from conductor.sessions.grants import GrantStore

    project = open_project(stage.info.project, trust=True)
    GrantStore(project.state_dir, project.key).add(
        "commit_push",
        action="push",
        scope="once",
        why="the push of a rehearsal, to a repository that it made itself",
        by="conductor rehearse",
        at=stamp(project.clock),
    )
    return replace(project, settings=replace(project.settings, poll=stage.parts.poll))


def claim_a_task(project: Project, info: StageInfo) -> str:
    """Write a task that says it is done and return its id: what the release has to prove."""
    from conductor.cli.wiring import project_records
    from conductor.records.claims import claim_task
    from conductor.records.expectations import read_wish
    from conductor.records.task_edits import NewTask, create_task

    records = project_records(project)
    expected = [read_wish(kind) for kind in ("build", "image", "deployed", "smoke")]
    task = create_task(records, NewTask(f"Release {info.name} at {info.revision[:7]}", expectations=expected))
    return claim_task(records, task.id)[0].id


def release_here(project: Project, watcher: Observer, task: str, *, check: bool) -> ReleaseResult:
    """Release the clone's HEAD with the code that releases for real."""
    from conductor.cli.release import allow_push
    from conductor.cli.wiring import audit_push, connect
    from conductor.preflight.api import Report
    from conductor.release.plan import plan_release
    from conductor.release.run import Desk, start_release

    checking: dict[str, Any] = {} if check else {"check_image": lambda _root, _settings: Report((), (), (), ())}
    desk = Desk(
        repository=project.repository,
        settings=project.settings,
        clock=project.clock,
        audit=lambda: audit_push(project),
        connect=lambda plan: connect(project, plan, **checking),
        allow_push=lambda plan: allow_push(project, plan, yes=True),
        announce=lambda _release, _plan: None,
    )
    plan = plan_release(project.repository, project.settings, revision=None, target=None, task=task)
    return start_release(desk, plan, watcher)


def describe(project: Project, stage: Stage, result: ReleaseResult) -> dict[str, Any]:
    """Return the release's JSON form with what only a rehearsal knows."""
    from conductor.records.evidence import EvidenceStore
    from conductor.release.ledger import Ledger
    from conductor.release.status import describe_release

    evidence = {line.evidence.kind: line.evidence for line in EvidenceStore.of(project.repository).lines(result.id)}
    ledger = Ledger.open(project.repository.common_dir, result.id, project.clock)
    smoke, deployed, image = (evidence.get(kind) for kind in ("smoke", "deployed", "image"))
    return {
        **describe_release(ledger),
        "project": stage.info.name,
        "sample": stage.info.is_sample,
        "digest": image.subject if image else None,
        "release_before": deployed.detail.get("previous_version") if deployed else None,
        "release_after": deployed.detail.get("version") if deployed else None,
        "smoke": {"input": smoke.detail.get("input"), "output": smoke.detail.get("output")} if smoke else None,
        "handler_run": not stage.substitutions(),
        "not_run": list_not_run(stage),
    }


def list_not_run(stage: Stage) -> list[str]:
    """Return what a rehearsal leaves out, for the summary."""
    left_out = stage.parts.left_out()
    left_out += [f"the handler ({reason}: smoke.example answered)" for reason in stage.substitutions()]
    return left_out


def find_wrong(drill: Drill, stage: Stage, result: ReleaseResult) -> list[str]:
    """Return how the drill's end differs from the declared one, looking at the servers, not at what was said."""
    wrong = []
    if (str(result.outcome), result.exit_code) != (drill.outcome, int(drill.exit_code)):
        wrong.append(f"ended {result.outcome}, exit {result.exit_code}")
    if result.cause != drill.cause:
        wrong.append(f"its cause is {result.cause}, not {drill.cause}")
    for endpoint in stage.endpoints.values():
        images = [body["image"] for body in endpoint.patches if "image" in body]
        if len(images) != drill.deployments:
            wrong.append(f"{endpoint.fields['name']} was deployed to {len(images)} times, not {drill.deployments}")
        if endpoint.fields["image"] != stage.info.previous:
            wrong.append(f"{endpoint.fields['name']} does not serve what it served before")
    if result.task_status == "COMPLETE":
        wrong.append(f"{result.task} is COMPLETE")
    return wrong


def find_untold(drill: Drill, project: Project, result: ReleaseResult) -> list[str]:
    """Return what the drill's task lacks of the diagnosis: the cause with its place in a file, and the remedy."""
    found = next((finding for finding in result.findings if finding.code == drill.diagnosed), None)
    if found is None or found.location is None or found.location.line is None:
        return [f"its logs were not found to say {drill.diagnosed}, with the line that it comes from"]
    tasks = (project.root / "TASKS.md").read_text(encoding="utf-8")
    needed = (f"{found.code} at {found.location}: ", found.remedy[:60])
    return [f"its task does not say {one!r}" for one in needed if one not in tasks]


def keep_record(stage: Stage, project: Project, release_id: str, folder: Path) -> Path | None:
    """Move what was sent and answered, the ledger and the records to the state directory; None where it can't be."""
    from conductor.release.ledger import releases_dir

    try:
        kept = stage.recorder.move_to(folder / release_id)
        shutil.copyfile(releases_dir(project.repository.common_dir) / f"{release_id}.jsonl", kept / "ledger.jsonl")
        for name in ("TASKS.md", "JOURNAL.md"):
            if (project.root / name).is_file():
                shutil.copyfile(project.root / name, kept / name)
        for old in sorted(folder.glob("r-*"))[:-KEPT_RECORDS]:
            shutil.rmtree(old, ignore_errors=True)
    except OSError:
        return None
    return kept
