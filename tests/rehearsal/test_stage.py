from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest
import yaml

from conductor.config.distribution import find_installation
from conductor.config.resources import image_dir
from conductor.errors import ConfigurationProblem, MissingExtra, UsageProblem
from conductor.rehearsal.drills import DRILLS
from conductor.rehearsal.edits import SEED_WHEEL
from conductor.rehearsal.registry import MANIFEST_TYPES
from conductor.rehearsal.stage import Stage
from tests.rehearsal.conftest import QUICK, call, call_json, push, wait_until_ready
from tests.waiting import wait_until


def deploy(stage, revision):
    info = stage.info
    image = f"{stage.project.build.image}@{stage.builder.digests[revision]}"
    endpoint = info.endpoints["production"]
    key = info.environment["RUNPOD_API_KEY"]
    assert call("PATCH", f"{info.runpod_url}/v2/serverless/{endpoint}", {"image": image}, key)[0] == 200
    return f"{info.runpod_jobs_url}/{endpoint}", key


def test_the_pushed_commit_is_built_and_its_own_handler_answers(stage):
    jobs, key = deploy(stage, stage.info.revision)
    endpoint = next(iter(stage.endpoints.values()))
    wait_until_ready(endpoint)
    smoke = json.loads((stage.project.root / "image/smoke/input.json").read_text())
    answer = call_json("POST", f"{jobs}/runsync", smoke, key)[1]
    assert answer["status"] == "COMPLETED", answer
    assert answer["output"]["revision"] == stage.info.revision
    assert (answer["output"]["width"], answer["output"]["height"]) == (320, 180)
    assert stage.substitutions() == []


def test_what_is_live_before_is_another_image_at_version_three(stage):
    info = stage.info
    assert stage.builder.digests[info.revision] not in info.previous
    endpoint = next(iter(stage.endpoints.values()))
    assert endpoint.releases[-1]["version"] == 3


def test_the_image_in_the_registry_carries_the_revision(stage):
    info = stage.info
    name = stage.project.build.image.removeprefix("docker.io/")
    token = call_json("GET", f"{info.registry_url}/token")[1]["token"]
    url = f"{info.registry_url}/v2/{name}"
    accept = {"Accept": ", ".join(MANIFEST_TYPES)}
    manifest = call_json("GET", f"{url}/manifests/{info.revision}", token=token, headers=accept)[1]
    config = call_json("GET", f"{url}/blobs/{manifest['config']['digest']}", token=token)[1]
    assert config["config"]["Labels"]["org.opencontainers.image.revision"] == info.revision


def test_the_user_s_configuration_points_at_loopback_only(stage):
    text = (stage.folder / "config/conductor/config.yaml").read_text()
    services = yaml.safe_load(text)["services"]
    addresses = [services["github"], services["runpod"], services["runpod_jobs"], *services["registries"].values()]
    assert all(address.startswith("http://127.0.0.1:") for address in addresses)
    assert stage.info.environment["HTTPS_PROXY"] is None


def test_nothing_that_was_recorded_holds_a_credential(stage):
    text = (stage.recorder.folder / "exchanges.jsonl").read_text()
    assert stage.info.environment["GITHUB_TOKEN"] not in text
    assert stage.info.environment["RUNPOD_API_KEY"] not in text


@pytest.fixture
def worker_repository(repository, git):
    shutil.copytree(image_dir(), repository / "image")
    workflow = repository / ".github/workflows/build-worker.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(
        "on: {push: {paths-ignore: [NOTES.md]}}\njobs: {build: {steps: [{name: Build, run: docker build .}]}}\n"
    )
    (repository / "CONDUCTOR.md").write_text(
        "---\nconductor: 1\nbuild: {workflow: .github/workflows/build-worker.yml, dockerfile: image/Dockerfile,"
        " context: image, image: ghcr.io/owner/worker}\n"
        "targets:\n  production: {kind: serverless, id: env:WORKER_ENDPOINT}\n"
        "smoke: {input: image/smoke/input.json}\n---\n"
    )
    git("add", "-A", cwd=repository)
    git("commit", "-q", "-m", "Worker", cwd=repository)
    git("remote", "add", "origin", "git@github.com:owner/worker.git", cwd=repository)
    return repository


