"""The first cause is told, not the last error; what follows from it is left out, what is its own is told too."""

from __future__ import annotations

import pytest

from conductor.diagnosis.explain import diagnose
from conductor.domain.finding import Confidence


def causes(log: str) -> list[str]:
    found = diagnose(log.encode())
    return [one.cause.code for one in (found.suspect, *found.also) if one]


@pytest.mark.parametrize(
    ("log", "cause"),
    [
        ("W: Failed to fetch http://a  Temporary failure resolving 'a'\nE: Unable to locate package git", "NETWORK"),
        (
            "error: externally-managed-environment\nModuleNotFoundError: No module named 'runpod'",
            "PEP668",
        ),
        (
            "OSError: CUDA_HOME environment variable is not set.\nerror: metadata-generation-failed",
            "NVCC_MISSING",
        ),
        (
            "remote: - Push cannot contain secrets\n ! [remote rejected] main (repository rule violations)",
            "PUSH_PROTECTION_SECRET",
        ),
        (
            "Failed to pull image: toomanyrequests: You have reached your pull rate limit\nBack-off: ImagePullBackOff",
            "REGISTRY_RATE_LIMIT",
        ),
        ("/bin/sh: 1: source: not found\nexit code: 127", "BASHISM"),
    ],
)
def test_a_consequence_is_not_the_cause(log, cause):
    assert causes(log) == [cause]


def test_what_stands_in_the_step_that_failed_is_more_than_what_stands_in_one_that_went_on():
    log = (
        "#5 1.2 E: Unable to locate package optional-extra\n#5 DONE 2.0s\n"
        "#9 4.1 error: externally-managed-environment\n#9 ERROR: process did not complete successfully: exit code: 1\n"
    )
    assert causes(log) == ["PEP668"]


def test_a_second_cause_of_its_own_is_told_too():
    log = (
        "STEP 2/4: RUN apt-get install -y foo\nE: Unable to locate package foo\n"
        "STEP 3/4: RUN pip install torch\nOSError: [Errno 28] No space left on device\nError: exit status 1\n"
    )
    assert causes(log) == ["APT_PACKAGE_MISSING", "DISK_FULL"]


@pytest.mark.parametrize(
    "log",
    [
        "test_full: OSError: [Errno 28] No space left on device (simulated)\n4 passed, 1 warning in 0.05s\n",
        "bash: wget: command not found\nusing curl instead\nSuccessfully tagged worker:1\n",
        "#8 importing cache manifest from x\n#8 ERROR: not found\n#20 exporting manifest sha256:1 done\n#20 pushed\n",
        "Requirement already satisfied: error-utils\nnothing failed\n",
    ],
)
def test_a_log_that_ends_well_has_no_cause(log):
    assert causes(log) == []


def test_a_warning_alone_is_never_sure():
    found = diagnose(b"W: GPG error: http://a InRelease: NO_PUBKEY A4B469963BF863CC\n")
    assert found.suspect.cause.code == "APT_GPG_KEY"
    assert found.confidence is not Confidence.HIGH


def test_without_a_cause_the_lines_that_tell_most_are_kept():
    log = "quiet\n" * 50 + "ERROR: the flux capacitor is empty\n" + "quiet\n" * 50
    found = diagnose(log.encode())
    assert found.suspect is None
    assert [line.text for line in found.told] == ["ERROR: the flux capacitor is empty"]
    assert [line.number for line in found.told] == [51]
