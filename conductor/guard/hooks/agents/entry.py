"""The texts of the hook entries: never changed, because Codex trusts a hook by the hash of its text.

An entry looks for `.conductor/bin/guard` without git and hands over to `.conductor/bin/enter` beside it. Whatever goes
wrong on the way (no such file, one that can't be read, a project that is somebody else's) ends with the number the
entry carries: 2 before a tool, which every agent takes as a refusal, and 0 for every other event, so that a broken
guard can't keep an agent from ending its turn.
"""

from __future__ import annotations

REFUSE, PASS = 2, 0
# `$0` is the folder to begin in, `$1` the agent, `$2` how a failure ends.
_FAIL = 'trap "exit $2" 0; '
_LEAVE = "trap - 0; exit"
# What it hands over to ends the process; an empty or unreadable file doesn't.
_ENTER = '. "$d/.conductor/bin/enter"; echo "Conductor: no way into the guard: conductor hooks install" >&2'
_HERE = (
    'd=$0; if [ ! -f "$d/.conductor/bin/guard" ]; then '
    'echo "Conductor: no guard here. In a terminal: conductor hooks install" >&2; exit; fi; '
)
# Upwards, along the path as it is written and then as it really is: a link may lead into the project, or out of it.
_ABOVE = (
    'd=$0; r=; until [ -f "$d/.conductor/bin/guard" ]; do case $d in */*) d=${d%/*};; *) '
    'if [ "$r" ]; then @NONE@; fi; r=1; cd -P "$0"; d=$PWD;; esac; done; '
)
_NO_GUARD = (
    'echo "Conductor: no guard in $0 or above it. In a terminal, in the project: conductor hooks install" >&2; exit'
)


def here(agent: str, start: str, ends: int) -> str:
    """Return the entry of an agent that reads a project's settings in the folder it starts in and nowhere else."""
    return _line(_FAIL + _HERE + _ENTER, start, agent, ends)


def upwards(agent: str, start: str, ends: int) -> str:
    """Return the entry of an agent that reads a project's settings from the folders below it too."""
    return _line(_FAIL + _ABOVE.replace("@NONE@", _NO_GUARD) + _ENTER, start, agent, ends)


def of_user(agent: str, start: str, ends: int, loaded: str) -> str:
    """Return the entry for the user's own settings, which does nothing where no project is.

    `loaded` is a shell condition: the agent has loaded the project's own entries, which are enough.
    """
    text = _FAIL + _ABOVE.replace("@NONE@", _LEAVE) + f"if {loaded}; then {_LEAVE}; fi; " + _ENTER
    return _line(text, start, agent, ends)


def _line(text: str, start: str, agent: str, ends: int) -> str:
    return f"sh -c '{text}' {start} {agent} {ends}"
