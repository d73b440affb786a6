"""The key of this host and user, with which its evidence is hashed: `$XDG_STATE_HOME/conductor/host-key.json`.

It shows that a line was written by Conductor here, not that what it says is true. Who can read the key can hash
anything, so it lies in the user's state folder, mode 0600, where the guard lets no agent look or write.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
from dataclasses import dataclass, field
from pathlib import Path

from conductor.errors import UsageProblem
from conductor.records.files import refusal, sync_folder

FILE = "host-key.json"
_BYTES = 32
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class HostKey:
    """A host's id (`<name>-<8 hex of the key's hash>`, so that two hosts of one name differ) and its secret key."""

    host: str
    secret: bytes = field(repr=False)

    def sign(self, body: str) -> str:
        """Return the HMAC-SHA256 (64 hex digits) of a line's body."""
        return self.sign_bytes(body.encode("utf-8"))

    def sign_bytes(self, content: bytes) -> str:
        """Return the HMAC-SHA256 (64 hex digits) of bytes."""
        import hmac

        return hmac.digest(self.secret, content, "sha256").hex()

    def has_signed(self, body: str, keyed_hash: str) -> bool:
        """Tell whether the hash is this key's for that body."""
        import hmac

        return hmac.compare_digest(self.sign(body), keyed_hash)


def load_key(folder: Path) -> HostKey | None:
    """Return the key kept in the state folder, or None where there is none yet.

    Raises UsageProblem for one that can't be read: a new key would make this host a stranger to its own evidence.
    """
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, getattr(error, "strerror", None) or "it is not text") from error
    try:
        data = json.loads(text)
        key = HostKey(data["host"], bytes.fromhex(data["key"]))
        whole = data["schema"] == 1 and len(key.secret) == _BYTES and is_host(key.host)
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        # Not chained to what was raised: its text could hold a part of the key.
        raise _unreadable(path, "it holds no key")
    return key


def make_key(folder: Path) -> HostKey:
    """Return the key kept in the state folder; where there is none, a new one, made once whoever else asks.

    Raises UsageProblem where the folder can't be written.
    """
    known = load_key(folder)
    if known is not None:
        return known
    path = folder / FILE
    secret = os.urandom(_BYTES)
    body = json.dumps({"schema": 1, "host": name_host(secret), "key": secret.hex()})
    temporary = folder / f".{FILE}.{os.getpid()}.{secret[:4].hex()}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a rename, takes no other writer's key away.
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(temporary)
        sync_folder(folder)
    except OSError as error:
        problem = refusal(path, error)
        hint = f"{problem.hint}; where a sandbox forbids it, run conductor trust once in a terminal of your own"
        raise UsageProblem(problem.message, hint=hint, path=str(path)) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    made = load_key(folder)
    if made is None:
        raise _unreadable(path, "it was taken away while it was made")
    return made


def name_host(secret: bytes) -> str:
    """Return the id of this machine with that key."""
    import hashlib

    name = re.sub(r"[^A-Za-z0-9-]+", "-", socket.gethostname().partition(".")[0]).strip("-")[:40] or "host"
    return f"{name}-{hashlib.sha256(b'host ' + secret).hexdigest()[:8]}"


def is_host(text: str) -> bool:
    """Tell whether the text has the form of a host's id."""
    return _HOST.fullmatch(text) is not None


def name_of(host: str) -> str:
    """Return the machine's name in a host's id."""
    return host.rpartition("-")[0]


def _unreadable(path: Path, why: str) -> UsageProblem:
    return UsageProblem(
        f"the key of this host's evidence can't be read: {why}",
        hint=f"take {path} back from a backup; without one, move it away: a new key is made, and this host's lines so "
        "far count as reported by another host",
        path=str(path),
    )
