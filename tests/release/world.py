"""A world in memory: what the services would say, changed by a test as they would change."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from conductor.config.settings import BuildSettings, PollSettings, Settings, SmokeSettings, TargetSettings
from conductor.errors import OutsideRefused
from conductor.ports.ci import BuildJob, BuildRun, BuildStep, JobLog
from conductor.ports.jobs import JobState
from conductor.ports.push import PushResult
from conductor.ports.registry import ImageFacts
from conductor.ports.target import TargetRelease, TargetState, Worker, WorkerList
from conductor.preflight.api import Report
from conductor.providers.git import GitRepository
from conductor.providers.video import PyAvJudge
from conductor.records.evidence import EvidenceStore
from conductor.release.context import Release, World
from conductor.release.ledger import Ledger, releases_dir
from conductor.release.plan import Plan, hash_context

IMAGE = "docker.io/owner/worker"
OLD = f"{IMAGE}@sha256:{'77c0' * 16}"
NEW = f"{IMAGE}@sha256:{'9b1e' * 16}"
BUILD = BuildSettings(".github/workflows/build-worker.yml", "image/Dockerfile", "image", IMAGE)


class Silence:
    """A watcher of a release that does nothing with what it hears."""

    def step_started(self, name):
        pass

    def step_detail(self, name, text):
        pass

    def step_ended(self, name, summary, seconds):
        pass

    def step_failed(self, name, summary, seconds, findings):
        pass


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self):
        self.start = datetime(2026, 1, 5, 10, 31, tzinfo=UTC)
        self.at = 0.0

    def now(self):
        return self.start + timedelta(seconds=self.at)

    def monotonic(self):
        return self.at

    def sleep(self, seconds):
        self.at += seconds


class Remote:
    """One remote's refs."""

    def __init__(self):
        self.refs = {}
        self.notes = {}
        self.pushes = []

    def push(self, revision, branch):
        ref = f"refs/heads/{branch}"
        was_there = self.refs.get(ref) == revision
        self.refs[ref] = revision
        self.pushes.append(revision)
        return PushResult(ref, revision, None, was_there, "ssh://git@host/owner/worker.git")

    def read(self, ref):
        return self.refs.get(ref)

    def swap(self, ref, new, expected):
        if self.refs.get(ref) != expected:
            return False
        if new is None:
            del self.refs[ref]
        else:
            self.refs[ref] = new
        return True

    def write_note(self, text):
        name = f"{len(self.notes):040x}"
        self.notes[name] = text
        return name

    def read_note(self, ref):
        return self.notes.get(self.refs.get(ref))


class Builds:
    """The runs of one workflow: `find` are the answers of a search in turn, `runs` the states of the run found."""

    def __init__(self, revision):
        self.found = BuildRun(17, 3, 1, "completed", "success", revision, "https://github.com/x/actions/runs/17", "")
        self.find = []
        self.runs = []
        self.log = ""
        self.absence = None
        self.asked = []

    def find_run(self, revision, branch, *, filtered=True):
        self.asked.append(filtered)
        answer = self.find.pop(0) if self.find else self.found
        if isinstance(answer, Exception):
            raise answer
        return answer

    def fetch_run(self, run_id):
        answer = self.runs.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def fetch_jobs(self, run):
        step = BuildStep("Build and push", run.status, run.conclusion)
        return (BuildJob(5, "build", run.status, run.conclusion, (step,)),)

    def fetch_log(self, job_id):
        return JobLog(self.log)

    def fetch_notes(self, job_id):
        return ()

    def explain_absence(self):
        return self.absence


class Registry:
    """Images by tag."""

    def __init__(self):
        self.images = {}
        self.missing_first = 0

    def fetch_image(self, name, reference, platform):
        if self.missing_first > 0:
            self.missing_first -= 1
            return None
        return self.images.get(reference)


class Queue:
    """Jobs: each new one gets the states of `script` in turn and stays at the last."""

    def __init__(self, output):
        self.script = [JobState("", "IN_QUEUE"), JobState("", "COMPLETED", output, executed_s=0.9, worker_id="w1")]
        self.jobs = []

    def submit(self, body):
        self.jobs.append(list(self.script))
        return f"j{len(self.jobs)}"

    def fetch(self, job_id):
        states = self.jobs[int(job_id[1:]) - 1]
        state = states.pop(0) if len(states) > 1 else states[0]
        if isinstance(state, Exception):
            raise state
        return state and replace(state, id=job_id)

    def cancel(self, job_id):
        self.jobs[int(job_id[1:]) - 1] = [JobState(job_id, "CANCELLED")]


