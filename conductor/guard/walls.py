"""Which acts a wall keeps from this user's agents, which only a fence, and which nothing: docs/security.md.

A wall holds against a process that runs as this user and means to get through; a fence stops one that goes the usual
way, and is seen to be climbed. What can become another user stands before no wall at all.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

ACTS = ("commit", "push", "deploy", "grant", "evidence")


class Strength(enum.StrEnum):
    """What stands between an agent of this user and an act."""

    WALLED = "walled"
    FENCED = "fenced"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Reach:
    """What this user can get at; each list holds places, in words, and is empty where there is none.

    `guards` are the agents whose settings hold the guard, and git's hooks; `push_keys` and `deploy_keys` say where a
    credential stands; `repository`, `state` and `host_key` say whether this user can write, or read, them.
    """

    ways_up: tuple[str, ...]
    guards: tuple[str, ...]
    push_keys: tuple[str, ...]
    deploy_keys: tuple[str, ...]
    repository: bool
    state: bool
    host_key: bool


@dataclass(frozen=True, slots=True)
class Wall:
    """One act, what stands before it, and why."""

    act: str
    strength: Strength
    why: str


def judge_walls(reach: Reach) -> list[Wall]:
    """Return what stands before each act, in the order of ACTS."""
    return [
        _judge("commit", reach, ("this user can write the repository",) if reach.repository else ()),
        _judge("push", reach, reach.push_keys),
        _judge("deploy", reach, reach.deploy_keys),
        _judge("grant", reach, ("this user can write the state folder",) if reach.state else (), by_itself=True),
        _judge("evidence", reach, ("this user can read the host's key",) if reach.host_key else (), by_itself=True),
    ]


_WALLS = {
    "commit": "this user can't write the repository",
    "push": "no key, agent or token was found that this user could push with",
    "deploy": "no RunPod key was found that this user could use",
    "grant": "this user can't write the state folder",
    "evidence": "this user can't read the key that marks evidence as this host's",
}
_FENCES = {
    "grant": "conductor grant wants a terminal and no agent's mark",
    "evidence": "a line without this host's hash is an error",
}


def _judge(act: str, reach: Reach, ways: tuple[str, ...], *, by_itself: bool = False) -> Wall:
    """Return the wall before an act; `by_itself` has a fence of its own, where others have the guard."""
    ways = ways or reach.ways_up
    if not ways:
        return Wall(act, Strength.WALLED, _WALLS[act])
    through = ", ".join(ways[:3]) + (f" and {len(ways) - 3} more" if len(ways) > 3 else "")
    fence = _FENCES[act] if by_itself else f"guarded: {', '.join(reach.guards)}" if reach.guards else ""
    if fence:
        return Wall(act, Strength.FENCED, f"{fence}; but {through}")
    return Wall(act, Strength.OPEN, f"{through}; conductor hooks install puts a fence there")
