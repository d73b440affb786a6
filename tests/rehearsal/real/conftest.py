"""Real parts take minutes, root, and programs that few machines have: they run where they are asked for, `-m real`."""

import os

import pytest

from conductor.rehearsal.real.parts import list_missing


def pytest_collection_modifyitems(config, items):
    marked = [item for item in items if item.get_closest_marker("real")]
    if config.option.markexpr != "real":
        items[:] = [item for item in items if item not in marked]
        config.hook.pytest_deselected(items=marked)
        return
    if missing := list_missing():
        for item in marked:
            item.add_marker(pytest.mark.skip(reason=f"not here: {', '.join(missing)}"))


@pytest.fixture(scope="session")
def kept(tmp_path_factory):
    """Return a cache folder for the small Debian: the one that CONDUCTOR_REAL_CACHE names, or one of these tests."""
    return os.environ.get("CONDUCTOR_REAL_CACHE") or str(tmp_path_factory.mktemp("cache"))
