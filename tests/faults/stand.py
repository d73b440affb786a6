"""A stage that is used again and again, and releases on it in processes of their own that can be killed.

Servers, git and files are real; the SSH client is a script that runs git's other half on the spot, workers answer without
starting a handler, and a release's clock hurries: what it waits takes a fiftieth of a second.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from conductor.providers.clock import SystemClock
from conductor.rehearsal.actions import Timing
from conductor.rehearsal.stage import Stage
from conductor.rehearsal.workers import Worker

LIMIT_S = 100
POLL = """poll:
  run_s: 0.5
  run_appears_s: 60
  run_timeout_s: 300
  image_timeout_s: 60
  rollout_s: 0.5
  rollout_timeout_s: 120
  job_s: 0.5
  job_timeout_s: 120
"""
SSH = """#!/bin/sh
for word; do :; done
if [ -s {faults} ]; then
  head -n 1 {faults} >&2; sed -i 1d {faults}; exit 255
fi
case $word in
  git-receive-pack*) exec git receive-pack {bare} ;;
  *) exec git upload-pack {bare} ;;
esac
"""


class HurriedClock(SystemClock):
    """Time as the machine tells it, but for what is slept: that passes at once. `jump` is a file of seconds."""

    def __init__(self, jump: Path) -> None:
        self._jump = jump
        self._slept = 0.0

    def now(self) -> datetime:
        """Return the present instant, after any jump."""
        with contextlib.suppress(OSError, ValueError):
            return super().now() + timedelta(seconds=self._slept + float(self._jump.read_text()))
        return super().now() + timedelta(seconds=self._slept)

    def monotonic(self) -> float:
        """Return seconds that never go backwards."""
        return super().monotonic() + self._slept

    def sleep(self, seconds: float) -> None:
        """Let that much time pass."""
        self._slept += seconds
        super().sleep(min(seconds, 0.02))


class QuickWorker(Worker):
    """A worker that is ready at once and answers as the sample's handler does, with the revision of its image."""

    built: dict[str, str] = {}  # noqa: RUF012 - revision -> digest, shared by all workers as the registry is
    # With an image's reference: the jobs of every other image fail.
    fails_but: str | None = None

    def start(self):
        """Be ready."""
        with self._changed:
            self.status = "IDLE"
            self._changed.notify_all()

    def terminate(self):
        """Leave nothing behind: nothing was begun."""

    def catch_up(self, *, ended=False):
        """Have no log."""

    def run(self, job_id, job_input):
        """Answer."""
        digest = self.image.rpartition("@")[2]
        if self.fails_but not in (None, self.image):
            return {"status": "FAILED", "error": "RuntimeError: the new kernels are not there"}
        output = {**self._s.example["output"], "warm": True}
        revision = next((one for one, made in self.built.items() if made == digest), None)
        if revision is None:
            # A thread that ended here would leave the job on its way for ever, and nobody would know why.
            return {"status": "FAILED", "error": f"the stand built no {digest}, only {sorted(self.built.values())}"}
        return {"status": "COMPLETED", "output": {**output, "revision": revision}}


@dataclass(frozen=True, slots=True)
class Ending:
    """How one process ended, and what the servers have seen of it since the stand was laid out anew."""

    code: int
    output: str
    live: str
    deploys: tuple[str, ...]
    jobs: int
    pushes: int
    state: str


