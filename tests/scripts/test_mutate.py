"""The run of the small faults, in a project of two lines: what is noticed, what is not, and what can't be known."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CODE = "def is_long(text):\n    return len(text) > 3\n"
TEST = "from conductor.domain.secret import is_long\n\n\ndef test_it():\n    assert is_long('four')\n"


@pytest.fixture
def mutate(repository):
    """Return a function that runs the program on a project whose only module and test have these texts."""
    for name in ("mutate.py", "mutations.py", "equivalent-mutants.yaml"):
        (repository / "scripts").mkdir(exist_ok=True)
        shutil.copy(ROOT / "scripts" / name, repository / "scripts")
    files = {
        ".gitignore": "build/\n__pycache__/\n",
        "scripts/equivalent-mutants.yaml": "[]\n",
        "conductor/__init__.py": "",
        "conductor/domain/__init__.py": "",
        "conductor/domain/secret.py": CODE,
        "tests/conftest.py": "",
    }

    def run(test, *words):
        for path, text in {**files, "tests/domain/test_secret.py": test}.items():
            (repository / path).parent.mkdir(parents=True, exist_ok=True)
            (repository / path).write_text(text)
        return subprocess.run(
            [sys.executable, "scripts/mutate.py", *words], cwd=repository, capture_output=True, text=True, check=False
        )

    return run


def test_what_a_test_notices_is_told_from_what_none_does(mutate):
    done = mutate(TEST)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "killed (1 tests" in done.stdout
    survivors = done.stdout.partition("Not noticed:")[2]
    assert "=> (len(text) >= 3)" in survivors
    assert "=> return None" not in survivors
    more = mutate(f"{TEST}    assert not is_long('one')\n")
    assert more.returncode == 0, more.stdout + more.stderr
    assert "Every one was noticed." in more.stdout


def test_what_was_tried_is_not_tried_again(mutate):
    mutate(TEST)
    again = mutate(TEST)
    assert "tests," not in again.stdout
    assert "Not noticed:" in again.stdout


def test_tests_that_can_not_be_run_are_an_error_and_no_verdict(mutate):
    done = mutate("from conductor.domain.secret import what_is_not_there\n")
    assert done.returncode == 1
    assert "can't be run" in done.stderr
    assert "what_is_not_there" in done.stderr
    assert "survived" not in done.stdout


def test_a_test_that_fails_without_a_fault_is_left_out_and_named(mutate):
    done = mutate(f"{TEST}\n\ndef test_broken():\n    assert is_long('no')\n", "--only", "return None")
    assert "left out, it fails without a fault: tests/domain/test_secret.py::test_broken" in done.stdout
    assert done.returncode == 0, done.stdout + done.stderr
