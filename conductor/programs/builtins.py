"""The commands that a shell has of its own, which no file on PATH need stand for.

Source: `compgen -b` and `compgen -k` of bash 5.2, dash(1) of 0.5.12; a test asks both.
"""

from __future__ import annotations

_DASH = """
    . : [ alias bg break cd command continue echo eval exec exit export false fg getopts hash jobs kill local printf pwd
    read readonly return set shift test times trap true type ulimit umask unalias unset wait
"""
_BASH = """
    [[ bind builtin caller compgen complete compopt declare dirs disown enable fc help history let logout mapfile popd
    pushd readarray shopt source suspend typeset
"""
DASH = frozenset(_DASH.split())
BASH = DASH | frozenset(_BASH.split())
