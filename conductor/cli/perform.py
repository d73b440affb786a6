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
    from conductor.rehearsal.drill import Drill
    from conductor.rehearsal.parts import Parts
    from conductor.rehearsal.scenery import StageInfo
    from conductor.rehearsal.stage import Stage
    from conductor.release.ending import ReleaseResult
    from conductor.release.progress import Observer
    from conductor.release.run import Desk

# How many rehearsals' records are kept.
KEPT_RECORDS = 20


@dataclass(frozen=True, slots=True)
class Performance:
    """What a rehearsal came to. `release` is its JSON form.

    `wrong` says where a drill did not end as declared, `ended` how each of its acts ended.
    """

    result: ReleaseResult
    release: dict[str, Any]
    seconds: float
    record: Path | None
    not_run: tuple[str, ...]
    wrong: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = field(default=())
    ended: str = ""


@dataclass(frozen=True, slots=True)
class Acted:
    """How each act ended that was not killed, what was wrong, and all of it in words."""

    results: tuple[ReleaseResult, ...]
    wrong: tuple[str, ...]
    ended: str


def perform(
    source: Path | None,
    drill: Drill | None,
    *,
    seed: int = 0,
    keep: bool,
    opened: Callable[[StageInfo], None],
    observer: Callable[[], contextlib.AbstractContextManager[Observer]],
    parts: Parts | None = None,
    patch: Path | None = None,
) -> Performance:
    """Rehearse a release of `source` (None: of the sample project) and return what it came to.

    `opened` hears where everything is once the stage stands; `observer` makes the watcher of the steps; `seed` decides
    what a drill leaves to chance; `parts` are the embedded ones without; `patch` is applied to the clone first. Nothing
    of the user's is read but the repository's HEAD, and nothing is written but the record in their state directory.
    """
    from conductor.config.places import state_dir
    from conductor.rehearsal.guard import environment, loopback_only
    from conductor.rehearsal.stage import Stage

    records = state_dir() / "rehearsals"
    begun = time.monotonic()
    staged = Stage(source, drill=drill, seed=seed, keep=keep, parts=parts, patch=patch)
    with loopback_only(), staged as stage, environment(stage.info.environment):
        opened(stage.info)
        project = open_stage_project(stage, drill)
        with observer() as watcher:
            task = claim_a_task(project, stage.info)
            acted = act_out(project, stage, drill, watcher, task)
        result = acted.results[-1]
        require_an_answer(project, stage, result)
        seconds = time.monotonic() - begun
        described = describe(project, stage, result)
        record = keep_record(stage, project, result.id, records)
        # The clone goes; the stage has kept the same logs, whole, beside what was sent and answered.
        kept = [record / Path(path).name for path in described["worker_logs"]] if record else []
        described["worker_logs"] = [str(path) for path in kept if path.is_file()]
    left_out = tuple(described["not_run"])
    return Performance(result, described, seconds, record, left_out, acted.wrong, result.findings, acted.ended)


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


def open_stage_project(stage: Stage, drill: Drill | None) -> Project:
    """Return the clone as a project, trusted, with its push granted and its waits shortened, or hurried in a drill."""
    from conductor.cli.wiring import open_project
    from conductor.config.settings import PollSettings
    from conductor.rehearsal.hurry import HurriedClock
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
    settings = replace(stage.project.settings, poll=stage.parts.poll)
    if drill is None or not drill.acted:
        return replace(project, settings=settings)
    return replace(project, settings=replace(settings, poll=PollSettings(**dict(drill.poll))), clock=HurriedClock())


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


def act_out(project: Project, stage: Stage, drill: Drill | None, watcher: Observer, task: str) -> Acted:
    """Release, and, in a drill with more endings than one, resume after what went wrong was put right."""
    from conductor.rehearsal.drill import KILLED
    from conductor.rehearsal.verdict import Act, find_wrong, find_wrong_act

    if drill is None:
        return Acted((release_here(project, watcher, task, check=True),), (), "")
    acts, wrong = [], []
    for number, ending in enumerate(drill.endings):
        if number:
            for correct in drill.corrections[number - 1 : number]:
                correct(stage)
            acts.append(Act(resume_here(project, watcher)))
        elif ending.outcome == KILLED:
            release_apart(project, stage, drill, task)
            acts.append(Act(None))
        else:
            acts.append(Act(release_here(project, watcher, task, check=False)))
        wrong += find_wrong_act(ending, acts[-1], stage)
    wrong += find_wrong(drill, stage, acts)
    results = tuple(act.result for act in acts if act.result is not None)
    return Acted(results, tuple(wrong), "; resumed: ".join(act.words for act in acts))


def release_apart(project: Project, stage: Stage, drill: Drill, task: str) -> None:
    """Release in a process of its own, which the stage kills; raises OutsideRefused where it ends by itself."""
    import json
    import signal
    import subprocess
    import sys

    from conductor.errors import OutsideRefused

    told = json.dumps({"root": str(project.root), "task": task, "poll": dict(drill.poll)})
    words = [sys.executable, "-m", "conductor.cli.perform_apart", told]
    with (stage.folder / "apart.log").open("wb") as log:
        process = subprocess.Popen(words, cwd=project.root, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        stage.victim.set_result(process)
        try:
            code = process.wait(timeout=120)
        except BaseException:
            process.kill()
            process.wait()
            raise
    if code != -signal.SIGKILL:
        said = (stage.folder / "apart.log").read_text(encoding="utf-8", errors="replace")[-400:]
        raise OutsideRefused(f"the release ended by itself, with {code}, not killed: {said}", hint="try again")


def release_here(project: Project, watcher: Observer, task: str, *, check: bool) -> ReleaseResult:
    """Release the clone's HEAD with the code that releases for real."""
    from conductor.release.plan import plan_release
    from conductor.release.run import start_release

    plan = plan_release(project.repository, project.settings, revision=None, target=None, task=task)
    return start_release(open_desk(project, check=check), plan, watcher)


def resume_here(project: Project, watcher: Observer) -> ReleaseResult:
    """Take up the newest release that can go on, as `conductor release --resume` does."""
    from conductor.release.run import find_unfinished, resume_release

    desk = open_desk(project, check=False)
    return resume_release(desk, find_unfinished(desk), watcher)


def open_desk(project: Project, *, check: bool) -> Desk:
    """Return what a release needs; without `check`, the image's sources are not looked at."""
    from conductor.cli.release import allow_push
    from conductor.cli.wiring import audit_push, connect
    from conductor.preflight.api import Report
    from conductor.release.run import Desk

    checking: dict[str, Any] = {} if check else {"check_image": lambda _root, _settings: Report((), (), (), ())}
    return Desk(
        repository=project.repository,
        settings=project.settings,
        clock=project.clock,
        audit=lambda: audit_push(project),
        connect=lambda plan: connect(project, plan, **checking),
        allow_push=lambda plan: allow_push(project, plan, yes=True),
        announce=lambda _release, _plan: None,
    )


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
