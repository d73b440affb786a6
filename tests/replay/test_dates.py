"""Each commit is judged by what was true on its day."""

import pytest

from tests.replay.conftest import codes
from tests.replay.story import CP311, TORCH27, wheel

HANDLER = {
    "handler.py": "import runpod\n\n\ndef handler(job):\n    return {}\n\n\nrunpod.serverless.start({'handler': handler})\n"
}
END = 'COPY handler.py .\nCMD ["python", "-u", "handler.py"]\n'
RUNPOD = "RUN pip install --no-cache-dir runpod\n"
GL = "RUN apt-get update && apt-get install -y --no-install-recommends libgl1-mesa-glx\n"


def write(base: str, *lines: str) -> dict[str, str]:
    return {**HANDLER, "Dockerfile": f"FROM {base}\n{''.join(lines)}{RUNPOD}{END}"}


@pytest.mark.parametrize(
    ("files", "early", "late", "code"),
    [
        (write("python:3.13-slim"), "2024-03-01", "2024-11-01", "PF-BASE-004"),
        (write("python:3.12.4-slim"), "2024-03-01", "2024-07-01", "PF-BASE-004"),
        (write("pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime"), "2025-05-01", "2025-06-10", "PF-BASE-004"),
        (write("runpod/pytorch:2.8.0-py3.11-cuda12.8.1-cudnn-devel-ubuntu22.04"), "2025-05-01", "2025-09-01", "PF-BASE-004"),
        (write("python:3.11-slim-bookworm", "RUN pip install numpy==2.3.2\n"), "2025-03-01", "2025-08-01", "PF-PIP-024"),
        (write("python:3.11-slim-bookworm", "RUN pip install torch==2.7.1\n"), "2025-03-01", "2025-08-01", "PF-PIP-024"),
        (
            write("python:3.11-slim-bookworm", "RUN pip install torch==2.7.1 --index-url https://download.pytorch.org/whl/cu126\n"),
            "2025-03-01", "2025-08-01", "PF-PIP-024",
        ),
        (
            write("pytorch/pytorch:2.7.0-cuda12.6-cudnn9-runtime", wheel(TORCH27.replace("abiFALSE", "abiTRUE"))),
            "2025-05-01", "2025-09-01", "PF-WHEEL-007",
        ),
    ],
)  # fmt: skip
def test_what_came_out_after_the_commit_was_not_there(past, files, early, late, code):
    first = past.commit(files, date=f"{early}T12:00:00Z")
    second = past.commit({"README.md": "later\n"}, date=f"{late}T12:00:00Z")
    _, told = past.replay()
    found = [one for one in told[first].new if one.code == code]
    assert [str(one.severity) for one in found] == ["error"]
    assert code in codes(told[second].repaired)
    assert not [one for one in told[second].carried if one.severity == "error"]


@pytest.mark.parametrize(
    ("base", "day", "broken"),
    [
        ("python:3.11-slim", "2024-05-01", False),
        ("python:3.11-slim", "2025-09-01", True),
        ("python:3.11.9-slim", "2025-09-01", False),
        ("python:3.8-slim", "2025-09-01", False),
        ("debian:bookworm-slim", "2025-09-01", False),
    ],
)
def test_a_package_is_looked_for_in_the_debian_that_the_tag_meant(past, base, day, broken):
    first = past.commit(write(base, GL), date=f"{day}T12:00:00Z")
    _, told = past.replay()
    assert ("PF-APT-001" in codes(told[first].new)) is broken


@pytest.mark.parametrize(("day", "warned"), [("2025-06-15", True), ("2025-07-10", False), ("2025-09-01", True)])
def test_the_newest_companion_is_the_newest_of_its_day(past, day, warned):
    # xformers 0.0.31 (25 June 2025) is the one for torch 2.7.1, and was the newest until 0.0.32.
    lines = "RUN pip install --no-cache-dir xformers\n"
    first = past.commit(write("pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime", lines), date=f"{day}T12:00:00Z")
    _, told = past.replay()
    assert ("PF-TORCH-002" in codes(told[first].new)) is warned


def test_the_remedy_of_a_pin_that_came_later_is_the_newest_version_of_that_day(past):
    lines = "RUN pip install torch==2.7.1\n"
    first = past.commit(write("python:3.11-slim-bookworm", lines), date="2025-03-01T12:00:00Z")
    _, told = past.replay()
    assert [one.remedy for one in told[first].new if one.code == "PF-PIP-024"] == [
        "ask for a version that was out then: torch==2.6.0"
    ]


def test_a_private_index_may_have_had_a_version_earlier(past):
    lines = "RUN pip install torch==2.7.1 --index-url https://packages.example.org/simple\n"
    first = past.commit(write("python:3.11-slim-bookworm", lines), date="2025-03-01T12:00:00Z")
    _, told = past.replay()
    assert "PF-PIP-024" not in codes(told[first].new)


@pytest.mark.parametrize(("day", "version"), [("2025-08-20", "v2.8.3/"), ("2026-07-01", "v2.8.3.post1/")])
def test_a_remedy_is_a_wheel_of_the_commits_day(past, day, version):
    first = past.commit(
        write("runpod/pytorch:2.4.0-py3.11-cuda12.4.1-devel-ubuntu22.04", wheel(CP311)), date=f"{day}T12:00:00Z"
    )
    _, told = past.replay()
    assert version in next(one.remedy for one in told[first].new if one.code == "PF-WHEEL-007")
