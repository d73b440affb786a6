"""What the pins beside torch need, by the facts: every release of every package that the facts know."""

from __future__ import annotations

import pytest

from conductor.config.settings import load_settings
from conductor.knowledge.torch import companions
from conductor.preflight.api import check_project

KNOWN = [(name, one) for name in ("torchvision", "torchaudio", "torchtext", "xformers") for one in companions(name)]


@pytest.fixture
def check(tmp_path, repository):
    def run(line):
        (repository / "Dockerfile").write_text(f"FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime\n{line}\n")
        (repository / "CONDUCTOR.md").write_text(
            "---\nconductor: 1\nbuild: {workflow: w.yml, dockerfile: Dockerfile, context: ., image: ghcr.io/a/b}\n---\n"
        )
        return check_project(repository, load_settings(repository)).findings

    return run


def test_a_release_whose_torch_the_facts_do_not_say_is_left_unjudged(check):
    unsaid = [f"{name}=={one.version}" for name, one in KNOWN if not one.torch]
    assert unsaid
    for pin in unsaid:
        assert [one for one in check(f"RUN pip install torch==2.7.1 {pin}") if one.code == "PF-PIP-001"] == []


def test_a_release_that_needs_another_torch_is_found(check):
    exact = next(one for name, one in KNOWN if name == "torchaudio" and one.torch.startswith("2.5"))
    codes = [one.code for one in check(f"RUN pip install torch==2.7.1 torchaudio=={exact.version}")]
    assert "PF-PIP-001" in codes
