"""Signals that end a command as Ctrl-C does: what was begun is left as it is, and said."""

from __future__ import annotations

import signal
import threading
from typing import Any

_NUMBERS = (signal.SIGTERM, signal.SIGHUP)


class ended_by_signals:  # noqa: N801 - used as a function, as contextlib's own are
    """Let SIGTERM and SIGHUP end the block with KeyboardInterrupt; only the main thread can hear them."""

    def __init__(self) -> None:
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._interrupt) for number in _NUMBERS}

    def __exit__(self, *problem: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @staticmethod
    def _interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt
