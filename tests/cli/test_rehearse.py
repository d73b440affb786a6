"""The command as it is typed: whole rehearsals in processes of their own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from conductor.cli.layout import cells
from conductor.config.resources import image_dir
from conductor.rehearsal.drills import DRILLS
from conductor.rehearsal.project import commit, make_sample
from tests.cli.terminal import run_in_terminal, visible_lines

STEPS = ["rules gate", "preflight", "push", "build", "image", "deploy", "rollout", "smoke", "record"]


@pytest.fixture
def folder(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    return empty


@pytest.fixture
def scratch(tmp_path):
    """Return a folder for temporary files that must be empty again after each rehearsal."""
    place = tmp_path / "scratch"
    place.mkdir()
    return place


def children_of(scratch):
    """Return the ids of processes that run something below the folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if str(scratch).encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.fixture
def trap():
    """Return a port whose listener notes every connection: a proxy that must never be asked."""
    seen = []
    server = socket.create_server(("127.0.0.1", 0))

    def listen():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            seen.append(connection)

    threading.Thread(target=listen, daemon=True).start()
    yield server.getsockname()[1], seen
    server.close()


def test_an_empty_folder_rehearses_a_sample_to_its_verified_end(conductor, folder, scratch, trap, surroundings):
    port, asked = trap
    proxy = dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"), f"http://127.0.0.1:{port}")
    done = conductor("rehearse", cwd=folder, env={"TMPDIR": str(scratch), **proxy})
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Rehearsing a release of seedvr2-worker (a sample project) at ")
    assert [line[2:14].strip() for line in lines[2:11]] == STEPS
    assert "24 frames 160×90 → 320×180, cpu" in done.stdout
    assert re.search(r"s warm, \+0\.\d\d dB and \+0\.0\d+ SSIM on bicubic  ", done.stdout)
    assert re.search(
        r"^Verified r-\d{8}-\d{6}-[0-9a-f]{7}: production serves sha256:[0-9a-f]{4}…", done.stdout, re.MULTILINE
    )
    assert "production: release 3 → 4" in done.stdout
    assert "Rehearsed, not run for real: RUN lines of image/Dockerfile, the GPU path." in done.stdout
    assert re.search(
        r"^TASK-\d{4}-\d{2}-\d{2}-001 COMPLETE\. Journal: \d{4}-\d{2}-\d{2} \d{2}:\d{2}", done.stdout, re.MULTILINE
    )
    assert asked == []
    assert list(folder.iterdir()) == []
    assert list(scratch.iterdir()) == []
    record = next((surroundings / "state/conductor/rehearsals").iterdir())
    names = {path.name for path in record.iterdir() if not re.fullmatch(r"worker-[0-9a-f]{14}\.log", path.name)}
    assert names == {"exchanges.jsonl", "ledger.jsonl", "TASKS.md", "JOURNAL.md"}
    assert record.name in (record / "JOURNAL.md").read_text()


def test_json_tells_the_release_and_nothing_else_is_on_standard_output(conductor, folder):
    done = conductor("rehearse", "--json", cwd=folder)
    answer = json.loads(done.stdout)
    release = answer["release"]
    assert (answer["schema"], answer["command"], answer["exit"], done.returncode) == (1, "rehearse", 0, 0)
    assert release["outcome"] == "verified"
    assert release["digest"].startswith("sha256:")
    assert (release["release_before"], release["release_after"]) == (3, 4)
    assert release["smoke"]["output"]["revision"] == release["revision"]
    assert release["handler_run"] is True
    assert release["seconds"] > 0
    assert Path(release["record"]).is_dir()


def test_a_worker_that_enlarges_worse_than_bicubic_is_rolled_back(conductor, tmp_path):
    make_sample(tmp_path / "project")
    changed = 0
    for path in (tmp_path / "project/image/worker").rglob("*.py"):
        text = path.read_text()
        worse = text.replace("interpolation=Interpolation.LANCZOS", "interpolation=Interpolation.POINT")
        worse = worse.replace("flags=lanczos", "flags=neighbor")
        changed += worse != text
        path.write_text(worse)
    assert changed
    commit(tmp_path / "project", "Enlarge by repeating pixels")
    done = conductor("rehearse", "--json", cwd=tmp_path / "project")
    release = json.loads(done.stdout)["release"]
    assert (done.returncode, release["outcome"], release["cause"]) == (6, "rolled_back", "SMOKE_WORSE"), done.stdout
    assert "answered a worse video than was asked for: PSNR " in release["message"]


