"""Room on the disk that is kept for a release's last lines: how it ended must be told on a full disk, too."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

SIZE_BYTES = 64 * 1024


class Reserve:
    """A file that holds nothing; removing it makes room."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def take(self) -> None:
        """Take the room; where there is none, there is none: never raises."""
        with contextlib.suppress(OSError):
            try:
                with self._path.open("wb") as file:
                    # Real bytes: a hole takes no room, and not every system can allocate without writing.
                    file.write(os.urandom(SIZE_BYTES))
                    file.flush()
                    os.fsync(file.fileno())
            except OSError:
                self._path.unlink(missing_ok=True)

    def free(self) -> bool:
        """Give the room back; tell whether there was any. Never raises."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True
