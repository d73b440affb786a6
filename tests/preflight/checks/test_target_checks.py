"""What the targets ask for, held against what the image is: GPUs, CUDA of the hosts, disk."""

import json

import pytest

from conductor.config.settings import load_settings
from conductor.preflight.api import judge_subject
from conductor.preflight.checks import load_checks
from conductor.preflight.load import load_subject
from conductor.preflight.targets import gpus_of, wanted_by
from tests.preflight.checks.test_size_checks import BIG, load, told

TORCH = "FROM pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime\nRUN pip install --no-cache-dir runpod\n"
CUDA = "FROM nvidia/cuda:12.8.1-cudnn-runtime-ubuntu22.04\n"


def conductor(target):
    return {
        "conductor.yaml": "conductor: 1\nbuild: {workflow: w.yml, dockerfile: Dockerfile, context: ., image: docker.io/acme/w}\n"
        f"targets:\n  production: {{kind: serverless, id: x, {target}}}\n"
    }


def hub(**config):
    return {".runpod/hub.json": json.dumps({"type": "serverless", "config": config}, indent=2)}


@pytest.mark.parametrize(
    ("dockerfile", "files", "expected"),
    [
        (TORCH, conductor("gpu: [L40, RTX 4090, ADA_24]"), set()),
        (TORCH, conductor("gpu: [A made-up card]"), set()),
        (TORCH, conductor("gpu: [RTX 5090]"), {("error", "PF-TARGET-002")}),
        (TORCH, conductor("gpu: [NVIDIA GeForce RTX 5090]"), {("error", "PF-TARGET-002")}),
        (TORCH, conductor("gpu: [BLACKWELL_180]"), {("error", "PF-TARGET-002")}),
        (TORCH, conductor("gpu: [ADA_24, ADA_32_PRO]"), {("warning", "PF-TARGET-002")}),
        (TORCH, conductor("gpu: [ADA_42_PRO]"), {("warning", "PF-TARGET-002")}),
        (TORCH, hub(gpuIds="ADA_32_PRO"), {("error", "PF-TARGET-002")}),
        (TORCH, hub(gpuIds="ADA_24,-NVIDIA GeForce RTX 5090"), set()),
        ("FROM python:3.11-slim\n", conductor("gpu: [RTX 5090]"), set()),
        (CUDA, hub(allowedCudaVersions=["12.9", "12.8"]), set()),
        (CUDA, hub(allowedCudaVersions=["13.0", "12.8", "12.7"]), {("warning", "PF-TARGET-003")}),
        (CUDA + "ENV NVIDIA_DISABLE_REQUIRE=1\n", hub(allowedCudaVersions=["12.4"]), set()),
        ("FROM python:3.11-slim\n", hub(allowedCudaVersions=["11.8"]), set()),
        (BIG, conductor("container_disk_gb: 50"), {("warning", "PF-DISK-001")}),
        (BIG, conductor("container_disk_gb: 20"), {("warning", "PF-DISK-001"), ("warning", "PF-DISK-003")}),
        (BIG, hub(containerDiskInGb=20), {("warning", "PF-DISK-001"), ("warning", "PF-DISK-003")}),
    ],
)  # fmt: skip
def test_a_target_is_held_against_the_image(tmp_path, dockerfile, files, expected):
    assert told(tmp_path, dockerfile, files) == expected


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"config": 7}', '{"config": {"gpuIds": [1], "allowedCudaVersions": "x"}}', "[" * 5000],
)
def test_a_hub_file_that_says_nothing_is_no_target(tmp_path, text):
    subject = load(tmp_path, TORCH, {".runpod/hub.json": text})
    assert all(not one.gpus and not one.cuda for one in wanted_by(subject))


def test_every_gpu_of_every_pool_is_known(tmp_path):
    from conductor.knowledge import entries

    root = load(tmp_path, TORCH).root
    for pool in entries("gpu-pools"):
        assert len(gpus_of(pool["name"], root)) == len(pool["gpus"])


SLIM = "FROM python:3.11-slim\n"
ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com/worker"


