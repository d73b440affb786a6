"""A drill's release in a process of its own, to be killed: `python -m conductor.cli.perform_apart JSON`."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path


def main(told: str) -> int:
    """Release the stage's project, as the drill's own process would, and return the exit code."""
    from conductor.cli.perform import release_here
    from conductor.cli.progress import Progress
    from conductor.cli.wiring import open_project
    from conductor.config.settings import PollSettings
    from conductor.rehearsal.guard import loopback_only
    from conductor.rehearsal.hurry import HurriedClock

    asked = json.loads(told)
    with loopback_only():
        project = open_project(Path(asked["root"]), trust=True)
        settings = replace(project.settings, poll=PollSettings(**asked["poll"]))
        project = replace(project, settings=settings, clock=HurriedClock())
        with Progress() as progress:
            return release_here(project, progress, asked["task"], check=False).exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
