"""The stage: every server of a rehearsal, the project on it, and a release that is live before the curtain."""

from __future__ import annotations

import contextlib
import json
import random
import secrets
import shutil
import tempfile
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from conductor.config.missing import missing_extra
from conductor.config.settings import Settings, TargetSettings
from conductor.errors import OutsideRefused, UsageProblem
from conductor.rehearsal.actions import Timing
from conductor.rehearsal.builder import BuildPlace
from conductor.rehearsal.drill import Drill
from conductor.rehearsal.edits import change_image
from conductor.rehearsal.endpoint import Endpoint
from conductor.rehearsal.git_host import ZERO
from conductor.rehearsal.github import GitHub
from conductor.rehearsal.parts import Parts, Setting
from conductor.rehearsal.processes import ChildProcesses, git_bytes, git_output, uninterrupted
from conductor.rehearsal.project import RehearsedProject, clone_project, commit, make_sample
from conductor.rehearsal.recorder import Recorder
from conductor.rehearsal.runpod import RunPodControl, RunPodJobs, new_template
from conductor.rehearsal.scenery import Scenery, StageInfo
from conductor.rehearsal.understudy import Cast, understudies
from conductor.rehearsal.workers import Surroundings, pull_from, split_image
from conductor.rehearsal.workflow import Workflow, asks_for_no_run, parse_workflow

LIVE_VERSION = 3