def project(image="docker.io/acme/w", build="", target=""):
    return (
        f"conductor: 1\nbuild: {{workflow: w.yml, dockerfile: Dockerfile, context: ., image: {image}{build}}}\n"
        f"targets:\n  production: {{kind: serverless, id: x{target}}}\n"
    )


class Registry:
    def __init__(self, public):
        self.public = public

    def serves(self, address):
        return None

    def has_image(self, reference):
        return None

    def is_public(self, name):
        return self.public


def found(root, check, dockerfile, settings, lookup=None):
    (root / "Dockerfile").write_text(dockerfile)
    (root / "conductor.yaml").write_text(settings)
    subject = load_subject(root, load_settings(root), lookup=lookup)
    checks = [one for one in load_checks() if one.meta.id == check]
    return [(str(one.severity), one.message) for one in judge_subject(subject, checks).findings]


@pytest.mark.parametrize(
    ("image", "target", "lookup", "severity"),
    [
        ("docker.io/acme/w", "", None, None),
        ("acme/w", "", None, None),
        (ECR, "", None, "warning"),
        ("acme.azurecr.io/w", "", None, "warning"),
        ("ghcr.io/acme/w", "", None, "advice"),
        ("ghcr.io/acme/w", "", Registry(True), None),
        ("ghcr.io/acme/w", "", Registry(False), "warning"),
        ("ghcr.io/acme/w", "", Registry(None), "advice"),
        ("docker.io/acme/w", "", Registry(False), "warning"),
        ("docker.io/acme/w", "", Registry(None), None),
        ("acme.azurecr.io/w", "", Registry(True), None),
        (ECR, ", registry_auth: clx1", None, None),
        ("docker.io/acme/w", ", registry_auth: clx1", Registry(False), None),
        ("public.ecr.aws/acme/w", "", None, None),
        ("registry.example.org/w", "", None, None),
    ],
)  # fmt: skip
def test_an_image_that_needs_a_login_is_told_where_the_target_names_none(tmp_path, image, target, lookup, severity):
    told_of = found(tmp_path, "private-image", SLIM, project(image, target=target), lookup)
    assert [one for one, _ in told_of] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("need", "gpus", "severity"),
    [
        (None, "[L4]", None),
        (22, "[L4]", None),
        (24, "[L4]", None),
        (24.5, "[L4]", "error"),
        (35, "[ADA_24]", "error"),
        (35, "[ADA_48_PRO]", None),
        (35, "[ADA_24, ADA_48_PRO]", "warning"),
        (35, "[ADA_24, A made-up card]", "warning"),
        (60, "[AMPERE_80]", None),  # A100s of 80 GiB, and the facts list the one of 40
        (60, "[A100, L40]", "warning"),
        (60, "[A made-up card]", None),
        (60, "[]", None),
        (17, "[AMPERE_16]", "warning"),
        (21, "[AMPERE_16]", "error"),
    ],
)  # fmt: skip
def test_a_gpu_with_less_memory_than_a_job_takes_is_told(tmp_path, need, gpus, severity):
    build = f", vram_gib: {need}" if need else ""
    told_of = found(tmp_path, "gpu-memory", SLIM, project(build=build, target=f", gpu: {gpus}"))
    assert [one for one, _ in told_of] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("dockerfile", "minutes"),
    [
        (BIG, "10 to 24"),
        ("FROM nvcr.io/nvidia/pytorch:24.10-py3\n", "8 to 20"),
        ("FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime\n", None),
        (SLIM, None),
        ("FROM acme/own:1\n", None),
        ("FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel AS build\nFROM python:3.11-slim\n", None),
    ],
)  # fmt: skip
def test_a_long_first_start_is_an_advice_with_its_sum(tmp_path, dockerfile, minutes):
    told_of = found(tmp_path, "cold-start", dockerfile, project())
    assert [one for one, _ in told_of] == (["advice"] if minutes else [])
    assert all(f"takes about {minutes} minutes" in message for _, message in told_of)


def test_a_pod_has_no_cold_start_that_a_job_waits_for(tmp_path):
    assert found(tmp_path, "cold-start", BIG, project().replace("serverless", "pod")) == []