class Stand:
    """Lay it out with `reset`, hang a fault into a server, then `release`."""

    def __init__(self) -> None:
        self.stage = Stage(None, timing=Timing(appears_s=0.0, filtered_stale_s=0.0, queued_s=0.0, step_s=0.0))
        self.stage.__enter__()
        self.folder = self.stage.folder
        self.root = self.stage.info.project
        self.child = 0
        self.count = 0
        self.pushed = 0
        self.environment = {name: text for name, text in self.stage.info.environment.items() if text is not None}
        self.endpoint = next(iter(self.stage.endpoints.values()))
        self.endpoint.worker_type = QuickWorker
        QuickWorker.built = self.stage.builder.digests
        self.servers = {
            server.name: server
            for server in (self.stage.github, self.stage.registry, self.stage.control, self.stage.jobs)
        }
        self.ssh_faults = self.folder / "ssh-faults"
        self.jump = self.folder / "jump"
        self.disk = self.root / ".git" / "conductor"
        self._lay_ssh()
        path = self.root / "CONDUCTOR.md"
        path.write_text(path.read_text().replace("smoke:\n", POLL + "smoke:\n", 1))
        self.has_disk = self._mount_disk()
        self._allow_pushes()
        self.git("commit", "--quiet", "--all", "-m", "Poll quickly")
        self._warm_up()

    def close(self) -> None:
        """End the servers and remove every file."""
        if self.has_disk:
            subprocess.run(["umount", "--lazy", str(self.disk)], check=True)
        self.stage.close()

    def git(self, *words: str) -> str:
        """Run git in the project and return what it printed."""
        environment = {**os.environ, **self.environment}
        done = subprocess.run(
            ["git", *words], cwd=self.root, capture_output=True, text=True, check=True, env=environment
        )
        return done.stdout.strip()

    def _warm_up(self) -> None:
        """Let what every release reads be read once, before processes are made that inherit it."""
        from conductor.config.settings import load_settings
        from conductor.preflight.api import check_project
        from conductor.providers.http import load_requests

        load_requests()
        check_project(self.root, load_settings(self.root))

    def _mount_disk(self) -> bool:
        self.disk.mkdir(exist_ok=True)
        words = ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(self.disk)]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    def _lay_ssh(self) -> None:
        script = self.folder / "ssh"
        script.write_text(SSH.format(faults=self.ssh_faults, bare=self.stage.git_host.bare))
        script.chmod(0o755)
        config = self.folder / "config" / "conductor" / "config.yaml"
        config.write_text(config.read_text().replace(self.stage.info.ssh_command, str(script)))
        pipe = self.folder / "pushed"
        os.mkfifo(pipe)
        hook = self.stage.git_host.bare / "hooks" / "post-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ncat > {pipe}\n")
        hook.chmod(0o755)

        def listen() -> None:
            while True:
                for line in pipe.read_text().splitlines():
                    old, new, ref = line.split(" ")
                    if ref.startswith("refs/heads/"):
                        self.pushed += 1
                        self.stage._pushed(ref, old, new)

        threading.Thread(target=listen, daemon=True).start()

    def _allow_pushes(self) -> None:
        from conductor.config.places import project_key
        from conductor.sessions.grants import GrantStore

        GrantStore(Path(self.environment["XDG_STATE_HOME"]) / "conductor", project_key(self.root / ".git")).add(
            "commit_push", action="push", scope="until", why="a test", by="the test",
            at="2020-01-05T10:00:00Z", expires_at="2999-01-01T00:00:00Z",
        )  # fmt: skip

    def reset(self) -> None:
        """Serve the earlier image, forget every release, and commit something new to release."""
        for server in self.servers.values():
            server.fault = None
        QuickWorker.fails_but = None
        self.ssh_faults.unlink(missing_ok=True)
        self.jump.unlink(missing_ok=True)
        shutil.rmtree(self.disk / "releases", ignore_errors=True)
        shutil.rmtree(self.root / ".conductor" / "evidence", ignore_errors=True)
        for name in ("TASKS.md", "JOURNAL.md"):
            (self.root / name).unlink(missing_ok=True)
        with contextlib.suppress(subprocess.CalledProcessError):
            subprocess.run(["git", "update-ref", "-d", "refs/conductor/lock"], cwd=self.stage.git_host.bare, check=True)
        self.count += 1
        (self.root / "image" / "count.txt").write_text(f"{self.count}\n")
        self.git("add", "image/count.txt")
        self.git("commit", "--quiet", "-m", f"Count to {self.count}")
        self._serve_earlier()

    def _serve_earlier(self) -> None:
        endpoint, previous = self.endpoint, self.stage.info.previous
        with endpoint.changed:
            endpoint.fields["image"] = previous
            endpoint.patches.clear()
            endpoint.queue.jobs.clear()
            endpoint.workers = [QuickWorker(previous, endpoint.version, endpoint.surroundings, endpoint.changed)]
        endpoint.workers[0].start()
        self.pushed = 0

    def fill_disk(self) -> None:
        """Let the disk of ledgers be full; it is one of its own where one can be mounted."""
        with (self.disk / "full").open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while self.has_disk:
                file.write(b"x" * 4096)

    def free_disk(self) -> None:
        """Let there be room again."""
        (self.disk / "full").unlink(missing_ok=True)

    def release(self, *words: str) -> Ending:
        """Run `conductor release` with these words in a process of its own and return how it ended."""
        told = self.folder / "told"
        self.child = os.fork()
        if self.child == 0:
            self._play(told, words)
        _, status = os.waitpid(self.child, 0)
        code = os.waitstatus_to_exitcode(status)
        images = tuple(patch["image"] for patch in self.endpoint.patches if "image" in patch)
        ledgers = sorted((self.disk / "releases").glob("r-*.jsonl"))
        return Ending(
            code,
            told.read_text(errors="replace"),
            self.endpoint.fields["image"],
            tuple(image for number, image in enumerate(images) if number == 0 or images[number - 1] != image),
            len(self.endpoint.queue.jobs),
            self.pushed,
            ledgers[-1].read_text(errors="replace") if ledgers else "",
        )

    def _play(self, told: Path, words: tuple[str, ...]) -> None:
        code = 70
        try:
            signal.alarm(LIMIT_S)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            file = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(file, 1)
            os.dup2(file, 2)
            sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - lives as long as the process
            sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
            os.chdir(self.root)
            for name in self.stage.info.environment:
                os.environ.pop(name, None)
            os.environ.update(self.environment)
            code = self._command(words)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _command(self, words: tuple[str, ...]) -> int:
        from conductor.cli.main import report, report_bug, translate
        from conductor.cli.release import run_here
        from conductor.cli.wiring import open_project

        try:
            project = replace(open_project(trust=True), clock=HurriedClock(self.jump))
            resume = "latest" if "--resume" in words else ""
            return run_here(project, yes=True, resume=resume, task="", target="", json=False)
        except KeyboardInterrupt:
            return 130
        except Exception as error:  # noqa: BLE001 - the command's own edge does the same
            problem = translate(error)
            if problem is None:
                report_bug()
                return 70
            report(problem, [])
            return int(problem.exit_code)

    def events(self) -> list[str]:
        """Return the newest ledger's events, for a message."""
        ledgers = sorted((self.disk / "releases").glob("r-*.jsonl"))
        lines = ledgers[-1].read_text(errors="replace").splitlines() if ledgers else []
        return [json.loads(line)["event"] for line in lines if line.startswith("{")]
