"""Repairs of `preflight --fix`: what the user's words allow, nothing lost, nothing made worse."""

import pytest

from conductor.config.settings import Settings
from conductor.preflight.api import check_project

RUNPOD = "FROM runpod/pytorch:2.4.0-py3.11-cuda12.4.1-devel-ubuntu22.04\n"
NO_NVCC = "FROM pytorch/pytorch:2.4.0-cuda12.4-cudnn9-runtime\n"
FILES = {"h.py": "print()\n"}
START = 'COPY h.py /h.py\nCMD ["python", "-u", "/h.py"]\n'
RELEASES = "https://github.com/Dao-AILab/flash-attention/releases/download"


def wheel(version: str, torch: str, python: str = "311", cuda: str = "12") -> str:
    return f"flash_attn-{version}+cu{cuda}torch{torch}cxx11abiFALSE-cp{python}-cp{python}-linux_x86_64.whl"


def fixed(image, dockerfile: str, files: dict | None = None, path: str = "Dockerfile") -> str:
    """Return a file as the repair leaves it."""
    report = image.judge(dockerfile + START, {**FILES, **(files or {})})
    image.repair(report)
    return (image.root / path).read_text().removesuffix(START)


@pytest.mark.parametrize(
    ("asked", "version"),
    [
        ('"flash-attn>=2.6,<2.8"', "2.7.4.post1"),
        ("'flash-attn==2.6.3'", "2.6.3"),
        ("flash-attn==2.6.3", "2.6.3"),
        ("flash-attn==2.7.3", "2.7.3"),
        ('"flash-attn~=2.6.0"', "2.6.3"),
        ('"flash-attn!=2.8.3,!=2.8.3.post1,<2.8.3"', None),
        ('"flash-attn<2.7"', "2.6.3"),
        ("flash_attn==2.6.3", "2.6.3"),
        ("Flash-Attn==2.7.4.post1", "2.7.4.post1"),
    ],
)
def test_the_version_is_one_that_the_words_allow(image, asked, version):
    after = fixed(image, f"{NO_NVCC}RUN pip install {asked}\n")
    assert asked.strip("'\"") not in after
    assert "/flash_attn-" in after
    if version is not None:
        assert f"/v{version}/flash_attn-{version}%2Bcu" in after


@pytest.mark.parametrize(
    "asked", ["'flash-attn==2.6.9'", "flash-attn==1.0.0", '"flash-attn>=2.5,<2.5.3"', '"flash-attn>9"']
)
def test_where_no_published_wheel_is_allowed_nothing_changes_and_it_is_said(image, asked):
    dockerfile = f"{NO_NVCC}RUN pip install {asked}\n"
    report = image.judge(dockerfile + START, FILES)
    said = [finding.remedy for finding in report.findings if finding.code == "PF-PIP-003"]
    assert image.repair(report) == ()
    assert (
        not said
        or f"no published wheel of {asked.strip(chr(34) + chr(39))} fits Python 3.11 and torch 2.4.0" in said[0]
    )


@pytest.mark.parametrize(
    ("line", "begin", "end"),
    [
        ("flash-attn==2.6.3  # the one that was measured", "https://", "  # the one that was measured"),
        ('flash-attn==2.6.3 ; python_version >= "3.9"', "https://", ' ; python_version >= "3.9"'),
        ('flash-attn==2.6.3; python_version >= "3.9"  # why', "https://", ' ; python_version >= "3.9"  # why'),
        ("flash-attn[cuda]==2.6.3", "flash-attn[cuda] @ https://", ""),
        ("flash-attn[a, b]==2.6.3;python_version>'3'", "flash-attn[a,b] @ https://", " ;python_version>'3'"),
        ("    flash-attn==2.6.3", "    https://", ""),
    ],
)
def test_comments_extras_markers_and_indentation_survive(image, line, begin, end):
    text = f"# top\nrequests==2.32.3\n{line}\nnumpy<2\n"
    dockerfile = f"{NO_NVCC}COPY r.txt /r.txt\nRUN pip install -r /r.txt\n"
    after = fixed(image, dockerfile, {"r.txt": text}, "r.txt").split("\n")
    assert after[:2] + after[3:] == ["# top", "requests==2.32.3", "numpy<2", ""]
    assert after[2].startswith(begin)
    assert after[2].endswith(end)
    assert after[2].count("2.6.3") == 2
    assert ">=2" not in after[2]


