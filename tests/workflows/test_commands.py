"""Commands of a script are read as docker reads them, behind the wrappers that stand before them."""

import pytest

from conductor.workflows.called import find_called
from conductor.workflows.commands import follow_command

BUILDS = {
    "docker build -t x .": (["x"], ".", False),
    "docker build --cpu-period 5 --pull -t x app": (["x"], "app", False),
    "docker build --isolation default --compress app -t x": (["x"], "app", False),
    "docker --context c -H tcp://h --tls -D buildx --builder b build --push -tx -fDockerfile .": (["x"], ".", True),
    "docker image build --security-opt a=b -t x -t y .": (["x", "y"], ".", False),
    "podman build --format docker --layers --squash -t x .": (["x"], ".", False),
    "buildah bud --isolation chroot --authfile a.json -t x .": (["x"], ".", False),
    "depot build --project p --push --save -t x .": (["x"], ".", True),
    "sudo -u ci -E docker build -t x .": (["x"], ".", False),
    "env -i A=1 nice -n 5 docker build -t x .": (["x"], ".", False),
    "retry -t 5 -d 10 docker build -t x .": (["x"], ".", False),
    "timeout -k 5 600 docker build -t x --push=false .": (["x"], ".", False),
    "DOCKER_BUILDKIT=1 time -p docker build -t x .": (["x"], ".", False),
}


@pytest.mark.parametrize("line", BUILDS)
def test_a_build_has_its_names_its_folder_and_whether_it_pushes(line):
    builds = []
    follow_command(line.split(), ".", builds)
    assert [(build.references, build.context, build.pushed) for build in builds] == [BUILDS[line]]


@pytest.mark.parametrize("line", ["docker run -t x build", "make build", "sudo", "A=1", "docker"])
def test_what_builds_nothing_is_no_build(line):
    builds = []
    follow_command(line.split(), ".", builds)
    assert builds == []


CALLS = {
    "bash -x ci/build.sh 1.2": ("ci/build.sh", None, ["1.2"]),
    "sudo -u ci bash -euo pipefail ci/build.sh": ("ci/build.sh", None, []),
    "bash -euoc pipefail ls name a": ("", "ls", ["a"]),
    "env A=1 timeout 60 ./build.sh a": ("./build.sh", None, ["a"]),
    "source env.sh a": ("env.sh", None, ["a"]),
    "bash --rcfile x run.sh": ("run.sh", None, []),
    "bash -n build.sh": None,
    "bash -s a": None,
    "bash": None,
    "bash --version": None,
    "ls": None,
}


@pytest.mark.parametrize("line", CALLS)
def test_a_script_that_is_started_is_found(line):
    called = find_called(line.split())
    assert (called and (called.path, called.text, called.arguments)) == CALLS[line]