def snapshot(root):
    listed = subprocess.run(["git", "for-each-ref"], cwd=root, capture_output=True, check=True).stdout
    files = {
        str(path): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file() and ".git/" not in f"{path}"
    }
    return listed, files, (root / ".git/config").read_bytes()


def test_a_user_s_repository_is_cloned_at_head_and_not_changed(worker_repository, git):
    (worker_repository / "uncommitted.txt").write_text("mine")
    before = snapshot(worker_repository)
    with Stage(worker_repository, timing=QUICK) as stage:
        assert stage.info.revision == git("rev-parse", "HEAD", cwd=worker_repository)
        assert stage.info.slug == "owner/worker"
        assert stage.info.registry_host == "ghcr.io"
        assert set(stage.info.environment) >= {"WORKER_ENDPOINT"}
        assert not (stage.project.root / "uncommitted.txt").exists()
        assert push(stage.info).returncode == 0
        wait_until(lambda: stage.builder.digests.get(stage.info.revision))
    assert snapshot(worker_repository) == before
    assert not stage.folder.exists()


def test_a_last_commit_that_only_writes_records_still_has_something_to_build(worker_repository, git):
    (worker_repository / "NOTES.md").write_text("a record\n")
    git("add", "-A", cwd=worker_repository)
    git("commit", "-q", "-m", "Records", cwd=worker_repository)
    with Stage(worker_repository, timing=QUICK) as stage:
        assert push(stage.info).returncode == 0
        run = wait_until(lambda: stage.actions.runs and stage.actions.runs[0])
        assert run.revision == stage.info.revision


def test_a_push_that_the_workflow_ignores_starts_no_run(worker_repository, git):
    with Stage(worker_repository, timing=QUICK) as stage:
        push(stage.info)
        wait_until(lambda: stage.builder.digests.get(stage.info.revision))
        (stage.project.root / "NOTES.md").write_text("later\n")
        git("add", "-A", cwd=stage.project.root)
        git("commit", "-q", "-m", "Records", cwd=stage.project.root)
        info = stage.info
        head = git("rev-parse", "HEAD", cwd=info.project)
        assert push(info, f"{head}:refs/heads/main").returncode == 0
        assert len(stage.git_host.pushes) == 2
        stage.actions.close()
        assert len(stage.actions.runs) == 1


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda root: (root / "image/Dockerfile").unlink(), "image/Dockerfile is not in HEAD"),
        (lambda root: (root / "CONDUCTOR.md").write_text("---\nconductor: 1\n---\n"), "does not say what is built"),
    ],
)
def test_a_repository_that_cannot_be_released_is_refused_and_leaves_nothing(
    worker_repository, git, spoil, words, tmp_path, monkeypatch
):
    spoil(worker_repository)
    git("commit", "-q", "-am", "Spoil", cwd=worker_repository)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    with pytest.raises(UsageProblem, match=words), Stage(worker_repository, timing=QUICK):
        pass
    assert list(scratch.iterdir()) == []


def test_a_repository_without_a_commit_is_refused(repository):
    with pytest.raises(UsageProblem, match="no commit"), Stage(repository, timing=QUICK):
        pass


def test_the_build_drill_ends_the_log_with_the_seed_s_wheel_error():
    with Stage(None, drill=DRILLS["build-fails"], timing=QUICK) as stage:
        assert stage.builder.digests.keys() != {stage.info.revision}
        push(stage.info)
        run = wait_until(lambda: next((r for r in stage.actions.runs if r.latest.conclusion), None))
        assert run.latest.conclusion == "failure"
        errors = [line for line in run.latest.log if "ERROR:" in line]
        assert errors[-1].endswith(f"ERROR: {SEED_WHEEL} is not a supported wheel on this platform.")
        assert stage.info.revision not in stage.builder.digests


def test_the_crash_drill_makes_the_new_workers_unhealthy_and_the_old_image_still_serves():
    with Stage(None, drill=DRILLS["worker-unhealthy"], timing=QUICK) as stage:
        push(stage.info)
        wait_until(lambda: stage.builder.digests.get(stage.info.revision))
        deploy(stage, stage.info.revision)
        endpoint = next(iter(stage.endpoints.values()))
        worker = wait_until(lambda: next((w for w in endpoint.workers if w.status == "UNHEALTHY"), None))
        assert any("ModuleNotFoundError" in line for _, _, line in worker.log)
        endpoint.patch({"image": stage.info.previous})
        wait_until_ready(endpoint)


