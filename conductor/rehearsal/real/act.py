"""nektos/act carries out the project's own workflow for a commit, in a container of the rehearsal's engine."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conductor.errors import UsageProblem
from conductor.rehearsal.builder import BuildPlace
from conductor.rehearsal.processes import git_output
from conductor.rehearsal.real.adapt import Adapted, adapt, list_addresses
from conductor.rehearsal.real.base import RUNNER
from conductor.rehearsal.real.engine import RealEngine, read_lines, stop_container
from conductor.rehearsal.real.stand_ins import list_unknown, list_uses, write_stand_ins
from conductor.workflows.documents import load_yaml

_NAMED = re.compile(r"\b(secrets|vars)\.([A-Za-z_]\w*)")
_A_USER = re.compile(r"USER|LOGIN|OWNER|ACCOUNT|NAMESPACE", re.IGNORECASE)
_RUNNERS = ("ubuntu-latest", "ubuntu-24.04", "ubuntu-22.04", "self-hosted", "linux", "x64")

Line = dict[str, Any]


@dataclass(slots=True)
class Machine:
    """What runs of one rehearsal share: the engine, where the project is, what can't be had, and what was left out."""

    engine: RealEngine
    folder: Path
    slug: str
    place: BuildPlace
    password: str
    stood_in: dict[str, bool]
    left_out: set[str] = field(default_factory=set)
    silent: dict[str, bool] = field(default_factory=dict)