class Endpoint:
    """One endpoint. `listings` are the workers of the next polls (the last one stays); None: one healthy worker."""

    name = "production"

    def __init__(self, output, image=OLD):
        self.state = TargetState(image, 3, 1, 2)
        self.jobs = Queue(output)
        self.listings = None
        self.patches = []
        self.limits = []
        self.on_deploy = None
        self.log = ""

    def fetch_state(self):
        return self.state

    def deploy(self, image):
        self.patches.append(image)
        if self.on_deploy:
            self.on_deploy(image)
        else:
            self.take(image)
        return self.state

    def limit_workers(self, least, most):
        self.limits.append((least, most))
        self.state = replace(self.state, workers_min=least, workers_max=most)

    def take(self, image):
        self.state = replace(self.state, image=image, version=self.state.version + 1)

    def fetch_workers(self):
        if self.listings:
            found = self.listings.pop(0) if len(self.listings) > 1 else self.listings[0]
            if isinstance(found, Exception):
                raise found
            return WorkerList(tuple(found(self) if callable(found) else found), self.state.version)
        return WorkerList((self.worker(),), self.state.version)

    def worker(self, status="IDLE", **changes):
        made = Worker("w1", status, is_stale=False, version=self.state.version, image=self.state.image)
        return replace(made, **changes)

    def fetch_releases(self):
        return (TargetRelease(self.state.version, None, self.state.image),)

    def fetch_worker_log(self, worker_id):
        return self.log

    def describe_log(self, worker_id):
        return f"the service's page of {worker_id}"


class Records:
    """Tasks and journal as lists."""

    def __init__(self):
        self.entries = {}
        self.findings = []
        self.status = "IN_PROGRESS"

    def check(self):
        return []

    def find_task(self, wanted):
        return wanted

    def apply_evidence(self, task_id, evidence):
        self.status = "COMPLETE"
        return self.status

    def add_finding(self, task_id, text, reference):
        self.findings.append(text)
        return self.status

    def write_entry(self, marker, title, lines, task_id, issues=""):
        self.entries.setdefault(marker, [title, *lines, *([issues] if issues else [])])
        return "2026-01-05 10:31"


@dataclass
class Scene:
    """A release and everything around it."""

    repository: GitRepository
    clock: Clock = field(default_factory=Clock)
    remote: Remote = field(default_factory=Remote)
    registry: Registry = field(default_factory=Registry)
    records: Records = field(default_factory=Records)
    findings: list = field(default_factory=list)

    def __post_init__(self):
        self.revision = self.repository.head()
        self.id = f"r-20260105-103100-{self.revision[:7]}"
        self.builds = Builds(self.revision)
        self.tree = hash_context(self.repository, self.revision, BUILD)
        labels = {"org.opencontainers.image.revision": self.revision, "io.conductor.context": self.tree}
        self.image = ImageFacts(IMAGE, NEW.rpartition("@")[2], "linux/amd64", labels)
        self.registry.images[self.revision] = self.image
        self.output = {"frames": 24, "width": 320, "height": 180, "revision": self.revision, "backend": "cpu"}
        self.endpoint = Endpoint(self.output)
        self.smoke = SmokeSettings("image/smoke/input.json")
        self.evidence = EvidenceStore(self.repository.root)

    def plan(self, **changes):
        made = Plan(
            revision=self.revision,
            subject="Second version",
            branch="main",
            remote="origin",
            build=BUILD,
            context_tree=self.tree,
            targets=(TargetSettings("production", "serverless", "e1"),),
            smoke=self.smoke,
            smoke_body={"input": {"video": "x"}},
            smoke_keys=("frames", "height", "width"),
            poll=PollSettings(),
            timezone="UTC",
            task="TASK-2026-01-05-001",
        )
        return replace(made, **changes)

    def world(self):
        return World(
            root=self.repository.root,
            repository=self.repository,
            clock=self.clock,
            remote=self.remote,
            builds=self.builds,
            registry=self.registry,
            targets={"production": self.endpoint},
            videos=PyAvJudge(),
            records=self.records,
            evidence=self.evidence,
            settings=Settings(),
            audit=list,
            check_image=lambda _root, _settings: Report(tuple(self.findings), ("a", "b"), (), ()),
        )

    def release(self, **changes):
        ledger = Ledger(releases_dir(self.repository.common_dir) / f"{self.id}.jsonl", self.clock)
        plan = self.plan(**changes)
        if not ledger.lines:
            ledger.write("started", release=self.id, revision=plan.revision, targets=["production"], task=plan.task,
                         branch="main", context=plan.context_tree)  # fmt: skip
        return Release(self.id, plan, self.world(), ledger, Silence())

    def outcomes(self):
        return [(line.evidence.kind, str(line.evidence.outcome)) for line in self.evidence.lines()]


def refused(status=0):
    """Return what a service that fails raises."""
    error = OutsideRefused("the service fails", hint="try again")
    error.status = status
    return error


def away():
    """Return what a service that does not answer raises."""
    error = refused()
    error.passing = True
    return error