def test_a_kept_stage_leaves_its_files():
    with Stage(None, timing=QUICK, keep=True) as stage:
        folder = stage.folder
    assert (folder / "project/CONDUCTOR.md").is_file()
    shutil.rmtree(folder)


def test_the_environment_of_the_stage_holds_no_token_of_the_user(stage):
    assert stage.info.environment["SSH_AUTH_SOCK"] is None
    assert stage.info.environment["GH_TOKEN"] is None
    assert os.environ.get("XDG_STATE_HOME") != stage.info.environment["XDG_STATE_HOME"]


def test_a_shallow_clone_can_be_rehearsed(worker_repository, git, tmp_path):
    git("commit", "-q", "--allow-empty", "-m", "Second", cwd=worker_repository)
    shallow = tmp_path / "shallow"
    git("clone", "-q", "--depth", "1", f"file://{worker_repository}", str(shallow))
    with Stage(shallow, timing=QUICK) as stage:
        assert push(stage.info).returncode == 0
        wait_until(lambda: stage.builder.digests.get(stage.info.revision))


def test_a_worktree_with_a_detached_head_is_rehearsed_at_its_own_revision(worker_repository, git, tmp_path):
    tree = tmp_path / "tree"
    git("worktree", "add", "-q", "--detach", str(tree), cwd=worker_repository)
    git("commit", "-q", "--allow-empty", "-m", "Only here", cwd=tree)
    with Stage(tree, timing=QUICK) as stage:
        assert stage.info.revision == git("rev-parse", "HEAD", cwd=tree)


def test_a_push_sends_the_objects_that_the_host_does_not_have(worker_repository, git):
    (worker_repository / "image/handler.py").open("a").write("# changed\n")
    git("commit", "-q", "-am", "Change", cwd=worker_repository)
    with Stage(worker_repository, timing=QUICK) as stage:
        assert "Writing objects: 100% (4/4)" in push(stage.info, None, "--progress").stderr


@pytest.mark.parametrize("image", ["docker.io/OWNER/NAME", "docker.io/owner/name:latest", "owner/name@sha256:0"])
def test_an_image_name_that_is_none_is_refused(worker_repository, git, image):
    path = worker_repository / "CONDUCTOR.md"
    path.write_text(path.read_text().replace("image: ghcr.io/owner/worker", f'image: "{image}"'))
    git("commit", "-q", "-am", "Name", cwd=worker_repository)
    with (
        pytest.raises(ConfigurationProblem, match=r"is not a repository's name|is not filled in"),
        Stage(worker_repository, timing=QUICK),
    ):
        pass


def test_two_targets_may_name_the_same_endpoint(worker_repository, git):
    path = worker_repository / "CONDUCTOR.md"
    path.write_text(path.read_text().replace("targets:\n", "targets:\n  first: {id: ep1}\n  second: {id: ep1}\n"))
    git("commit", "-q", "-am", "Targets", cwd=worker_repository)
    with Stage(worker_repository, timing=QUICK) as stage:
        assert stage.info.endpoints["first"] == stage.info.endpoints["second"] == "ep1"
        assert len(stage.endpoints) == 2


def test_hooks_and_signing_of_the_person_take_no_part(worker_repository, tmp_path, monkeypatch):
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-checkout", "pre-push", "pre-commit", "commit-msg"):
        (hooks / name).write_text("#!/bin/sh\nexit 1\n")
        (hooks / name).chmod(0o755)
    settings = tmp_path / "gitconfig"
    settings.write_text(f"[core]\n\thooksPath = {hooks}\n[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = false\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    with Stage(worker_repository, drill=DRILLS["build-fails"], timing=QUICK) as stage:
        assert push(stage.info).returncode == 0


@pytest.mark.parametrize("package", ["asyncssh", "runpod", "av"])
def test_a_missing_package_is_named_with_what_installs_it(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra) as caught, Stage(None):
        pass
    assert package in caught.value.message
    assert caught.value.hint == find_installation().add_extra("rehearsal")


def test_a_missing_program_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageProblem, match="git, which is not on PATH"), Stage(None):
        pass


def test_a_folder_for_temporary_files_that_is_not_there_is_a_usage_error(monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", "/nonexistent/folder")
    with pytest.raises(UsageProblem, match="no temporary folder"), Stage(None):
        pass