class Stage(Scenery):
    """Context manager: `with Stage(source) as stage: stage.info`.

    `source` is the user's repository, of which HEAD is cloned; None makes the sample project. Servers answer from
    threads of this process, workers are its children; leaving ends them all and removes every file but the record.
    """

    def __init__(
        self,
        source: Path | None,
        *,
        drill: Drill | None = None,
        seed: int = 0,
        timing: Timing | None = None,
        keep: bool = False,
        parts: Parts | None = None,
        patch: Path | None = None,
    ) -> None:
        self._source = source
        self._drill = drill
        self._seed = seed
        self._timing = timing or Timing()
        self._keep = keep
        self._patch = patch
        self.parts = parts or Parts()
        self._opened: list[Any] = []
        self.endpoints = {}
        self.limits = {}
        self.victim = Future()
        self.cast = None
        self._named: dict[str, str] = {}

    def __enter__(self) -> Self:
        _require_programs()
        self.folder = _make_folder()
        try:
            self._open()
        except BaseException as error:
            # The files go with the stage; what its servers could not answer is the only trace of why.
            with contextlib.suppress(OSError, AttributeError):
                error.add_note((self.recorder.folder / "stand-ins.log").read_text(encoding="utf-8"))
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the servers and the workers and remove the files, whatever is typed meanwhile; safe to call twice."""
        with uninterrupted():
            while self._opened:
                self._opened.pop().close()
            if not self._keep:
                shutil.rmtree(self.folder, ignore_errors=True)

    def _open(self) -> None:
        self.recorder = Recorder(self.folder / "record")
        self.project = self._make_project()
        revision = git_output(self.project.root, "rev-parse", "HEAD").strip()
        bare = self._make_bare()
        password, self._github_token, self._runpod_key = (self.recorder.hide(secrets.token_hex(20)) for _ in range(3))
        self._opened.append(self.parts)
        self.parts.open(Setting(self.folder, self.project, self._place(), self.recorder, password))
        self.registry = self._keep_open(self.parts.make_registry())
        host, _ = split_image(self.project.build.image)
        self.builder = self.parts.make_builder(bare, self.registry, self._drill.build_faults if self._drill else ())
        self.children = ChildProcesses()
        self._opened.append(self.children)
        shape = self._drill.shape if self._drill else None
        self.actions = self._keep_open(self.parts.make_actions(self.builder, self._timing, shape))
        self.github = self._start(
            GitHub(self.recorder, self.project.slug, self._github_token, self.actions, self._workflows,
                   self.project.settings.branch)
        )  # fmt: skip
        self.git_host = self._keep_open(self.parts.make_git_host(bare, f"{self.project.slug}.git", self._pushed))
        previous = self._build_previous(revision)
        self._start_endpoints(f"{self.project.build.image}@{previous}", {host: self.registry.base_url}, revision)
        self._join_remote()
        self.info = self._describe(revision, f"{self.project.build.image}@{previous}", host)
        self._write_user_configuration()
        if self._drill is not None:
            self._drill.prepare(self, random.Random(f"{self._seed} {self._drill.name}"))  # noqa: S311 - no secret

    def _start(self, server: Any) -> Any:
        return self._keep_open(server).start()

    def _keep_open(self, part: Any) -> Any:
        self._opened.append(part)
        return part

    def _make_project(self) -> RehearsedProject:
        folder = self.folder / "project"
        project = make_sample(folder) if self._source is None else clone_project(self._source, folder, self._patch)
        if self._drill is not None:
            change = self._drill.change or change_image
            commit(project.root, change(project.root, project.build, project.handler))
            if self._drill.two_targets:
                project = replace(project, settings=with_two_targets(project.settings))
        return project

    def _make_bare(self) -> Path:
        bare = self.folder / "remote.git"
        git_output(self.folder, "clone", "--quiet", "--bare", "--shared", "--", str(self.project.root), str(bare))
        # Borrowed objects are not advertised, so that a push sends what a host that lacks them would get.
        git_output(bare, "config", "core.alternateRefsCommand", "true")
        git_output(bare, "config", "receive.shallowUpdate", "true")
        branch = f"refs/heads/{self.project.settings.branch}"
        for ref in git_output(bare, "for-each-ref", "--format=%(refname)").split():
            git_output(bare, "update-ref", "-d", ref)
        if self.project.base is not None:
            git_output(bare, "update-ref", branch, self.project.base)
        git_output(bare, "symbolic-ref", "HEAD", branch)
        return bare

    def _place(self) -> BuildPlace:
        build = self.project.build
        handler = None
        if build.handler and build.context != ".":
            handler = build.handler.removeprefix(f"{build.context}/")
        source = f"https://github.com/{self.project.slug}"
        return BuildPlace(build.dockerfile, build.context, build.workflow, build.image, source, handler)

    def _build_previous(self, revision: str) -> str:
        """Build what is live before the release: the base, or, where it can't be built, the project as it stands."""
        log: list[str] = []
        base = self.project.base
        tried = [candidate for candidate in (base, f"{revision}~1" if self._drill else None, revision) if candidate]
        for candidate in tried:
            full = git_output(self.git_host.bare, "rev-parse", candidate).strip()
            if self.builder(full, self.project.settings.branch, log.append):
                return str(self.builder.digests[full])
        raise OutsideRefused("the stand-in build failed: " + log[-1], hint="check build: in CONDUCTOR.md")

    def _start_endpoints(self, image: str, registries: dict[str, str], revision: str) -> None:
        must_run = frozenset({revision}) if self._drill and self._drill.handler_must_run else frozenset[str]()
        surroundings = Surroundings(
            pull_from(registries),
            self.folder / "workers",
            self.children,
            {"CONDUCTOR_WORKER_ALLOW_LOOPBACK": "1"},
            self._load_example(),
            must_run,
            self.recorder.note,
        )
        for target in self.project.settings.targets:
            if target.kind != "serverless":
                continue
            endpoint_id = f"rh{secrets.token_hex(5)}" if target.id.startswith("env:") else target.id
            self._named[target.name] = endpoint_id
            if endpoint_id not in self.endpoints:
                endpoint = Endpoint(endpoint_id, target.name, image, LIVE_VERSION, surroundings)
                endpoint.worker_type = self.parts.worker_type
                if self._drill is not None and self._drill.acted:
                    self.cast = self.cast or Cast(image, self._revision_of)
                    endpoint.worker_type = understudies(self.cast, target.name)
                self.endpoints[endpoint_id] = endpoint
                self.limits[endpoint_id] = dict(endpoint.fields["workers"])
                self._opened.append(endpoint)
                endpoint.start()
        self.jobs = self._start(RunPodJobs(self.recorder, self._runpod_key, self.endpoints))
        self.control = self._start(RunPodControl(self.recorder, self._runpod_key, self.endpoints, self.jobs))
        for name in self._named:
            template = new_template(name, image)
            self.control.templates[template["id"]] = template

    def _revision_of(self, image: str) -> str:
        built = {digest: revision for revision, digest in self.builder.digests.items()}
        return built.get(image.rpartition("@")[2], "")

    def _load_example(self) -> dict[str, Any] | None:
        path = self.project.settings.smoke.example
        if path is None:
            return None
        try:
            example = json.loads((self.project.root / path).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return example if isinstance(example, dict) else None

    def _join_remote(self) -> None:
        root, settings = self.project.root, self.project.settings
        if settings.remote in git_output(root, "remote").split():
            git_output(root, "remote", "remove", settings.remote)
        git_output(root, "remote", "add", settings.remote, self.git_host.url)
        git_output(root, "config", f"branch.{settings.branch}.remote", settings.remote)
        git_output(root, "config", f"branch.{settings.branch}.merge", f"refs/heads/{settings.branch}")
        if self.project.base is not None:
            ref = f"refs/remotes/{settings.remote}/{settings.branch}"
            git_output(root, "update-ref", ref, self.project.base)

    def _describe(self, revision: str, previous: str, host: str) -> StageInfo:
        by_variable = {
            target.id.removeprefix("env:"): self._named[target.name]
            for target in self.project.settings.targets
            if target.id.startswith("env:") and target.name in self._named
        }
        return StageInfo(
            folder=self.folder, project=self.project.root, name=self.project.name, slug=self.project.slug,
            is_sample=self.project.is_sample, revision=revision, branch=self.project.settings.branch,
            remote_url=self.git_host.url, ssh_command=self.git_host.ssh_command, github_url=self.github.base_url,
            runpod_url=self.control.base_url, runpod_jobs_url=self.jobs.jobs_url, registry_url=self.registry.base_url,
            registry_host=host, previous=previous, endpoints=dict(self._named),
            environment=self._environment(by_variable),
        )  # fmt: skip

    def _environment(self, variables: dict[str, str]) -> dict[str, str | None]:
        removed = (
            *("GH_TOKEN", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "SSH_AUTH_SOCK"),
            *("GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS", "GIT_SSH_VARIANT", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"),
            *("CONDUCTOR_REGISTRY_USER", "CONDUCTOR_REGISTRY_TOKEN"),
        )
        proxies = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy")
        return {
            **dict.fromkeys(removed),
            **dict.fromkeys(name for proxy in proxies for name in (proxy, proxy.upper())),
            **variables,
            "GITHUB_TOKEN": self._github_token,
            "RUNPOD_API_KEY": self._runpod_key,
            "XDG_STATE_HOME": str(self.folder / "state"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "DOCKER_CONFIG": str(self.folder / "docker"),
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_ALLOW_PROTOCOL": "ssh:file",
        }

    def _write_user_configuration(self) -> None:
        import yaml

        path = self.folder / "config" / "conductor" / "config.yaml"
        path.parent.mkdir(parents=True)
        services = {
            "github": self.info.github_url,
            "runpod": self.info.runpod_url,
            "runpod_jobs": self.info.runpod_jobs_url,
            "registries": {self.info.registry_host: self.info.registry_url},
        }
        path.write_text(yaml.safe_dump({"services": services, "ssh_command": self.info.ssh_command}), encoding="utf-8")

    def _workflows(self) -> list[Workflow]:
        return self._workflows_at(f"refs/heads/{self.project.settings.branch}")

    def _workflows_at(self, revision: str) -> list[Workflow]:
        listed = git_output(self.git_host.bare, "ls-tree", "-r", "--name-only", revision, "--", ".github/workflows/")
        found = []
        for path in listed.splitlines():
            try:
                text = git_bytes(self.git_host.bare, "cat-file", "blob", f"{revision}:{path}").decode(
                    "utf-8", "replace"
                )
                found.append(parse_workflow(path, text))
            except ValueError:
                continue  # GitHub starts nothing for a file that it can't read, either
        return found

    def _pushed(self, ref: str, old: str, new: str) -> None:
        """Start the build workflow for a pushed branch, where its filters say so; others are not acted out."""
        if new == ZERO:
            return
        bare, branch = self.git_host.bare, ref.removeprefix("refs/heads/")
        names = ("ls-tree", "-r", "--name-only", new) if old == ZERO else ("diff", "--name-only", old, new)
        changed = git_output(bare, *names).splitlines()
        title = git_output(bare, "log", "-1", "--format=%s", new).strip()
        if asks_for_no_run(git_output(bare, "log", "-1", "--format=%B", new)):
            return
        for workflow in self._workflows_at(new):
            if workflow.path == self.project.build.workflow and workflow.is_triggered_by(branch, changed):
                self.actions.push(workflow, branch, new, title)

    def reasons(self) -> list[str]:
        """Return why any handler was not run here, those of an image that was rolled back included."""
        endpoints = self.endpoints.values()
        return sorted({reason for endpoint in endpoints for reason in endpoint.surroundings.reasons})

    def substitutions(self) -> list[str]:
        """Return why handlers were not run here, one reason each; empty where every answer came from a real handler."""
        workers = [worker for endpoint in self.endpoints.values() for worker in endpoint.workers]
        return sorted({worker.substituted for worker in workers if worker.substituted})


def with_two_targets(settings: Settings) -> Settings:
    """Return the settings with a further target before the project's own."""
    return replace(
        settings, targets=(TargetSettings("rehearsal-first", "serverless", "rehearsal-first"), *settings.targets)
    )


def _require_programs() -> None:
    from importlib.util import find_spec

    for package in ("asyncssh", "requests", "runpod", "av"):
        if find_spec(package) is None:
            raise missing_extra("rehearsal", package)
    for program, package in (("git", "git"), ("ssh", "openssh-client")):
        if shutil.which(program) is None:
            raise UsageProblem(f"a rehearsal needs {program}, which is not on PATH", hint=f"install {package}")


def _make_folder() -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix="conductor-rehearsal-")).resolve()
    except OSError as error:
        raise UsageProblem(
            f"no temporary folder can be made: {error.strerror}",
            hint="name one that can be written: TMPDIR=/tmp conductor rehearse",
        ) from error
