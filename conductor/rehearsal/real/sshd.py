"""OpenSSH's own server in front of git's own receive-pack and upload-pack."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
from pathlib import Path
from typing import Self

from conductor.rehearsal.git_host import PushListener, ssh_command_with
from conductor.rehearsal.processes import GIT_ISOLATION, plain_environment
from conductor.rehearsal.real.room import Room
from conductor.rehearsal.recorder import Recorder

# What a connection may do: git's two services on the one repository, under its own name, as on GitHub.
_FORCED = """#!/bin/sh
set -f
case $SSH_ORIGINAL_COMMAND in
  "git-receive-pack '"*|"git receive-pack '"*) service=receive-pack ;;
  "git-upload-pack '"*|"git upload-pack '"*) service=upload-pack ;;
  *) echo "This host serves git only; a shell is not available." >&2; exit 1 ;;
esac
asked=${SSH_ORIGINAL_COMMAND#*\\'}; asked=${asked%\\'}; asked=${asked#/}; asked=${asked%/}; asked=${asked%.git}
[ "$asked" = "@PATH@" ] || { echo "ERROR: Repository not found." >&2; exit 1; }
exec env -i "PATH=$PATH" ${GIT_PROTOCOL:+"GIT_PROTOCOL=$GIT_PROTOCOL"} @ISOLATION@ git "$service" "@BARE@"
"""
_HOOK = """#!/bin/sh
while read -r old new ref; do printf '%s %s %s\\n' "$ref" "$old" "$new"; done > "@FIFO@"
"""
_SETTINGS = """ListenAddress 127.0.0.1:@PORT@
HostKey @KEYS@/host
PidFile none
AuthorizedKeysFile @KEYS@/authorized_keys
AcceptEnv GIT_PROTOCOL
AuthenticationMethods publickey
AllowUsers git
PermitRootLogin forced-commands-only
StrictModes no
UsePAM no
LogLevel VERBOSE
"""


class OpenSshHost:
    """Serves one bare repository to one client key; the embedded `GitHost` says what its parts mean.

    The account `git` exists inside the room alone. A push is heard of from the repository's post-receive hook.
    """

    def __init__(self, room: Room, bare: Path, path: str, recorder: Recorder, on_push: PushListener) -> None:
        self.bare = bare
        self.path = path.strip("/")
        self.recorder = recorder
        self.on_push = on_push
        self.port = 0
        self.pushes: list[tuple[str, str, str]] = []
        self._room = room
        self._keys = room.folder / "ssh"
        self.key_file = self._keys / "client"
        self.known_hosts = self._keys / "known_hosts"
        self._moves = room.folder / "moves"
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._held = -1

    @property
    def url(self) -> str:
        """Return the remote's URL."""
        return f"ssh://git@127.0.0.1:{self.port}/{self.path}"

    @property
    def ssh_command(self) -> str:
        """Return GIT_SSH_COMMAND: this key, this host key, nobody's configuration, no questions."""
        return ssh_command_with(self.key_file, self.known_hosts)

    def start(self) -> Self:
        """Make the keys, the account and the hook, and listen."""
        self._keys.mkdir(mode=0o700)
        for name in ("host", "client"):
            words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(self._keys / name)]
            subprocess.run(words, check=True, capture_output=True, env=plain_environment())
        self._write_access()
        os.mkfifo(self._moves, 0o600)
        # Open at both ends for as long as this lives: no hook waits for a reader, and no reader sees an end.
        self._held = os.open(self._moves, os.O_RDWR)
        self._listener.start()
        self.port = free_port()
        settings = _SETTINGS.replace("@PORT@", str(self.port)).replace("@KEYS@", str(self._keys))
        (self._keys / "sshd_config").write_text(settings, encoding="utf-8")
        host_key = (self._keys / "host.pub").read_text(encoding="utf-8").rsplit(" ", 1)[0]
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {host_key}\n", encoding="utf-8")
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where it locks its unprivileged half in
        # By its whole path: each connection starts it again.
        self._room.run("sshd", [find_sshd() or "sshd", "-D", "-e", "-f", str(self._keys / "sshd_config")])
        self._room.wait_until("sshd", lambda: is_open(self.port))
        return self

    def close(self) -> None:
        """Stop hearing of pushes; the server ends with the room."""
        if self._held >= 0:
            os.write(self._held, b"\n")
            self._listener.join(timeout=5)
            os.close(self._held)
            self._held = -1

    def _write_access(self) -> None:
        forced = self._keys / "git-only"
        isolation = " ".join(f"{name}={value}" for name, value in GIT_ISOLATION.items())
        wanted = self.path.removesuffix(".git")
        text = _FORCED.replace("@PATH@", wanted).replace("@ISOLATION@", isolation).replace("@BARE@", str(self.bare))
        _write_program(forced, text)
        public = (self._keys / "client.pub").read_text(encoding="utf-8").strip()
        line = f'restrict,command="{forced}" {public}\n'
        (self._keys / "authorized_keys").write_text(line, encoding="utf-8")
        with (self._room.folder / "passwd").open("a", encoding="utf-8") as accounts:
            accounts.write(f"git:x:0:0:git:{self._room.folder}:/bin/sh\n")
        _write_program(self.bare / "hooks" / "post-receive", _HOOK.replace("@FIFO@", str(self._moves)))

    def _listen(self) -> None:
        with os.fdopen(os.dup(self._held), encoding="utf-8") as moves:
            for line in moves:
                if not line.strip():
                    return
                ref, old, new = line.split()
                self.recorder.record("git", command="git-receive-pack", exit=0, moved=[[ref, old, new]])
                if ref.startswith("refs/heads/"):
                    self.pushes.append((ref, old, new))
                    self.on_push(ref, old, new)


def find_sshd() -> str | None:
    """Return the whole path of OpenSSH's server, which stands where only root's PATH leads."""
    return shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_open(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether somebody listens there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def _write_program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o700)
