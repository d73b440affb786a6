"""A wheel that pip refused, explained from the log and the Dockerfile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.diagnosis.explain import diagnose, explain
from conductor.diagnosis.wheel_platform import REMEDY, find_base
from conductor.domain.finding import Confidence

WHEEL = "flash_attn-2.8.3+cu12torch2.7cxx11abiFALSE-cp310-cp310-linux_x86_64.whl"
ADDRESS = f"https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/{WHEEL.replace('+', '%2B')}"
DOCKERFILE = f"""FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime
WORKDIR /app
RUN pip install --no-cache-dir \\
    {ADDRESS}
"""
LOG = f"""2026-01-05T10:44:00.1Z #12 3.210 Collecting flash_attn
2026-01-05T10:44:01.2Z \x1b[31m#12 3.412 ERROR: {WHEEL} is not a supported wheel on this platform.\x1b[0m
2026-01-05T10:44:01.9Z ##[error]buildx failed with: exit code: 1
"""


def explain_log(log, dockerfile, path):
    return explain(diagnose(log.encode()), {path: dockerfile}, path)


def test_the_seed_s_wheel_is_explained_with_the_one_that_fits():
    finding = explain_log(LOG, DOCKERFILE, "image/Dockerfile")
    assert finding.code == "WHEEL_PLATFORM"
    assert finding.confidence is Confidence.HIGH
    assert "3.10" in finding.message
    assert "3.11" in finding.message
    assert "cxx11abiTRUE-cp311-cp311-linux_x86_64.whl" in finding.remedy
    assert "cd1a45ebfc1731a13e55ad68e0c9ad92390ddfffba306f9222be67c6d5a805af" in finding.remedy
    assert str(finding.location) == "image/Dockerfile:4"
    assert finding.context[0].startswith("log line 2 in #12: ")
    assert "\x1b" not in finding.context[0]
    assert "image/Dockerfile:1 (pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime) has Python 3.11" in finding.context


def test_an_image_nobody_knows_leaves_the_cause_likely():
    finding = explain_log(LOG, "FROM registry.example/own:1\nRUN pip install /w/*.whl\n", "Dockerfile")
    assert finding.confidence is Confidence.MEDIUM
    assert finding.remedy == REMEDY


def test_a_log_without_a_dockerfile_is_explained_as_far_as_it_goes():
    assert explain_log(LOG, "", "Dockerfile").code == "WHEEL_PLATFORM"


@pytest.mark.parametrize(
    "log",
    [
        "ERROR: No matching distribution found for flash-attn==2.8.3",
        "System.IO.IOException: No space left on device",
    ],
)
def test_another_cause_is_not_explained_as_this_one(log):
    assert explain_log(log, DOCKERFILE, "Dockerfile").code != "WHEEL_PLATFORM"


def test_the_base_of_the_last_stage_counts():
    text = "FROM python:3.12-slim AS tools\nFROM --platform=linux/amd64 python:3.11-slim AS base\nFROM base\nRUN x\n"
    assert find_base(text) == (2, "python:3.11-slim")


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_log_and_any_dockerfile_give_an_answer(log, dockerfile):
    finding = explain_log(f"{log}\n{WHEEL} is not a supported wheel on this platform", dockerfile, "Dockerfile")
    assert finding.code == "WHEEL_PLATFORM"
