"""Everything that was sent and answered during a rehearsal, as lines a person can read afterwards."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conductor.domain.digest import digest_of
from conductor.domain.secret import redact
from conductor.domain.text import strip_controls

_LONGEST_BODY = 16_384
_HIDDEN_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})


class Recorder:
    """Append-only exchanges, one JSON line each, credentials replaced by `***`.

    `folder` holds `exchanges.jsonl` and the workers' logs; `exchanges` are the same values in memory, for a summary or
    a test.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.exchanges: list[dict[str, Any]] = []
        self._hidden: set[str] = set()
        self._lock = threading.Lock()
        self._started = time.monotonic()

    def record(self, server: str, **exchange: Any) -> None:
        """Append one exchange; what cannot be written any more (the disk, a closed rehearsal) is kept in memory."""
        line = {"at_s": round(time.monotonic() - self._started, 3), "server": server, **exchange}
        with self._lock:
            text = self._without_secrets(json.dumps(line, ensure_ascii=False))
            self.exchanges.append(json.loads(text))
            self._append("exchanges.jsonl", text)

    def note(self, name: str, lines: str) -> None:
        """Append lines of a program's log to the file of that name."""
        text = redact(strip_controls(lines))
        with self._lock:
            self._append(name, self._without_secrets(text))

    def _append(self, name: str, text: str) -> None:
        with contextlib.suppress(OSError), (self.folder / name).open("a", encoding="utf-8") as file:
            file.write(text + "\n")

    def _without_secrets(self, text: str) -> str:
        for secret in self._hidden:
            text = text.replace(secret, "***")
        return text

    def hide(self, secret: str) -> str:
        """Return the credential; from now on no line shows it, wherever it stands."""
        with self._lock:
            self._hidden.add(secret)
        return secret

    def move_to(self, folder: Path) -> Path:
        """Move what was recorded to its lasting place, which must not exist yet, and go on recording there."""
        import shutil

        with self._lock:
            folder.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(str(self.folder), str(folder))
            self.folder = folder
        return folder


def readable_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with credentials replaced by `***`."""
    return {
        name: "***" if name.lower() in _HIDDEN_HEADERS else redact(strip_controls(value))
        for name, value in headers.items()
    }


def readable_body(content: bytes) -> str:
    """Return a body as redacted text, or its size and digest where it is long or not text."""
    if not content:
        return ""
    if len(content) <= _LONGEST_BODY:
        try:
            return redact(strip_controls(content.decode("utf-8")))
        except UnicodeDecodeError:
            pass
    return f"<{len(content)} bytes, {digest_of(content)}>"