def test_all_drills_end_as_declared(conductor, folder, scratch):
    done = conductor("rehearse", "--drill", "all", "--json", cwd=folder, env={"TMPDIR": str(scratch)})
    answer = json.loads(done.stdout)
    assert done.returncode == 0, answer
    assert [(row["name"], row["ended"], row["wrong"]) for row in answer["drills"]] == [
        (drill.name, drill.declared, []) for drill in DRILLS.values()
    ]
    assert all(row["ok"] and row["seconds"] > 0 and row["what"] for row in answer["drills"])
    assert answer["drills"][-1]["exit"] == 0
    assert list(scratch.iterdir()) == []
    assert children_of(scratch) == []


def test_the_drills_are_listed_without_being_run(conductor, folder):
    done = conductor("rehearse", "--drill", "list", "--json", cwd=folder)
    assert [row["name"] for row in json.loads(done.stdout)["drills"]] == list(DRILLS)
    assert (done.returncode, done.stderr) == (0, "")
    told = conductor("rehearse", "--drill", "list", cwd=folder).stdout
    assert "must end: rollback_failed, exit 8; resumed: rolled_back, exit 6" in told


def test_one_drill_exits_as_its_release_does_and_names_the_cause(conductor, folder):
    done = conductor("rehearse", "--drill", "build-fails", cwd=folder)
    assert done.returncode == 6
    assert "WHEEL_PLATFORM" in done.stdout
    assert "Nothing was deployed" in done.stdout
    assert re.search(r"TASK-\S+ is CLAIMED", done.stdout)
    assert "Drill build-fails: ended as declared (stopped, exit 6)." in done.stdout


def test_an_unknown_drill_is_a_usage_error_that_names_the_known_ones(conductor, folder):
    done = conductor("rehearse", "--drill", "fire", cwd=folder)
    assert done.returncode == 2
    assert "One of: build-fails, matrix-cancelled" in done.stderr
    assert "killed, or all" in done.stderr


@pytest.fixture
def worker_repository(repository, git):
    """Return a repository whose handler imports what this machine lacks, with an example of its answer."""
    shutil.copytree(image_dir(), repository / "image")
    handler = repository / "image/handler.py"
    text = handler.read_text()
    handler.write_text(text.replace("\nimport os\n", "\nimport os\nimport a_gpu_library_of_the_image\n", 1))
    workflow = repository / ".github/workflows/build.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(
        "on: push\njobs: {build: {runs-on: ubuntu-latest, steps: [{name: Build, run: docker build image}]}}\n"
    )
    (repository / "CONDUCTOR.md").write_text(
        "---\nconductor: 1\nbuild: {workflow: .github/workflows/build.yml, dockerfile: image/Dockerfile,"
        " context: image, image: ghcr.io/owner/worker}\ntargets:\n  production: {id: env:WORKER_ENDPOINT}\n"
        "smoke: {input: image/smoke/input.json, example: image/smoke/example.json}\n---\n"
    )
    git("add", "-A", cwd=repository)
    git("commit", "-q", "-m", "Worker", cwd=repository)
    return repository


def test_a_handler_that_cannot_start_here_is_not_run_and_the_summary_says_so(conductor, worker_repository, git):
    head, status = git("rev-parse", "HEAD", cwd=worker_repository), git("status", "--short", cwd=worker_repository)
    done = conductor("rehearse", cwd=worker_repository)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"at {head[:7]} on loopback servers" in done.stdout
    assert "the handler (no module a_gpu_library_of_the_image: smoke.example answered)" in done.stdout
    assert (git("rev-parse", "HEAD", cwd=worker_repository), git("status", "--short", cwd=worker_repository)) == (
        head,
        status,
    )
    assert git("remote", cwd=worker_repository) == ""


def test_an_image_that_starts_a_program_of_its_own_is_answered_for_by_the_example(conductor, worker_repository, git):
    dockerfile = worker_repository / "image/Dockerfile"
    lines = [line for line in dockerfile.read_text().splitlines() if not line.startswith(("CMD", "ENTRYPOINT"))]
    dockerfile.write_text("\n".join([*lines, "COPY start.sh /start.sh", 'CMD ["bash", "/start.sh"]']) + "\n")
    (worker_repository / "image/start.sh").write_text("#!/bin/sh\nexec python -u handler.py\n")
    ignored = worker_repository / "image/.dockerignore"
    if ignored.exists():
        ignored.write_text(ignored.read_text() + "!start.sh\n")
    git("add", "--all", cwd=worker_repository)
    git("commit", "-q", "-m", "Start by a script", cwd=worker_repository)
    done = conductor("rehearse", cwd=worker_repository)
    assert done.returncode == 0, done.stdout + done.stderr
    told = "the image starts bash /start.sh, and build.handler names no Python file"
    assert f"the handler ({told}: smoke.example answered)" in done.stdout
    page = worker_repository / "CONDUCTOR.md"
    page.write_text(page.read_text().replace(", example: image/smoke/example.json", ""))
    git("commit", "-q", "-am", "Declare no answer", cwd=worker_repository)
    done = conductor("rehearse", cwd=worker_repository)
    assert done.returncode == 2, done.stdout + done.stderr
    assert f"{told}), and no answer is declared for it" in done.stderr


