"""What the targets ask for, held against what the image is: GPUs, CUDA of the hosts, disk."""

import json

import pytest

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
