"""The image's files and the workflows that build it: what can be checked where no image can be built."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from worker_harness import CONTEXT, IMAGE, REVISION

ROOT = IMAGE.parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
BUILD = ROOT / ".github/workflows/build-worker.yml"
DOCKERFILE = (IMAGE / "Dockerfile").read_text(encoding="utf-8")


def _load(path):
    return yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)  # BaseLoader: `on` stays a word


def _step(name):
    steps = _load(BUILD)["jobs"]["build"]["steps"]
    return next(step for step in steps if name in (step.get("name"), step.get("id")))


def _smoke(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "smoke/check.py", *arguments],
        cwd=IMAGE,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_image_and_conductor_import_nothing_of_each_other():
    for folder, forbidden in ((IMAGE, {"conductor"}), (ROOT / "conductor", {"worker", "handler"})):
        for path in folder.rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            # A tree costs a hundred times what a search does; a file without these words needs none.
            if not re.search(rf"\b(?:import|from)\b.*\b(?:{'|'.join(forbidden)})\b", text):
                continue
            for node in ast.walk(ast.parse(text)):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
                assert not {name.split(".")[0] for name in names} & forbidden, path


def test_every_code_that_is_raised_is_documented_and_every_documented_one_is_raised():
    from worker.contract import CODES

    source = "".join(path.read_text(encoding="utf-8") for path in (IMAGE / "worker").rglob("*.py"))
    raised = set(re.findall(r'(?:JobError|Problem)\(\s*"(\w+)"', source))
    schema = (IMAGE / "worker/input.schema.json").read_text(encoding="utf-8")
    for codes in re.findall(r'"x-codes": \{(.*?)\}', schema):
        raised |= set(re.findall(r': "(\w+)"', codes))
    page = (ROOT / "docs/worker.md").read_text(encoding="utf-8").partition("| code | when |")[2].partition("\n\n")[0]
    table = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert raised == set(CODES) == table


def test_the_smoke_job_is_small_enough_for_a_payload_and_a_diff():
    assert (IMAGE / "smoke/input.json").stat().st_size < 60_000
    assert (IMAGE / "smoke/example.json").stat().st_size < 60_000


def test_the_smoke_check_passes_with_the_identity_it_was_given():
    done = _smoke(CONDUCTOR_REVISION=REVISION, CONDUCTOR_CONTEXT=CONTEXT)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["revision"], answer["context"], answer["frames"]) == (REVISION, CONTEXT, 24)


def test_the_smoke_check_fails_on_an_error_answer(tmp_path):
    bad = tmp_path / "input.json"
    bad.write_text(json.dumps({"input": {"video": "AAAA", "target": {"width": 320, "height": 180}, "backend": "cpu"}}))
    done = _smoke("--input", str(bad))
    assert done.returncode == 1
    assert "not_a_video" in done.stderr


def test_the_wheel_fits_the_base_image_and_is_checked_by_its_hash():
    assert "FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime\n" in DOCKERFILE
    wheel = re.search(r"flash_attn-(\S+)\.whl#sha256=([0-9a-f]{64})", DOCKERFILE)
    assert wheel[1] == "2.8.3%2Bcu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64"
    assert wheel[2] == "cd1a45ebfc1731a13e55ad68e0c9ad92390ddfffba306f9222be67c6d5a805af"


def test_the_program_is_added_by_a_commit_that_the_worker_can_log():
    commit = re.search(r"^ENV SEEDVR2_COMMIT=([0-9a-f]{40})$", DOCKERFILE, re.MULTILINE)
    assert commit
    assert re.search(r"^ADD https://github\.com/\S+\.git#\$\{SEEDVR2_COMMIT\} ", DOCKERFILE, re.MULTILINE)


def test_nothing_is_fetched_while_building_but_what_is_pinned_by_its_content():
    fetching = [line for line in DOCKERFILE.splitlines() if "://" in line and not line.startswith("#")]
    assert len(fetching) == 2
    assert "#sha256=" in fetching[0]
    assert not re.search(r"^# *syntax *=", DOCKERFILE)  # a frontend by tag decides how everything else is built


def test_no_weights_are_copied_and_the_context_lets_none_in():
    assert (IMAGE / ".dockerignore").read_text(encoding="utf-8").splitlines()[1] == "*"
    assert not re.search(r"safetensors|huggingface|\.gguf|\.pth", DOCKERFILE)


def test_the_image_copies_only_what_its_context_holds():
    ignored = (IMAGE / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for line in re.findall(r"^COPY (\S+) ", DOCKERFILE, re.MULTILINE):
        assert (IMAGE / line).exists()
        assert f"!{line}" in ignored


def test_every_requirement_is_pinned_with_hashes_and_leaves_the_base_images_torch_alone():
    text = (IMAGE / "requirements.txt").read_text(encoding="utf-8")
    entries = text.replace("\\\n", " ").splitlines()
    assert all(re.match(r"[a-z0-9._\[\]-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry) for entry in entries), entries
    names = {entry.split("==")[0] for entry in entries}
    assert names >= {"runpod", "av", "certifi"}
    assert not {name for name in names if name in {"torch", "torchvision", "triton"} or name.startswith("nvidia-")}
    version = re.search(r"^runpod==(\d+)\.(\d+)\.(\d+)", text, re.MULTILINE)
    assert tuple(map(int, version.groups())) >= (1, 10, 1)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_full_sha_with_their_version(path):
    for line in path.read_text(encoding="utf-8").splitlines():
        if "uses:" in line:
            assert re.search(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line
    assert _load(path)["permissions"] == {}


def test_a_push_of_records_or_documentation_builds_no_image():
    assert {"TASKS.md", "JOURNAL.md", "ERRORS.md", "*_ARCHIVE/**", ".conductor/**", "docs/**"} == set(
        _load(BUILD)["on"]["push"]["paths-ignore"]
    )


def test_the_login_stands_before_buildx_and_the_disk_is_freed_first():
    steps = [step.get("name") or step["uses"].split("@")[0] for step in _load(BUILD)["jobs"]["build"]["steps"]]
    assert steps[0] == "Free disk space"
    assert (
        steps.index("docker/login-action")
        < steps.index("docker/setup-buildx-action")
        < steps.index("docker/build-push-action")
    )
    build = _step("build")["with"]
    assert (build["provenance"], build["sbom"], build["platforms"]) == ("false", "false", "linux/amd64")


def test_what_was_pushed_is_tested_by_digest_and_the_job_runs_as_nobody():
    steps = [step.get("name") for step in _load(BUILD)["jobs"]["build"]["steps"]]
    assert steps.index("Self-test") < steps.index("Smoke on the CPU")
    for name, command in (("Self-test", "python -m worker.selftest --program"), ("Smoke on the CPU", "smoke/check.py")):
        assert re.search(
            rf'docker run --rm --network none .*"\$IMAGE@\$DIGEST" .*{command}', _step(name)["run"], re.DOTALL
        )
    assert "--user nobody --read-only --tmpfs /tmp" in _step("Smoke on the CPU")["run"]


def test_the_workflow_hashes_what_the_documentation_says(tmp_path):
    """The step's own shell against the definition in docs/worker.md, computed from git's tree another way."""
    for name in ("image/a.txt", "image/sub/b.txt", ".github/workflows/build-worker.yml", "JOURNAL.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "first"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    lines = []
    for name in (".github/workflows/build-worker.yml", "image/a.txt", "image/sub/b.txt"):
        blob = hashlib.sha1(f"blob {len(name)}\0{name}".encode()).hexdigest()
        lines.append(f"100644 blob {blob}\t{name}\n")
    output = tmp_path / "output"
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", _step("source")["run"]],
        cwd=tmp_path,
        env={**os.environ, "GITHUB_OUTPUT": str(output)},
        check=True,
        capture_output=True,
    )
    revision, context = output.read_text().split()
    assert context == "context=" + hashlib.sha256("".join(lines).encode()).hexdigest()
    assert re.fullmatch("revision=[0-9a-f]{40}", revision)


@pytest.mark.skipif(not Path(sys.executable).with_name("zizmor").exists(), reason="zizmor is not installed here")
def test_zizmor_finds_nothing_in_the_workflows():
    done = subprocess.run(
        [Path(sys.executable).with_name("zizmor"), "--offline", "--no-progress", *WORKFLOWS],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(not Path(sys.executable).with_name("hadolint").exists(), reason="hadolint is not installed here")
def test_hadolint_finds_nothing_in_the_dockerfile():
    done = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), IMAGE / "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
