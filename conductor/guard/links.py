"""Follow the links of a path. The hook asks before it answers an agent: builtin modules only."""

from __future__ import annotations

from posix import readlink

from conductor.rules.judge.places import normalise

MOST_LINKS = 40  # as the kernel has it


def resolve(path: str) -> str:
    """Return an absolute path with every link in it followed, as far as it exists; a circle is left as it is."""
    left = [part for part in path.split("/") if part]
    done, links = "", 0
    while left:
        part = left.pop(0)
        here = normalise(f"{done}/{part}")
        try:
            target = readlink(here)
        except (OSError, ValueError):
            done = here if here != "/" else ""
            continue
        links += 1
        if links > MOST_LINKS:
            return path
        left = [each for each in target.split("/") if each] + left
        done = "" if target.startswith("/") else done
    return done or "/"
