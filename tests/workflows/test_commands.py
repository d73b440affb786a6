"""Commands of a script are read as docker reads them, behind the wrappers that stand before them."""

from pathlib import Path

import pytest

from conductor.config.disk import DiskTree
from conductor.workflows.commands import follow_command
from conductor.workflows.documents import Files
from conductor.workflows.scripts import read_script
from tests.workflows.test_survey import write_tree

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


def builds_of(text):
    builds = []
    for command in read_script(text, {}, Files(DiskTree(Path(__file__).parent / "none"))).commands:
        follow_command(command.words, command.folder, builds)
    return builds


@pytest.mark.parametrize("line", BUILDS)
def test_a_build_has_its_names_its_folder_and_whether_it_pushes(line):
    assert [(build.references, build.context, build.pushed) for build in builds_of(line)] == [BUILDS[line]]


@pytest.mark.parametrize("line", ["docker run -t x build", "make build", "sudo", "A=1", "docker"])
def test_what_builds_nothing_is_no_build(line):
    assert builds_of(line) == []


@pytest.mark.parametrize(
    ("line", "context"),
    [
        ("cd app && docker build -t x .", "app"),
        ("cd app/.. && docker build -t x .", "."),
        ("pushd app; docker build -t x .; popd", "app"),
        ("(cd app); docker build -t x .", "."),
        ("(cd app; docker build -t x .)", "app"),
        ("cd /tmp; docker build -t x .", None),
        ("cd ..; docker build -t x .", None),
        ('cd "$(mktemp -d)"; docker build -t x .', None),
        ("cd $ELSEWHERE; docker build -t x .", None),
        ("docker build -t x https://example.org/x.git", None),
        ("docker build -t x - < Dockerfile", None),
        ("docker build -t x /github/workspace/app", "app"),
        ("cd /tmp; docker build -t x /github/workspace/app", "app"),
    ],
)
def test_a_build_is_done_in_the_folder_that_the_script_went_to(line, context):
    assert [build.context for build in builds_of(line)] == [context]


FILES = {
    "ci/build.sh": 'docker build -t "x:$1" .\n',
    "ci/plain": "#!/bin/sh\ndocker build -t x:plain .\n",
    "ci/here.sh": 'cd "$(dirname "$0")" && docker build -t x:here .\n',
    "ci/again.sh": "./ci/again.sh; docker build -t x:again .\n",
    "ci/build.py": "#!/usr/bin/env python3\ndocker build -t x:python .\n",
    "env.sh": "NAME=x:sourced\n",
}
CALLS = {
    "bash -x ci/build.sh 1.2": [("x:1.2", ".")],
    "sudo -u ci bash -euo pipefail ci/build.sh 3": [("x:3", ".")],
    "bash -euoc pipefail 'docker build -t $1 .' name a": [("a", ".")],
    "env A=1 timeout 60 ./ci/build.sh a": [("x:a", ".")],
    "source env.sh a; docker build -t $NAME .": [("x:sourced", ".")],
    "ci/plain": [("x:plain", ".")],
    "./ci/here.sh; docker build -t y .": [("x:here", "ci"), ("y", ".")],
    "bash --rcfile env.sh ci/build.sh 1": [("x:1", ".")],
    "bash -n ci/build.sh 1": [],
    "bash -s a": [],
    "bash": [],
    "ci/build.py": [],
    "cat ci/build.sh | bash -s 7": [("x:7", ".")],
    "bash ci/missing.sh": [],
    "cp ci/build.sh x.sh; xargs -n1 bash ci/build.sh <<< '1 2'": [("x:1", "."), ("x:2", ".")],
    "cat > made.sh <<'E'\ndocker build -t x:made .\nE\nbash made.sh": [("x:made", ".")],
    "for each in ci/*.sh; do docker build -t x:$(basename $each .sh) ci; done": [
        ("x:again", "ci"), ("x:build", "ci"), ("x:here", "ci")
    ],
}  # fmt: skip


@pytest.mark.parametrize("line", CALLS)
def test_a_script_of_the_repository_is_followed(tmp_path, line):
    write_tree(tmp_path, FILES)
    builds = []
    for command in read_script(line, {}, Files(DiskTree(tmp_path))).commands:
        follow_command(command.words, command.folder, builds)
    assert [(*build.references, build.context) for build in builds] == CALLS[line]


def test_a_script_that_starts_itself_ends(tmp_path):
    write_tree(tmp_path, FILES)
    assert read_script("bash ci/again.sh", {}, Files(DiskTree(tmp_path))).commands
