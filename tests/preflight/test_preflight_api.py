import json

import pytest

from conductor.cli.formats import render_github, render_sarif
from conductor.config.settings import Settings, TargetSettings
from conductor.errors import UsageProblem
from conductor.preflight.api import check_project, find_check
from conductor.preflight.checks import load_checks

RELEASE = "https://github.com/Dao-AILab/flash-attention/releases/download"
BASE = "FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime\nWORKDIR /app\n"
BEFORE = BASE + (
    "RUN pip install --no-cache-dir \\\n"
    f"    {RELEASE}/v2.8.3/flash_attn-2.8.3+cu12torch2.7cxx11abiFALSE-cp310-cp310-linux_x86_64.whl\n"
)
AFTER = BASE + (
    "RUN pip install --no-cache-dir --force-reinstall --no-deps \\\n"
    "    https://huggingface.co/ByteDance-Seed/SeedVR2-3B/resolve/main/"
    "flash_attn-2.5.8+cu121torch2.3cxx11abiFALSE-cp310-cp310-linux_x86_64.whl\n"
)
SLIM = "FROM python:3.11-slim\n"


def codes(report):
    return [finding.code for finding in report.findings]


def test_the_seeds_wheel_is_refused_and_the_one_that_fits_is_named(image):
    report = image.judge(BEFORE)
    found = next(finding for finding in report.findings if finding.code == "PF-WHEEL-001")
    assert str(found.location) == "Dockerfile:4:5"
    assert "cxx11abiTRUE-cp311-cp311-linux_x86_64.whl" in found.remedy
    assert "cd1a45ebfc1731a13e55ad68e0c9ad92390ddfffba306f9222be67c6d5a805af" in found.remedy


def test_the_seeds_repair_is_refused_too_and_was_never_published(image):
    report = image.judge(AFTER)
    assert {"PF-WHEEL-001", "PF-WHEEL-008"} <= set(codes(report))
    assert any("no release of flash-attn ever had this one" in finding.message for finding in report.findings)


def test_repairing_the_seed_leaves_no_error(image):
    report = image.judge(BEFORE)
    repaired = image.repair(report)
    assert [change.path for change in repaired] == ["Dockerfile"]
    assert "+    https://github.com/" in repaired[0].diff
    assert not [f for f in check_project(image.root, Settings()).findings if f.severity == "error"]


@pytest.mark.parametrize(
    ("dockerfile", "files"),
    [
        (SLIM + "RUN apt-get update && apt-get install git\n", {}),
        (SLIM + 'COPY s.sh /s.sh\nCMD ["/s.sh"]\n', {"s.sh": "#!/bin/sh\necho a\n"}),
        (SLIM + 'COPY s.sh /s.sh\nCMD ["bash", "/s.sh"]\n', {"s.sh": "echo a\r\necho b\r\n"}),
        (SLIM + "COPY a b /x\n", {"a": "", "b": ""}),
        (SLIM + "COPY a /a\nCMD ['python', '-u', '/a']\n", {"a": ""}),
        ("FROM nvidia/cuda:12.6.3-base-ubuntu22.04\nCOPY x /x\nRUN source /x\n", {"x": "A=1\n"}),
    ],
)
def test_a_repair_takes_its_error_away(image, dockerfile, files):
    before = image.judge(dockerfile, files)
    assert any(f.fix and f.severity == "error" for f in before.findings)
    assert image.repair(before)
    after = check_project(image.root, Settings())
    assert not [f for f in after.findings if f.severity == "error"], after.findings


def test_a_repair_whose_line_has_changed_leaves_the_file_alone(image):
    report = image.judge(SLIM + "RUN apt-get update && apt-get install git\n")
    image.write(SLIM + "RUN something else\n")
    assert image.repair(report) == ()
    assert (image.root / "Dockerfile").read_text() == SLIM + "RUN something else\n"


def test_a_volume_of_a_target_makes_hidden_files_an_error(image):
    text = SLIM + 'COPY h.py /data/h.py\nCMD ["python", "-u", "/data/h.py"]\n'
    target = TargetSettings("production", "serverless", "x", volume="/data")
    assert "PF-VOL-001" not in image.codes(text, {"h.py": ""})
    report = image.judge(text, {"h.py": ""}, settings=Settings(targets=(target,)))
    assert next(f for f in report.findings if f.code == "PF-VOL-001").severity == "error"


def test_checks_can_be_chosen_by_id_and_by_code(image):
    text = SLIM + "RUN git clone x\nCOPY nothing /\n"
    assert set(codes(image.judge(text, only=["tool-missing"]))) == {"PF-TOOL-001"}
    assert "PF-TOOL-001" not in codes(image.judge(text, skip=["PF-TOOL-001"]))
    with pytest.raises(UsageProblem) as problem:
        find_check("tool-mising")
    assert "tool-missing" in problem.value.hint


def test_checks_that_need_the_network_are_skipped_and_said_so(image):
    report = image.judge(SLIM)
    assert "base-not-found" in report.skipped
    assert not set(report.skipped) & set(report.checks_run)


class World:
    def __init__(self, answer):
        self.answer = answer

    def serves(self, address):
        return self.answer

    def has_image(self, reference):
        return self.answer

    def is_public(self, name):
        return self.answer


@pytest.mark.parametrize(("answer", "found"), [(False, True), (True, False), (None, False)])
def test_a_base_is_missing_only_where_the_registry_says_so(image, answer, found):
    report = image.judge("FROM python:3.99-slim\n", online=True, lookup=World(answer))
    assert ("PF-BASE-002" in codes(report)) is found


def test_the_sarif_log_has_what_the_standard_asks_for(image):
    report = image.judge(BEFORE)
    log = json.loads(render_sarif(report.findings, load_checks()))
    assert log["version"] == "2.1.0"
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert result["level"] in {"error", "warning", "note"}
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        assert not place["artifactLocation"]["uri"].startswith("/")
        assert place["region"]["startLine"] >= 1


def test_annotations_cannot_be_broken_out_of(image):
    report = image.judge(SLIM + "COPY 'a%b,c:d' /x\n")
    lines = render_github(report.findings).splitlines()
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines)
    assert any("a%25b" in line for line in lines)


def test_a_secret_is_found_and_never_printed(image):
    token = "hf_" + "abcDEF1234567890" * 2
    report = image.judge(SLIM + f"ENV HF_TOKEN={token}\n")
    assert "PF-SECRET-001" in codes(report)
    assert token not in json.dumps([finding.as_json() for finding in report.findings])
