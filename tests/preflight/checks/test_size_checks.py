"""How much an image takes at least, and where that is too much; every sum is shown with its parts."""

import pytest

from conductor.config.disk import DiskTree
from conductor.config.settings import load_settings
from conductor.preflight.api import judge_subject
from conductor.preflight.checks import load_checks
from conductor.preflight.load import load_subject
from conductor.preflight.sizes import estimate, runner_disk

BIG = "FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel\nRUN pip install tensorflow[and-cuda] vllm xformers runpod\n"
DEVEL = "FROM nvidia/cuda:12.6.3-cudnn-devel-ubuntu22.04\n"
WORKFLOW = """\
on: {push: {branches: [main]}}
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - uses: docker/build-push-action@v7
        with:
          tags: acme/worker:${{ github.sha }}
"""


def load(root, dockerfile, files=None):
    for name, text in {"Dockerfile": dockerfile, **(files or {})}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return load_subject(root, load_settings(root))


def told(root, dockerfile, files=None):
    checks = [check for check in load_checks() if check.meta.code.startswith(("PF-DISK", "PF-TARGET"))]
    return {(str(one.severity), one.code) for one in judge_subject(load(root, dockerfile, files), checks).findings}


@pytest.mark.parametrize(
    ("dockerfile", "parts"),
    [
        ("FROM python:3.11-slim\nRUN pip install runpod\n", []),
        (DEVEL, [6.1]),
        (DEVEL + "RUN pip install --no-cache-dir torch==2.7.1\n", [6.1, 1.6, 3.4]),
        (DEVEL + "RUN pip install torch==2.7.1\n", [6.1, 1.6, 3.4, 2.9]),
        (DEVEL + "ENV PIP_NO_CACHE_DIR=1\nRUN pip install torch==2.7.1\n", [6.1, 1.6, 3.4]),
        (DEVEL + "RUN pip install --no-cache-dir torch --index-url https://download.pytorch.org/whl/cpu\n", [6.1, 1.6]),
        ("FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime\nRUN pip install --no-cache-dir torch xformers\n", [7.6, 0.4]),
    ],
)  # fmt: skip
def test_a_sum_has_each_part_once(tmp_path, dockerfile, parts):
    assert [round(part.size_gb, 1) for part in estimate(load(tmp_path, dockerfile)).parts] == parts


def test_only_the_final_stages_are_in_the_image(tmp_path):
    text = DEVEL.replace("ubuntu22.04", "ubuntu22.04 AS build") + (
        "RUN pip install --no-cache-dir vllm\nFROM nvidia/cuda:12.6.3-runtime-ubuntu22.04\nCOPY --from=build /a /a\n"
    )
    found = estimate(load(tmp_path, text))
    assert (round(found.build_gb, 1), round(found.image_gb, 1)) == (9.5, 2.3)
    assert found.shown(image=True) == "2.3 nvidia/cuda -runtime = 2.3 GB"


def test_what_is_usual_lies_between_the_least_and_the_largest_that_was_measured(tmp_path):
    disk = runner_disk(DiskTree(tmp_path))
    assert disk.guaranteed_gb < disk.typical_gb < 87
    assert disk.cache_gb == 10


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", {("warning", "PF-DISK-001")}),
        ("ubuntu-latest", "self-hosted", set()),
        ("ubuntu-latest", "ubuntu-latest-16-cores", set()),
        ("      - uses: docker/", "      - uses: jlumbroso/free-disk-space@main\n      - uses: docker/", set()),
        ("      - uses: docker/", "      - run: sudo rm -rf /usr/share/dotnet /opt/ghc\n      - uses: docker/", set()),
        ("          tags", "          cache-to: type=gha,mode=max\n          tags", {("warning", "PF-DISK-001"), ("warning", "PF-DISK-002")}),
        ("          tags", "          cache-to: type=gha\n          tags", {("warning", "PF-DISK-001")}),
        ("          tags", "          cache-to: type=registry,ref=a/b:c,mode=max\n          tags", {("warning", "PF-DISK-001")}),
    ],
)  # fmt: skip
def test_the_job_that_builds_says_how_much_there_is(tmp_path, old, new, expected):
    assert told(tmp_path, BIG, {".github/workflows/a.yml": WORKFLOW.replace(old, new, 1)}) == expected


def test_an_image_that_is_loaded_takes_its_room_twice(tmp_path):
    workflow = WORKFLOW.replace("          tags", "          load: true\n          tags")
    base = BIG.splitlines(keepends=True)[0]
    assert told(tmp_path, base, {".github/workflows/a.yml": workflow}) == {("advice", "PF-DISK-001")}


def test_a_large_base_alone_is_no_fault(tmp_path):
    assert told(tmp_path, BIG.splitlines(keepends=True)[0], {".github/workflows/a.yml": WORKFLOW}) == set()