def test_line_ends_and_the_last_line_without_an_end_stay(image):
    text = b"requests==2.32.3\r\nflash-attn==2.6.3\r\nnumpy<2"
    dockerfile = f"{NO_NVCC}COPY r.txt /r.txt\nRUN pip install -r /r.txt\n"
    image.repair(image.judge(dockerfile + START, {**FILES, "r.txt": text}))
    after = (image.root / "r.txt").read_bytes().split(b"\r\n")
    assert (after[0], after[2]) == (b"requests==2.32.3", b"numpy<2")
    assert after[1].startswith(b"https://")


def test_a_redirection_is_quoted_before_the_requirement_in_it_is_pinned(image):
    after = fixed(image, f"{NO_NVCC}RUN pip install flash-attn>=2.6.0\n")
    assert ">=" not in after
    assert after.count("'") == 2
    assert "'https://github.com/" in after


def test_several_repairs_of_one_line_are_all_made(image):
    first, second = (f"{RELEASES}/v2.8.3/{wheel('2.8.3', torch)}" for torch in ("2.7", "2.6"))
    after = fixed(image, f"{RUNPOD}RUN pip install {first} && pip install {second}\n")
    assert "torch2.7" not in after
    assert "torch2.6" not in after
    assert after.count("torch2.4") == 2


def test_a_fragment_goes_with_its_address(image):
    wrong = f"{RELEASES}/v2.8.3/{wheel('2.8.3', '2.7')}#sha256={'0' * 64}"
    after = fixed(image, f'{RUNPOD}RUN pip install "{wrong}"\n')
    assert "0" * 64 not in after
    assert after.count("#") <= 1
    assert after.rstrip().endswith('"')


def test_flags_and_what_else_is_installed_stay(image):
    wrong = f"{RELEASES}/v2.8.3/{wheel('2.8.3', '2.7')}"
    line = "RUN pip install --no-cache-dir --no-deps requests==2.32.3 {} numpy && echo done"
    after = fixed(image, f"{RUNPOD}{line.format(wrong)}\n")
    begin, end = line.split("{}")
    assert after.startswith(RUNPOD + begin)
    assert after.endswith(f"{end}\n")


def test_a_requirement_with_hashes_of_its_own_is_left_to_the_user(image):
    text = f"flash-attn==2.6.3 --hash=sha256:{'1' * 64}\n"
    dockerfile = f"{NO_NVCC}COPY r.txt /r.txt\nRUN pip install -r /r.txt\n"
    assert fixed(image, dockerfile, {"r.txt": text}, "r.txt") == text


def test_a_repair_that_brings_a_finding_is_taken_back_and_the_others_are_kept(image):
    # Once the start is read as a program and its words, the program's import is missing.
    files = {"h.py": "import runpod\n", "a": "", "b": ""}
    dockerfile = "FROM python:3.11-slim\nCOPY a b /data\nCOPY h.py /h.py\nCMD ['python', '-u', '/h.py']\n"
    report = image.judge(dockerfile, files)
    plan = image.plan(report)
    brought = {code for one in plan.taken_back for code in one.brought}
    kept = image.repair(report)
    assert [change.path for change in kept if change.path == "Dockerfile"] == ["Dockerfile"]
    after = {(f.code, f.message) for f in check_project(image.root, Settings()).findings if f.severity != "advice"}
    before = {(f.code, f.message) for f in report.findings}
    assert after <= before
    assert brought
    assert brought.isdisjoint({code for code, _ in before})


def test_repairing_twice_changes_nothing_more(image):
    first = fixed(image, f"{NO_NVCC}RUN pip install 'flash-attn>=2.6,<2.8'  # x\n")
    image.repair(check_project(image.root, Settings()))
    assert (image.root / "Dockerfile").read_text().removesuffix(START) == first