def test_a_workflow_that_no_push_starts_is_told_before_anything_is_rehearsed(conductor, worker_repository, git):
    workflow = worker_repository / ".github/workflows/build.yml"
    workflow.write_text(workflow.read_text().replace("on: push", "on: {release: {types: [published]}}"))
    git("commit", "-q", "-am", "Build for releases", cwd=worker_repository)
    done = conductor("rehearse", cwd=worker_repository)
    assert done.returncode == 2
    assert "is not started by a push to main" in done.stderr
    assert "push: {branches: [main]}" in done.stderr
    assert "rules gate" not in done.stderr


@pytest.fixture
def failing_repository(worker_repository, git):
    """Return a repository whose handler serves, and fails at its first job; the commit before could do it."""
    handler = worker_repository / "image/handler.py"
    handler.write_text(handler.read_text().replace("import a_gpu_library_of_the_image\n", ""))
    git("commit", "-q", "-am", "Serve", cwd=worker_repository)
    path = worker_repository / "image/worker/job.py"
    told = 'print("\\x1b[31mRUNPOD_API_KEY=rpa_" + "a1B2" * 8, flush=True); raise RuntimeError("the scales fell off")'
    path.write_text(path.read_text().replace("    started = time.monotonic()\n", f"    {told}\n", 1))
    git("commit", "-q", "-am", "Weigh the frames", cwd=worker_repository)
    return worker_repository


def test_a_job_that_fails_names_the_worker_s_log_shows_its_last_lines_and_keeps_it(
    conductor, failing_repository, surroundings
):
    done = conductor("rehearse", cwd=failing_repository)
    assert done.returncode == 6, done.stdout + done.stderr
    assert "RuntimeError; the worker's log has the rest" in done.stdout
    assert 'the worker\'s log says "RuntimeError: the scales fell off"' in done.stdout
    assert "in answer_job" in done.stdout
    path = Path(re.search(r"^Worker's log: (.*)$", done.stdout, re.MULTILINE)[1])
    assert path.is_relative_to(surroundings / "state/conductor/rehearsals")
    text = path.read_text()
    assert "Traceback (most recent call last):" in text
    assert "RuntimeError: the scales fell off" in text
    assert "rpa_" + "a1B2" * 8 not in text + done.stdout
    assert "\x1b" not in text + done.stdout
    told = json.loads(conductor("rehearse", "--json", cwd=failing_repository).stdout)
    (log,) = told["release"]["worker_logs"]
    assert "the scales fell off" in Path(log).read_text()


def test_an_empty_conductor_md_is_a_usage_error(conductor, repository, git):
    (repository / "CONDUCTOR.md").touch()
    git("add", "-A", cwd=repository)
    git("commit", "-q", "-m", "Empty", cwd=repository)
    done = conductor("rehearse", cwd=repository)
    assert done.returncode == 2
    assert "does not say what is built" in done.stderr
    assert "conductor init" in done.stderr


@pytest.mark.parametrize(
    ("after", "numbers"),
    [
        ("Rehearsing", [signal.SIGINT]),
        ("preflight", [signal.SIGTERM]),
        ("push", [signal.SIGINT, signal.SIGINT]),
        ("deploy", [signal.SIGINT]),
    ],
)
def test_an_interruption_leaves_no_process_and_no_file(folder, scratch, after, numbers):
    process = subprocess.Popen(
        [sys.executable, "-m", "conductor", "rehearse"],
        cwd=folder, env={**os.environ, "TMPDIR": str(scratch)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in process.stdout:
        if after in line:
            break
    for number in numbers:
        process.send_signal(number)
    _, errors = process.communicate()
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert children_of(scratch) == []
    assert list(scratch.iterdir()) == []


def test_a_rehearsal_fits_a_window_of_80_columns_and_a_dumb_terminal_gets_no_escapes(folder):
    code, shown = run_in_terminal(
        "rehearse", "--drill", "build-fails", cwd=folder, env={"TERM": "dumb", "NO_COLOR": ""}
    )
    assert code == 6
    assert "\x1b" not in shown
    assert [line for line in visible_lines(shown) if cells(line) > 80 and len(line.split()) > 1] == []
    steps = [line for line in shown.splitlines() if line.startswith("  push ")]
    assert all(line.endswith(" s") and cells(line) == 80 for line in steps)
