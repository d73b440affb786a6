"""A project with a clock that stands still."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from conductor.providers.git import GitRepository
from conductor.records.store import Records


class StillClock:
    """A clock at one moment; tests move it by hand."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 1, 5, 10, 31, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    def sleep(self, seconds: float) -> None:
        raise AssertionError("records don't wait")


@pytest.fixture
def clock():
    return StillClock()


@pytest.fixture
def records(repository, clock):
    return Records(repository, GitRepository.find(repository), clock)


@pytest.fixture
def write(records):
    """Return a function that writes a record file as bytes."""

    def put(name: str, text: str | bytes) -> None:
        path = records.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    return put


@pytest.fixture
def read(records):
    return lambda name: (records.root / name).read_bytes()