class ActRun:
    """One attempt at one commit: `lines()` carries it out, `passed` tells how it ended."""

    def __init__(self, machine: Machine, bare: Path, revision: str, branch: str) -> None:
        self._machine = machine
        self._bare = bare
        self._revision = revision
        self._branch = branch
        machine.folder.mkdir(exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix="run-", dir=machine.folder))
        self._source = self._folder / "src"
        self._container: Any = None
        self.passed = False
        self.said = ""

    def prepare(self) -> tuple[str, ...]:
        """Check the commit out for act; returns how the Dockerfile that is built differs from the one written."""
        git_output(
            self._folder, "clone", "--quiet", "--no-local", "--no-checkout", "--", str(self._bare), str(self._source)
        )
        git_output(self._source, "checkout", "--quiet", "-B", self._branch, self._revision)
        # Where act reads owner and name from; nothing is fetched.
        git_output(self._source, "remote", "set-url", "origin", f"git@github.com:{self._machine.slug}.git")
        differences = self._adapt_dockerfile()
        self._machine.left_out.update(differences)
        return differences

    def lines(self) -> Iterator[Line]:
        """Run the workflow and yield act's lines as they come."""
        home = self._folder / "home"
        (home / ".docker" / "cli-plugins").mkdir(parents=True)
        text = (self._source / self._machine.place.workflow).read_text(encoding="utf-8", errors="replace")
        uses = {name for path in self._workflows() for name in list_uses(_read(path))}
        self._machine.left_out.update(f"action {name}" for name in list_unknown(uses))
        tools = self._folder / "tools"
        repositories = write_stand_ins(tools, uses)
        shutil.copy2(tools / "docker-buildx", home / ".docker" / "cli-plugins" / "docker-buildx")
        self._write_event()
        words = ["act", "push", "--json", "-W", self._machine.place.workflow, "-e", str(self._folder / "event.json")]
        words += ["--no-cache-server", "--action-offline-mode", "--action-cache-path", str(self._folder / "cache")]
        words += ["--actor", self._machine.slug.partition("/")[0], *self._write_values(text)]
        for label in (*_RUNNERS, *_labels(load_yaml(text))):
            words += ["-P", f"{label}=-self-hosted"]
        for name, repository in repositories.items():
            words += ["--local-repository", f"{name}={repository}"]
        self._container = self._start(words, home)
        try:
            for line in read_lines(self._container, stderr=False):
                if (entry := _parse(line)) is not None:
                    yield entry
            self.passed = self._container.wait()["StatusCode"] == 0
            self.said = self._container.logs(stdout=False, stderr=True).decode("utf-8", "replace").strip()
        finally:
            stop_container(self._container)

    def stop(self) -> None:
        """End the run where it stands."""
        if self._container is not None:
            stop_container(self._container)

    def _start(self, words: list[str], home: Path) -> Any:
        act, docker = find_act(), find_docker()
        if act is None or docker is None:
            raise UsageProblem("act or docker has gone from PATH", hint="make rehearse-real brings both")
        mounts = {
            str(self._machine.engine.socket): {"bind": "/var/run/docker.sock", "mode": "rw"},
            str(self._folder): {"bind": str(self._folder), "mode": "rw"},
            act: {"bind": "/usr/local/bin/act", "mode": "ro"},
            docker: {"bind": "/usr/local/bin/docker", "mode": "ro"},
        }
        environment = {
            "HOME": str(home), "DOCKER_HOST": "unix:///var/run/docker.sock", "DOCKER_BUILDKIT": "1",
            "BUILDKIT_PROGRESS": "plain",
        }  # fmt: skip
        engine = self._machine.engine
        return engine.run(RUNNER, words, volumes=mounts, environment=environment, working_dir=str(self._source))

    def _workflows(self) -> list[Path]:
        folder = self._source / ".github"
        return [path for path in sorted(folder.rglob("*.y*ml")) if path.is_file()]

    def _write_event(self) -> None:
        owner, _, name = self._machine.slug.partition("/")
        message = git_output(self._source, "log", "-1", "--format=%B").strip()
        repository = {"full_name": self._machine.slug, "name": name, "owner": {"login": owner, "name": owner},
                      "default_branch": self._branch}  # fmt: skip
        event = {
            "ref": f"refs/heads/{self._branch}", "before": "0" * 40, "after": self._revision, "repository": repository,
            "head_commit": {"id": self._revision, "message": message}, "pusher": {"name": owner},
            "sender": {"login": owner},
        }  # fmt: skip
        (self._folder / "event.json").write_text(json.dumps(event), encoding="utf-8")

    def _write_values(self, workflow: str) -> list[str]:
        """Give each secret and variable that the workflow names a value: who pushes, or the password."""
        owner = self._machine.place.image.rsplit("/", 2)[-2]
        found: dict[str, dict[str, str]] = {"secrets": {"GITHUB_TOKEN": self._machine.password}, "vars": {}}
        for kind, name in _NAMED.findall(workflow):
            if _A_USER.search(name):
                found[kind][name] = owner
            elif kind == "secrets":
                found[kind][name] = self._machine.password
        for kind, values in found.items():
            path = self._folder / kind
            path.touch(mode=0o600)
            path.write_text("".join(f"{name}={value}\n" for name, value in values.items()), encoding="utf-8")
        return ["--secret-file", str(self._folder / "secrets"), "--var-file", str(self._folder / "vars")]

    def _adapt_dockerfile(self) -> tuple[str, ...]:
        path = self._source / self._machine.place.dockerfile
        if not path.is_file():
            return ()
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
        self._ask(list_addresses(text))
        silent = {host for host, is_silent in self._machine.silent.items() if is_silent}
        adapted: Adapted = adapt(text, silent)
        if adapted.differences:
            path.write_text(adapted.text, encoding="utf-8", errors="surrogateescape")
            # A step that asks git whether the tree is clean sees the commit.
            git_output(self._source, "update-index", "--assume-unchanged", "--", self._machine.place.dockerfile)
        return adapted.differences

    def _ask(self, hosts: list[str]) -> None:
        """Find out, from where the steps run, which of the hosts answer at all."""
        for host in hosts:
            if host not in self._machine.silent:
                words = ["curl", "--silent", "--output", "/dev/null", "--max-time", "10", f"https://{host}/"]
                container = self._machine.engine.run(RUNNER, words)
                self._machine.silent[host] = container.wait()["StatusCode"] != 0
                stop_container(container)


def find_act() -> str | None:
    """Return act's program: on PATH, or beside this Python."""
    return shutil.which("act") or shutil.which("act", path=str(Path(sys.executable).parent))


def find_docker() -> str | None:
    """Return Docker's command line, of the same package as the engine where there are several."""
    return shutil.which("docker", path="/usr/bin") or shutil.which("docker")


def _read(path: Path) -> Any:
    try:
        return load_yaml(path.read_text(encoding="utf-8", errors="replace"))
    except ValueError:
        return None


def _labels(document: Any) -> list[str]:
    jobs = document.get("jobs") if isinstance(document, dict) else None
    found: list[str] = []
    for job in jobs.values() if isinstance(jobs, dict) else ():
        asked = job.get("runs-on") if isinstance(job, dict) else None
        names = asked.get("labels") if isinstance(asked, dict) else asked
        found += [names] if isinstance(names, str) else [str(name) for name in names or ()]
    return [name for name in found if "${{" not in name]


def _parse(line: str) -> Line | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
