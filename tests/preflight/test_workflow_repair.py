"""`preflight --fix` on workflows: what only pushes `:latest` becomes what a release finds, proves and can go back to."""

import subprocess
import sys

import pytest

from conductor.config.disk import DiskTree
from conductor.release.steps.image import REVISION_LABEL, candidate_tags
from conductor.workflows.documents import Files, as_mapping, load_yaml
from conductor.workflows.events import find_events
from conductor.workflows.expressions import Open, interpolate
from conductor.workflows.reading import read_workflow, steps_of
from conductor.workflows.shape import find_refusals

REVISION = "5b8f0d2c" * 5
WORKFLOW = """\
name: build
on:
  push:
    branches: [main]
env:
  IMAGE: acme/worker
jobs:
  build:
    runs-on: ubuntu-22.04
    steps:
      - uses: actions/checkout@v4
      - name: Log in
        uses: docker/login-action@v3
        with:
          username: ${{ secrets.DOCKERHUB_USERNAME }}
          password: ${{ secrets.DOCKERHUB_TOKEN }}
      - name: Build and push
        uses: docker/build-push-action@v6
        with:
          context: image
          push: true
          tags: acme/worker:latest
"""
FORMS = [
    "tags: acme/worker:latest",
    'tags: "acme/worker:latest"',
    "tags: 'acme/worker:latest'  # the only one",
    "tags: ${{ env.IMAGE }}:latest",
    "tags: |\n            acme/worker:latest",
    "tags: |\n            acme/worker:latest\n            acme/worker:stable",
    "tags: >-\n            ${{ env.IMAGE }}:latest",
    "tags: docker.io/acme/worker:main",
]


def run(root):
    command = [sys.executable, "-m", "conductor", "preflight", "--fix"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def write(root, workflow, newline="\n"):
    files = {
        "image/Dockerfile": 'FROM python:3.11-slim\nRUN pip install runpod\nCOPY handler.py /\nCMD ["python", "-u", "/handler.py"]\n',
        "image/handler.py": "import runpod\nrunpod.serverless.start({'handler': print})\n",
        ".github/workflows/build.yml": workflow,
    }  # fmt: skip
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, newline=newline)
    return root / ".github/workflows/build.yml"


def pushed(text):
    """Return the tags and labels that the workflow gives an image of REVISION, and what starts it."""
    document = as_mapping(load_yaml(text))
    contexts = {"github": Open(sha=REVISION), "env": Open(IMAGE="acme/worker")}
    step = steps_of(document["jobs"]["build"])[-1]
    tags = interpolate(step["with"]["tags"], contexts).replace(",", "\n").split()
    labels = dict(line.split("=", 1) for line in interpolate(step["with"]["labels"], contexts).split("\n") if line)
    return tags, labels, find_events(document["on"], "main")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_workflow_that_pushes_latest_alone_becomes_releasable(tmp_path, form, newline):
    path = write(tmp_path, WORKFLOW.replace("tags: acme/worker:latest", form), newline)
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout
    assert "+++ b/.github/workflows/build.yml" in done.stderr
    text = path.read_bytes().decode()
    assert text.count("\n") == text.count(newline)
    tags, labels, events = pushed(text)
    assert {tag.rpartition(":")[2] for tag in tags} & set(candidate_tags(REVISION))
    assert len(tags) == len(form.split("\n")[1:] or [form]) + 1
    assert labels[REVISION_LABEL] == REVISION
    assert "push" in events
    assert 'outputs: {digest: "${{ steps.build.outputs.digest }}"}' in text
    assert "paths-ignore:" in text
    workflow = read_workflow("build.yml", text)
    assert list(find_refusals(workflow)) == []
    run(tmp_path)
    assert path.read_bytes().decode() == text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("      - uses: actions/checkout@v4\n", "      - uses: actions/checkout@v4\n        with: {ref: stable}\n"),
        ("with:\n          context: image\n          push: true\n          tags: acme/worker:latest", "with: {context: image, push: true, tags: acme/worker:latest}"),
        ("tags: acme/worker:latest", "tags: ${{ vars.TAGS }}"),
    ],
)  # fmt: skip
def test_what_could_go_wrong_is_left_to_a_person(tmp_path, old, new):
    assert old in WORKFLOW
    path = write(tmp_path, WORKFLOW.replace(old, new))
    run(tmp_path)
    assert "worker:${{ github.sha }}" not in path.read_text()
    assert list(find_refusals(read_workflow("build.yml", path.read_text()))) == []


def test_majors_and_labels_that_are_gone_are_replaced_and_pinned_ones_are_not(tmp_path):
    pin = "a" * 40
    text = WORKFLOW.replace("ubuntu-22.04", "ubuntu-18.04").replace("login-action@v3", "login-action@v1")
    text = text.replace("actions/checkout@v4", f"actions/checkout@{pin} # v3.1.0")
    path = write(tmp_path, text)
    run(tmp_path)
    after = path.read_text()
    assert "runs-on: ubuntu-24.04" in after
    assert "docker/login-action@v4" in after
    assert f"actions/checkout@{pin} # v3.1.0" in after


def test_the_whole_context_is_never_ignored(tmp_path):
    path = write(tmp_path, WORKFLOW.replace("context: image", "context: .\n          file: image/Dockerfile"))
    run(tmp_path)
    assert "paths-ignore" not in path.read_text()
    assert Files(DiskTree(tmp_path)).workflows() == [".github/workflows/build.yml"]
