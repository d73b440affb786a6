import pytest

from conductor.config.disk import DiskTree
from conductor.domain.finding import Confidence
from conductor.knowledge import image_facts


@pytest.mark.parametrize(
    "reference",
    [
        "pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel",
        "docker.io/pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel",
        f"pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel@sha256:{'0' * 64}",
    ],
)
def test_an_image_is_found_under_each_of_its_spellings(reference):
    facts = image_facts(reference)
    assert (facts.python, facts.torch, facts.cuda, facts.cxx11abi) == ("3.11", "2.7.1", "12.6", True)
    assert (facts.os, facts.glibc, facts.has_nvcc) == ("ubuntu22.04", "2.35", True)
    assert facts.confidence is Confidence.HIGH
    assert facts.reference == reference


@pytest.mark.parametrize(
    ("reference", "python", "torch", "os", "abi"),
    [
        ("pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime", "3.11", "2.7.1", "ubuntu22.04", True),
        ("pytorch/pytorch:2.3.0-cuda12.1-cudnn8-runtime", "3.10", "2.3.0", "ubuntu22.04", False),
        ("pytorch/pytorch:2.6.0-cuda12.6-cudnn9-runtime", "3.11", "2.6.0", "ubuntu22.04", True),
        ("pytorch/pytorch:2.6.0-cuda12.4-cudnn9-runtime", "3.11", "2.6.0", "ubuntu22.04", False),
        ("pytorch/pytorch:2.10.0-cuda12.8-cudnn9-runtime", "3.12", "2.10.0", "ubuntu24.04", True),
        ("runpod/pytorch:2.2.0-py3.10-cuda12.1.1-devel-ubuntu22.04", "3.10", "2.2.0", "ubuntu22.04", False),
        ("runpod/pytorch:1.0.7-cu1281-torch260-ubuntu2204", "3.12", "2.6.0", "ubuntu22.04", True),
        ("runpod/pytorch:1.0.7-cu1281-torch280-ubuntu2404", "3.12", "2.8.0", "ubuntu24.04", True),
        ("runpod/pytorch:2.8.0-py3.11-cuda12.8.1-cudnn-devel-ubuntu22.04", "3.11", "2.8.0", "ubuntu22.04", True),
        ("runpod/pytorch:0.7.0-cu1241-torch240-ubuntu2004", None, "2.4.0", "ubuntu20.04", False),
    ],
)
def test_what_a_tag_says_is_read_from_it(reference, python, torch, os, abi):
    facts = image_facts(reference)
    assert (facts.python, facts.torch, facts.os, facts.cxx11abi) == (python, torch, os, abi)


def test_a_cuda_image_has_neither_python_nor_torch():
    facts = image_facts("nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04")
    assert (facts.has_python, facts.python, facts.has_torch, facts.cuda) == (False, None, False, "12.4")
    assert (facts.glibc, facts.has_nvcc) == ("2.35", False)


@pytest.mark.parametrize(
    ("reference", "glibc"),
    [
        ("python:3.11-slim", "2.41"),
        ("library/python:3.11-slim-bookworm", "2.36"),
        ("python:3.11.9-slim-bullseye", "2.31"),
        ("python:3.11-alpine", None),
        ("debian:bookworm-slim", "2.36"),
        ("ubuntu:20.04", "2.31"),
    ],
)
def test_glibc_follows_the_system(reference, glibc):
    assert image_facts(reference).glibc == glibc


@pytest.mark.parametrize(
    "reference",
    [
        "acme/worker:1",
        "pytorch/pytorch",
        "pytorch/pytorch:latest",
        "pytorch/pytorch:2.7.1",
        "ubuntu:latest",
        f"python@sha256:{'0' * 64}",
        "",
        "::",
        "pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime-extra",
    ],
)
def test_an_image_that_nobody_looked_up_is_unknown(reference):
    assert image_facts(reference) is None


def test_a_project_can_say_what_its_own_base_holds(tmp_path):
    folder = tmp_path / ".conductor" / "knowledge"
    folder.mkdir(parents=True)
    (folder / "images.yaml").write_text(
        "entries:\n- {name: 'acme/base:3', python: '3.12', torch: 2.8.0, cuda: '12.8', cxx11abi: true, os: ubuntu24.04,"
        " confidence: high, source: its Dockerfile, checked: '2026-11-01'}\n"
    )
    facts = image_facts("acme/base:3", root=DiskTree(tmp_path))
    assert (facts.python, facts.torch, facts.glibc, facts.has_torch) == ("3.12", "2.8.0", "2.39", True)
    assert image_facts("acme/base:3") is None
