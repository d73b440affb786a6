"""An SSH git host on loopback: asyncssh in front of git's own receive-pack and upload-pack."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import shlex
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from conductor.rehearsal.processes import GIT_ISOLATION, git_output, plain_environment
from conductor.rehearsal.recorder import Recorder

if TYPE_CHECKING:
    import asyncssh

# What git calls on the other side, as one word or as `git receive-pack`.
_SERVICES = {"git-receive-pack": "receive-pack", "git-upload-pack": "upload-pack"}
ZERO = "0" * 40
# How long a busy machine may take to answer at all.
_START_S = 60

PushListener = Callable[[str, str, str], None]


class GitHost:
    """Serves one bare repository to one client key.

    `path` is the repository's name in the URL, such as `owner/worker.git`; any other is "not found", as on GitHub.
    `on_push(ref, old, new)` is called, with 40 hex digits each (zeros for none), after a branch has moved. It and git
    run outside the loop's thread, so that `close` is heard on a busy machine. The host key and the client key are
    made for this run; `ssh_command` pins the one and uses the other.
    """

    def __init__(self, bare: Path, path: str, keys: Path, recorder: Recorder, on_push: PushListener) -> None:
        self.bare = bare
        self.path = path.strip("/")
        self.recorder = recorder
        self.on_push = on_push
        self.key_file = keys / "id_ed25519"
        self.known_hosts = keys / "known_hosts"
        # The line of the host's own key.
        self.known_host = ""
        self.port = 0
        self.pushes: list[tuple[str, str, str]] = []
        self._keys = keys
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._listener: asyncssh.SSHAcceptor | None = None
        self._connections: set[asyncssh.SSHServerConnection] = set()
        self._children: set[asyncio.subprocess.Process] = set()
        self._announcing = asyncio.Lock()
        self._announced: dict[str, str] = {}

    @property
    def url(self) -> str:
        """Return the remote's URL."""
        return f"ssh://git@127.0.0.1:{self.port}/{self.path}"

    @property
    def ssh_command(self) -> str:
        """Return GIT_SSH_COMMAND: this key, this host key, nobody's configuration, no questions."""
        return ssh_command_with(self.key_file, self.known_hosts)

    def start(self) -> Self:
        """Make the keys and listen."""
        import asyncssh

        # Somebody's root logger (the runpod SDK sets one up when it is imported) would print every connection.
        logging.getLogger("asyncssh").setLevel(logging.CRITICAL)
        self._keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        host_key = asyncssh.generate_private_key("ssh-ed25519")
        client_key = asyncssh.generate_private_key("ssh-ed25519")
        self.key_file.touch(mode=0o600)
        self.key_file.write_bytes(client_key.export_private_key())
        self._announced = self._branches()
        self._thread.start()
        listening = asyncio.run_coroutine_threadsafe(self._listen(host_key, client_key), self._loop)
        self._listener = listening.result(timeout=_START_S)
        self.port = self._listener.get_port()
        public = host_key.export_public_key().decode().strip()
        self.known_host = f"[127.0.0.1]:{self.port} {public}\n"
        self.known_hosts.write_text(self.known_host, encoding="utf-8")
        return self

    def close(self) -> None:
        """Stop listening, end the git processes and the thread; never raises, and safe to call twice."""
        if not self._thread.is_alive():
            return
        # What is left on a machine too busy to answer is a daemon thread, and ends with this process.
        with contextlib.suppress(TimeoutError, OSError, concurrent.futures.CancelledError):
            asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(timeout=3)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=3)
        if not self._thread.is_alive():
            self._loop.close()

    async def _listen(self, host_key: Any, client_key: Any) -> asyncssh.SSHAcceptor:
        import asyncssh

        authorized = asyncssh.import_authorized_keys(client_key.export_public_key().decode())
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[host_key],
            authorized_client_keys=authorized,
            password_auth=False,
            kbdint_auth=False,
            process_factory=self._serve,
            allow_pty=False,
            agent_forwarding=False,
            encoding=None,
            sftp_factory=None,
        )

    async def _stop(self) -> None:
        if self._listener is not None:
            self._listener.close()
        for connection in list(self._connections):
            connection.abort()
        for child in list(self._children):
            with contextlib.suppress(ProcessLookupError):
                child.kill()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others, timeout=1)

    async def _serve(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        command = process.command or ""
        try:
            words = shlex.split(command)
        except ValueError:
            words = []
        if len(words) == 3 and words[0] == "git":
            words = [f"git-{words[1]}", words[2]]
        if len(words) != 2 or words[0] not in _SERVICES:
            self._refuse(process, command, "This host serves git only; a shell is not available.")
        elif words[1].strip("/").removesuffix(".git") != self.path.removesuffix(".git"):
            self._refuse(process, command, "ERROR: Repository not found.")
        else:
            await self._run_git(process, command, _SERVICES[words[0]])

    def _refuse(self, process: asyncssh.SSHServerProcess[bytes], command: str, reason: str) -> None:
        self.recorder.record("git", command=command or "(shell)", exit=1, stderr=reason)
        process.stderr.write(f"{reason}\n".encode())
        process.exit(1)

    async def _run_git(self, process: asyncssh.SSHServerProcess[bytes], command: str, service: str) -> None:
        self._connections.add(process.get_extra_info("connection"))
        child = await asyncio.create_subprocess_exec(
            *("git", service, str(self.bare)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**plain_environment(), **GIT_ISOLATION, **_protocol(process)},
        )
        self._children.add(child)
        feeding = asyncio.create_task(_copy(process.stdin, child.stdin))
        try:
            await asyncio.gather(_copy(child.stdout, process.stdout), _copy(child.stderr, process.stderr))
            code = await child.wait()
        finally:
            feeding.cancel()
            self._children.discard(child)
        async with self._announcing:
            # Compared with what was announced last, not with what stood there when this push began: of two pushes that
            # overlap, one killed and one after it, the move is announced once.
            branches = await asyncio.to_thread(self._branches)
            moved, self._announced = _moved(self._announced, branches), branches
        self.recorder.record("git", command=command, exit=code, moved=[list(move) for move in moved])
        for ref, old, new in moved:
            if ref.startswith("refs/heads/"):
                self.pushes.append((ref, old, new))
                await asyncio.to_thread(self.on_push, ref, old, new)
        process.exit(code)

    def _branches(self) -> dict[str, str]:
        lines = git_output(self.bare, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split(" ", 1) for line in lines)


def ssh_command_with(key_file: Path, known_hosts: Path) -> str:
    """Return the client's command line for a key and the host keys it may meet."""
    options = (
        "IdentitiesOnly=yes",
        "IdentityAgent=none",
        f"UserKnownHostsFile={known_hosts}",
        "GlobalKnownHostsFile=/dev/null",
        "StrictHostKeyChecking=yes",
        "BatchMode=yes",
        "ProxyCommand=none",
        f"ConnectTimeout={_START_S}",
    )
    words = ["ssh", "-F", "/dev/null", "-i", str(key_file)]
    return shlex.join([*words, *(word for option in options for word in ("-o", option))])


async def _copy(source: Any, sink: Any) -> None:
    """Copy bytes until the source ends, then end the sink; a side that went away ends the copy."""
    try:
        while content := await source.read(65536):
            sink.write(content)
            await sink.drain()
        sink.write_eof()
    except (OSError, BrokenPipeError):
        return


def _protocol(process: asyncssh.SSHServerProcess[bytes]) -> dict[str, str]:
    version = process.env.get("GIT_PROTOCOL") or process.env.get(b"GIT_PROTOCOL")  # type: ignore[call-overload]
    if isinstance(version, bytes):
        version = version.decode("ascii", "replace")
    return {"GIT_PROTOCOL": str(version)} if version else {}


def _moved(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str, str]]:
    return [
        (ref, before.get(ref, ZERO), after.get(ref, ZERO))
        for ref in sorted(before.keys() | after.keys())
        if before.get(ref) != after.get(ref)
    ]
