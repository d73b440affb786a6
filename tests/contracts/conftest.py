"""The stage that the rehearsal's own tests read."""

from tests.rehearsal.conftest import stage  # noqa: F401 - a fixture
