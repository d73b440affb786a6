"""The environment that git is run in: of the person's, what says how, and nothing that says which repository."""

from __future__ import annotations

import os

# Variables that would point git at another repository than the one we were asked about.
FOREIGN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX")
# A stable language, no question, and no lock taken for what only speeds up the next reader.
QUIET = {"LC_ALL": "C.UTF-8", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}


def git_environment() -> dict[str, str]:
    """Return this process' environment with a stable language and without another repository's variables."""
    return {**{name: value for name, value in os.environ.items() if name not in FOREIGN}, **QUIET}