def test_a_script_that_is_made_executable_keeps_its_bytes(image):
    report = image.judge('FROM python:3.11-slim\nCOPY s.sh /s.sh\nCMD ["/s.sh"]\n', {"s.sh": b"#!/bin/sh\necho \xff\n"})
    (change,) = image.repair(report)
    assert change.diff == "diff --git a/s.sh b/s.sh\nold mode 100644\nnew mode 100755"
    assert (image.root / "s.sh").read_bytes() == b"#!/bin/sh\necho \xff\n"
    assert (image.root / "s.sh").stat().st_mode & 0o111


def test_a_link_is_not_repaired_through(image, tmp_path_factory):
    outside = tmp_path_factory.mktemp("other") / "Dockerfile"
    outside.write_text("FROM python:3.11-slim\nRUN apt-get update && apt-get install git\n")
    report = image.judge(outside.read_text())
    (image.root / "Dockerfile").unlink()
    (image.root / "Dockerfile").symlink_to(outside)
    before = outside.read_bytes()
    assert image.repair(report) == ()
    assert outside.read_bytes() == before


@pytest.mark.parametrize(
    ("dockerfile", "files", "path", "after"),
    [
        ("FROM python:3.11-slim AS builder\nFROM python:3.11-slim\nCOPY --from=build /i /i\n", {}, "Dockerfile", "--from=builder /i"),
        ("FROM python:3.11-slim\nRUNN echo a\n", {}, "Dockerfile", "\nRUN echo a\n"),
        ("FROM python:3.11-slim\n  COPPY h.py /x\n", {}, "Dockerfile", "\n  COPY h.py /x\n"),
        ("FROM python:3.11-slim\nCOPY h.py /a.py  # why\n", {}, "Dockerfile", "\n# why\nCOPY h.py /a.py\n"),
        ("FROM python:3.11-slim\nCOPY r.txt /\nRUN pip install -r /r.txt\n", {"r.txt": "six=1.16.0  # old\nattrs\n"}, "r.txt", "six==1.16.0  # old\nattrs\n"),
        ("FROM python:3.11-slim\nRUN pip install six=1.16.0 attrs\n", {}, "Dockerfile", "install six==1.16.0 attrs\n"),
    ],
)  # fmt: skip
def test_a_slip_of_the_pen_is_repaired(image, dockerfile, files, path, after):
    assert after in fixed(image, dockerfile, files, path)


@pytest.mark.parametrize(
    "dockerfile",
    [
        "FROM python:3.11-slim AS weights\nFROM python:3.11-slim\nCOPY --from=builder /i /i\n",
        "FROM python:3.11-slim\nINSTALL git\n",
        "FROM python:3.11-slim\npip install six\n",
        "FROM python:3.11-slim\nCOPY h.py b.py /c #d\n",
    ],
)
def test_what_may_mean_several_things_is_left_to_the_user(image, dockerfile):
    assert fixed(image, dockerfile) == dockerfile or "#d" in dockerfile


@pytest.mark.parametrize(
    ("dockerfile", "remedy"),
    [
        (
            "FROM debian:bookworm-slim\nRUN apt-get update && apt-get install -y python3\nRUN pip install six\n",
            "python3-venv && python3 -m venv /opt/venv, and below it ENV PATH=/opt/venv/bin:$PATH",
        ),
        (
            "FROM debian:bookworm-slim\nRUN apt-get update && apt-get install -y python3-pip\nRUN pip install six\n",
            "python3-venv && python3 -m venv /opt/venv, and below it ENV PATH=/opt/venv/bin:$PATH",
        ),
        (
            "FROM ubuntu:22.04\nRUN apt-get update && apt-get install -y python3\nRUN pip install six\n",
            "RUN apt-get update && apt-get install -y python3-pip",
        ),
    ],
)  # fmt: skip
def test_a_remedy_for_pip_is_one_that_this_system_lets_through(image, dockerfile, remedy):
    report = image.judge(f'{dockerfile}CMD ["python3"]\n')
    found = [finding.remedy for finding in report.findings if finding.code in {"PF-TOOL-002", "PF-PIP-005"}]
    assert found
    assert all(one.endswith(remedy) for one in found)
