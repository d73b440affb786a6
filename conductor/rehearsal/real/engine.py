"""A Docker engine of the rehearsal's own, spoken to with Docker's own SDK."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from conductor.rehearsal.guard import environment
from conductor.rehearsal.real.registry import RealRegistry
from conductor.rehearsal.real.room import Room

# A build's longest silence: a layer of gigabytes that is packed.
_ANSWER_S = 1800
_WORDS = (
    *("--bridge=none", "--iptables=false", "--ip6tables=false", "--exec-opt=native.cgroupdriver=cgroupfs"),
    *("--log-level=warn", "--max-concurrent-uploads=2"),
)


class RealEngine:
    """`dockerd` inside the room: nobody else's images, no bridge, no firewall rule; containers use the host's network.

    Without a bridge a container can't be given a network of its own that reaches the registry on loopback.
    """

    def __init__(self, room: Room, registry: RealRegistry) -> None:
        self._room = room
        self._registry = registry
        self.socket = room.folder / "docker.sock"
        self.client: Any = None

    def start(self) -> Self:
        """Start it, and wait until it answers."""
        import docker

        data, state = self._room.folder / "engine", self._room.folder / "exec"
        words = ["--data-root", str(data), "--exec-root", str(state), "--pidfile", str(self._room.folder / "pid")]
        words += ["-H", f"unix://{self.socket}", "--cgroup-parent", f"/{self._room.cgroup}", *_WORDS]
        trusted = {"SSL_CERT_FILE": str(self._registry.certificates)}
        self._room.run("dockerd", [find_dockerd() or "dockerd", *words], trusted)
        # The person's registry logins are none of the rehearsal's.
        with environment({"DOCKER_CONFIG": str(self._room.folder / "docker"), "DOCKER_HOST": None}):
            client = docker.DockerClient(base_url=f"unix://{self.socket}", timeout=_ANSWER_S, version="1.41")

        def answers() -> bool:
            try:
                return bool(client.ping())
            except (docker.errors.DockerException, OSError):
                return False

        self._room.wait_until("dockerd", answers, seconds=120)
        self.client = client
        return self

    def close(self) -> None:
        """End every container; the engine itself ends with the room."""
        if self.client is not None:
            self.client.close()

    def take_names(self, password: str) -> None:
        """Let the registries' names lead to the rehearsal's registry; wait until the engine, too, has noticed.

        Go keeps what it read of /etc/hosts for five seconds (net/hosts.go, cacheMaxAge).
        """
        import docker

        self._registry.take_names()

        def is_known() -> bool:
            try:
                self.client.login("builder", password, registry="https://index.docker.io/v1/", reauth=True)
            except docker.errors.APIError:
                return False
            return True

        self._room.wait_until("dockerd", is_known)

    def run(self, image: str, command: list[str] | None, **more: Any) -> Any:
        """Start a container on the host's network and return it."""
        return self.client.containers.run(image, command, detach=True, network_mode="host", **more)

    def import_tree(self, tree: Path, name: str, *, path: str) -> None:
        """Make an image of one layer from a tar of a root file system."""
        changes = [f"ENV PATH={path} LANG=C.UTF-8", 'CMD ["bash"]']
        repository, tag = split_tag(name)
        self.client.api.import_image_from_file(str(tree), repository=repository, tag=tag, changes=changes)

    def tag(self, image: str, name: str) -> None:
        """Give an image another name."""
        repository, tag = split_tag(name)
        self.client.images.get(image).tag(repository, tag)

    def pull(self, reference: str) -> bool:
        """Pull an image and return whether it was there to be had."""
        import docker

        try:
            self.client.images.pull(reference)
        except docker.errors.APIError:
            return False
        return True

    def push(self, reference: str, password: str) -> None:
        """Push an image by its tag; raises docker's error where it is refused."""
        import docker

        login = {"username": "builder", "password": password}
        repository, tag = split_tag(reference)
        for line in self.client.images.push(repository, tag, auth_config=login, stream=True, decode=True):
            if "error" in line:
                raise docker.errors.APIError(line["error"])


def split_tag(name: str) -> tuple[str, str]:
    """Return the repository and the tag of an image's name; a digest behind it is left out."""
    plain = name.partition("@")[0]
    head, slash, last = plain.rpartition("/")
    repository, _, tag = last.partition(":")
    return f"{head}{slash}{repository}", tag or "latest"


def stop_container(container: Any) -> None:
    """End a container and remove it; one that is gone is fine."""
    import docker

    try:
        container.remove(force=True, v=True)
    except docker.errors.APIError:
        return


def read_lines(container: Any, *, stderr: bool) -> Iterator[str]:
    """Yield what a container writes, line by line, until it ends."""
    rest = b""
    for chunk in container.logs(stream=True, follow=True, stdout=True, stderr=stderr):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "replace")
    if rest:
        yield rest.decode("utf-8", "replace")


def find_dockerd() -> str | None:
    """Return the engine's program."""
    return shutil.which("dockerd") or shutil.which("dockerd", path="/usr/sbin:/usr/local/sbin")
