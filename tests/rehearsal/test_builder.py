from __future__ import annotations

import gzip
import hashlib
import io
import subprocess
import tarfile

import pytest

from conductor.rehearsal.builder import BuildFault, BuildPlace, StandInBuilder
from conductor.rehearsal.registry import Registry
from conductor.rehearsal.registry_client import RegistryClient

PLACE = BuildPlace("image/Dockerfile", "image", ".github/workflows/build.yml", "docker.io/owner/worker", "https://x")
FILES = {
    "image/Dockerfile": 'FROM scratch\nARG REVISION\nENV CONDUCTOR_REVISION=${REVISION} MODE=fast\nCMD ["python", "handler.py"]\n',
    "image/.dockerignore": "*\n!handler.py\n!worker\n**/*.pyc\n",
    "image/handler.py": "print('hello')\n",
    "image/worker/job.py": "",
    "image/worker/job.pyc": "",
    "image/notes.md": "",
    "TASKS.md": "",
}  # fmt: skip


@pytest.fixture
def registry(recorder):
    opened = Registry(recorder, "builder", "password").start()
    yield opened
    opened.close()


@pytest.fixture
def revision(repository, git):
    for name, text in FILES.items():
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git("add", "-A", "-f", cwd=repository)
    git("commit", "-q", "-m", "Worker", cwd=repository)
    return git("rev-parse", "HEAD", cwd=repository)


def make_builder(repository, registry, **options):
    client = RegistryClient(registry.base_url, "owner/worker", "builder:password")
    return StandInBuilder(repository / ".git", PLACE, client, **options)


def build(builder, registry, revision):
    log = []
    assert builder(revision, "main", log.append), log
    return RegistryClient(registry.base_url, "owner/worker").pull(builder.digests[revision]), log


def names_in(image):
    with tarfile.open(fileobj=io.BytesIO(image.layers[0]), mode="r:gz") as archive:
        return archive.getnames()


def test_the_layer_is_the_context_as_dockerignore_leaves_it(repository, registry, revision):
    image, _ = build(make_builder(repository, registry), registry, revision)
    assert names_in(image) == ["handler.py", "worker/job.py"]


def test_labels_and_environment_say_what_the_image_was_built_from(repository, registry, revision):
    image, _ = build(make_builder(repository, registry), registry, revision)
    listed = subprocess.run(
        ["git", "ls-tree", "-r", "--full-tree", revision, "--", "image", "image/Dockerfile", ".github/workflows/build.yml"],
        cwd=repository, capture_output=True, check=True,
    ).stdout  # fmt: skip
    settings = image.config["config"]
    assert settings["Labels"]["org.opencontainers.image.revision"] == revision
    assert settings["Labels"]["io.conductor.context"] == hashlib.sha256(listed).hexdigest()
    assert f"CONDUCTOR_REVISION={revision}" in settings["Env"]
    assert "MODE=fast" in settings["Env"]
    assert (image.config["os"], image.config["architecture"]) == ("linux", "amd64")
    diff_id = "sha256:" + hashlib.sha256(gzip.decompress(image.layers[0])).hexdigest()
    assert image.config["rootfs"]["diff_ids"] == [diff_id]


def test_a_commit_that_only_writes_records_has_the_same_context_hash(repository, registry, revision, git):
    builder = make_builder(repository, registry)
    first, _ = build(builder, registry, revision)
    (repository / "TASKS.md").write_text("changed\n")
    git("commit", "-q", "-am", "Records", cwd=repository)
    second, _ = build(builder, registry, git("rev-parse", "HEAD", cwd=repository))
    label = "io.conductor.context"
    assert first.config["config"]["Labels"][label] == second.config["config"]["Labels"][label]
    assert first.digest != second.digest
    assert first.layers == second.layers


def test_the_log_says_plainly_that_no_run_line_is_executed(repository, registry, revision):
    _, log = build(make_builder(repository, registry), registry, revision)
    assert "executes no RUN line" in log[0]


def test_a_fault_ends_the_log_and_pushes_nothing(repository, registry, revision):
    fault = BuildFault("MODE=fast", ("#3 RUN x", "ERROR: the end"))
    log = []
    assert not make_builder(repository, registry, faults=(fault,))(revision, "main", log.append)
    assert log[-1].splitlines()[-1] == "ERROR: the end"
    assert registry.manifests == {}


def test_a_missing_dockerfile_fails_the_build(repository, registry, revision, git):
    git("rm", "-q", "image/Dockerfile", cwd=repository)
    git("commit", "-q", "-m", "Without", cwd=repository)
    log = []
    assert not make_builder(repository, registry)(git("rev-parse", "HEAD", cwd=repository), "main", log.append)
    assert "no such file" in log[-1]


def test_an_attested_build_is_an_index_whose_image_can_be_pulled(repository, registry, revision):
    builder = make_builder(repository, registry, attested=True)
    image, _ = build(builder, registry, revision)
    media_type, _ = registry.manifests["owner/worker", builder.digests[revision]]
    assert media_type == "application/vnd.oci.image.index.v1+json"
    assert names_in(image) == ["handler.py", "worker/job.py"]
