"""The entry point of the command `conductor`.

It stands outside of the package because another distribution may bring a package of the same name: where that one is
found first, or has overwritten ours, nothing inside of it could say so.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line, or say which distribution took the place of our package."""
    try:
        from conductor.cli.main import main as run
    except ImportError as problem:
        sys.exit(_explain(problem))
    run()


def _explain(problem: ImportError) -> int:
    """Print what lies in the way and what removes it; raises the problem where that is not the cause."""
    from importlib.util import module_from_spec, spec_from_file_location
    from pathlib import Path

    # By its place, because the name leads to the other one.
    path = Path(__file__).resolve().parent / "conductor/config/distribution.py"
    spec = spec_from_file_location("_worker_conductor_distribution", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise problem
    distribution = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(distribution)
    told = distribution.describe_conflict(problem)
    if told is None:
        raise problem
    print(f"error: {told[0]}\n  remedy: {told[1]}", file=sys.stderr)
    return 2
