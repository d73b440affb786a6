from __future__ import annotations

from pathlib import Path

from conductor.ports.engine import EngineAccess, EngineImage
from conductor.providers.docker_engine import find_socket, open_engine
from conductor.rules.answer import Status
from conductor.rules.container_build import audit, report
from conductor.rules.context import Decision
from tests.rules.conftest import session

PULLED = EngineImage("sha256:" + "a" * 64, ("owner/worker:1",), ("owner/worker@sha256:" + "b" * 64,), (), (), "")
OTHER = EngineImage("sha256:" + "c" * 64, ("postgres:16",), (), (), ("CMD postgres",), "")


class Engine:
    """An engine whose content the test decides."""

    def __init__(self, *images: EngineImage, steps: tuple[str, ...] = ()) -> None:
        self._images, self._steps = images, steps

    def images(self):
        return self._images

    def build_steps(self):
        return self._steps


def built(**given) -> EngineImage:
    return EngineImage(
        **{
            "id": "sha256:" + "d" * 64,
            "tags": (),
            "pulled_as": (),
            "labels": (),
            "steps": (),
            "created_at": "",
            **given,
        }
    )


def findings(tree, *images, steps=()):
    return list(audit(tree.context(engine=EngineAccess(engine=Engine(*images, steps=steps)))))


def test_an_engine_with_pulled_and_foreign_images_is_clean(tree):
    assert findings(tree, PULLED, OTHER) == []
    access = EngineAccess(engine=Engine(PULLED))
    assert report(tree.context(engine=access)).status is Status.KEPT


def test_an_image_that_points_here_is_found_by_label_tag_and_history(tree):
    tree.git("remote", "add", "origin", "git@github.com:owner/worker.git")
    build = "{workflow: a.yml, dockerfile: Dockerfile, context: ., image: docker.io/owner/worker}"
    tree.write("CONDUCTOR.md", f"---\nconductor: 1\nbuild: {build}\n---\n")
    tree.write("Dockerfile", 'FROM scratch\nRUN python -m pip install \\\n    "einops==0.8.0" "torch==2.7.1"\n')
    label = (("org.opencontainers.image.source", "https://github.com/Owner/Worker"),)
    for image in (
        built(labels=label),
        built(tags=("owner/worker:dev",)),
        built(steps=('RUN /bin/sh -c python -m pip install "einops==0.8.0" "torch==2.7.1" # buildkit',)),
        built(labels=(("com.docker.compose.project.working_dir", str(tree.root)),)),
    ):
        (finding,) = findings(tree, image)
        assert finding.code == "R4"
    (finding,) = findings(
        tree, steps=('mount / from exec /bin/sh -c python -m pip install "einops==0.8.0" "torch==2.7.1"',)
    )
    assert "builder's cache" in finding.message


def test_no_socket_is_verified_absence_and_a_socket_without_the_sdk_is_not_observed(tree):
    assert report(tree.context(engine=EngineAccess(absent=True))).status is Status.KEPT
    answer = report(tree.context(engine=EngineAccess(reason="no package docker", remedy="pip install it")))
    assert answer.status is Status.NOT_OBSERVED
    assert "pip install it" in answer.evidence[0]


def test_a_build_that_ran_against_the_guard_is_a_violation(tree):
    ran = Decision("container_build", "block", "docker build .", "2026-01-05T10:00:00Z", ran=True)
    assert report(tree.context(session(decisions=(ran,)))).status is Status.VIOLATED


def test_a_machine_without_a_socket_has_no_engine(tmp_path):
    assert find_socket({"HOME": str(tmp_path)}, tmp_path) is None
    assert open_engine({"DOCKER_HOST": "unix:///nowhere/docker.sock"}).reason != ""


def test_a_socket_is_found(tmp_path):
    import os
    import socket

    listener = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        Path("run").mkdir()
        listener.bind("run/docker.sock")
    finally:
        os.chdir(here)
    environment = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path / "run")}
    assert find_socket(environment, tmp_path) == f"unix://{tmp_path}/run/docker.sock"
    listener.close()
