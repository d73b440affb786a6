"""What a later commit tries and can't change the cause is said, with why; what only speaks of it is not."""

from __future__ import annotations

import pytest

from conductor.diagnosis.causes import built_in
from conductor.diagnosis.futile import find_futile
from conductor.providers.git import GitRepository

CAUSES = {cause.code: cause for cause in built_in()}


@pytest.fixture
def tries(repository):
    """Return what commits one file's text over a failing revision, and what is told of it."""
    found = GitRepository.find(repository)
    found.run("commit", "--quiet", "--allow-empty", "-m", "Fail")
    since = found.head()

    def told(code, name, text, message="Try again"):
        (repository / name).write_text(text)
        found.run("add", "--all")
        found.run("commit", "--quiet", "-m", message)
        return find_futile(found, since, CAUSES[code])

    return told


@pytest.mark.parametrize(
    ("code", "name", "text", "tried"),
    [
        ("WHEEL_PLATFORM", "Dockerfile", "RUN pip install --force-reinstall x-cp310.whl\n", "--force-reinstall"),
        ("WHEEL_PLATFORM", "install.sh", "pip install --no-deps x-cp310.whl\n", "--no-deps"),
        ("PIP_CONFLICT", "Dockerfile", "RUN pip install --upgrade -r requirements.txt\n", "--upgrade"),
        ("PEP668", "Dockerfile", "RUN pip install --user x\n", "--user"),
        ("APT_PACKAGE_MISSING", "Dockerfile", "RUN apt-get install -y --fix-missing x\n", "--fix-missing"),
        ("DRIVER_TOO_OLD", "Dockerfile", "RUN apt-get install -y nvidia-driver\n", "nvidia-driver"),
        ("EXEC_FORMAT", "Dockerfile", "RUN chmod +x /start.sh\n", "chmod"),
        ("NO_KERNEL_IMAGE", "Dockerfile", "ENV CUDA_LAUNCH_BLOCKING=1\n", "CUDA_LAUNCH_BLOCKING"),
    ],
)
def test_what_a_commit_tries_in_vain_is_told_with_its_commit(tries, code, name, text, tried):
    (told,) = tries(code, name, text, "Try harder")
    assert told.startswith(f"{tried} does not change this: ")
    assert told.endswith('"Try harder" tries it)')


@pytest.mark.parametrize(
    ("code", "name", "text"),
    [
        ("WHEEL_PLATFORM", "Dockerfile", "# --force-reinstall would not help\nRUN pip install x-cp311.whl\n"),
        ("WHEEL_PLATFORM", "TASKS.md", "We tried --force-reinstall.\n"),
        ("WHEEL_PLATFORM", "Dockerfile", "RUN tool --no-deps-check\n"),
        ("WHEEL_PLATFORM", "Dockerfile", "RUN pip install x-cp311.whl\n"),
        ("DISK_FULL", "Dockerfile", "RUN pip install --force-reinstall x\n"),
        ("PEP668", "Dockerfile", "RUN adduser --users 3\n"),
    ],
)
def test_what_only_speaks_of_it_or_is_something_else_is_not_told(tries, code, name, text):
    assert tries(code, name, text) == []


def test_what_was_there_before_the_failure_is_no_try(repository):
    found = GitRepository.find(repository)
    (repository / "Dockerfile").write_text("RUN pip install --force-reinstall x.whl\n")
    found.run("add", "--all")
    found.run("commit", "--quiet", "-m", "Begin")
    assert find_futile(found, found.head(), CAUSES["WHEEL_PLATFORM"]) == []
