"""`.conductor/bin/guard`: the first stage, POSIX sh, which lets most commands through without starting Python.

Its text is the same in every project and release of this format, because agents trust a hook by what it runs.
"""

from __future__ import annotations

import stat
from pathlib import Path

from conductor.guard.triggers import CHARACTERS, WORDS
from conductor.records.files import write_atomically

WRAPPER = Path(".conductor/bin/guard")

_TEMPLATE = r"""#!/bin/sh
# Conductor's guard, first stage (format 1). Written by `conductor hooks install`; it is not edited by hand.
# Reads one hook event. A shell command without a trigger word, and without a character that builds words out of parts,
# is let through here; everything else is judged by the second stage, in Python. A project with command rules of its own
# has .conductor/local/judge-all, and everything is judged.
LC_ALL=C
case $0 in */*) bin=${0%/*} ;; *) bin=. ;; esac
root=$(cd "$bin/../.." && pwd -P) || exit 2
input=$(head -c 65537)

second_stage() {
    python= hook=
    { read -r python && read -r hook; } 2>/dev/null <"$root/.conductor/local/interpreter"
    CONDUCTOR_GUARD_ROOT=$root
    export CONDUCTOR_GUARD_ROOT
    if [ ! -x "$python" ] || [ ! -f "$hook" ]; then
        missing
    fi
    case $input in
    *'"hook_event_name":"PreToolUse"'* | *'"hook_event_name":"BeforeTool"'* | *'"hook_event_name":"before'*)
        site=-S ;;
    *) site= ;;
    esac
    if [ ${#input} -gt 65536 ]; then
        { printf '%s' "$input"; cat; } | "$python" -I $site "$hook" "$agent"
        exit $?
    fi
    exec "$python" -I $site "$hook" "$agent" <<CONDUCTOR_EVENT
$input
CONDUCTOR_EVENT
}

missing() {
    case $input in
    *'"hook_event_name":"PreToolUse"'* | *'"hook_event_name":"preToolUse"'*) ;;
    *'"hook_event_name":"before'* | *'"hook_event_name":"BeforeTool"'*) ;;
    *) exit 0 ;;
    esac
    if harmless; then exit 0; fi
    echo "Conductor's guard is not set up on this machine, so this is refused." >&2
    echo "In a terminal: conductor hooks install" >&2
    exit 2
}

# The one shell command of the event stands between "command":" and the next quote; with a backslash in it, or with two
# such keys, it takes a real parser to tell.
harmless() {
    rest=${input#*'"command":"'}
    [ "$rest" != "$input" ] || return 1
    [ ! -e "$root/.conductor/local/judge-all" ] || return 1
    case $rest in *'"command":'*) return 1 ;; esac
    command=" ${rest%%\"*} "
    case $command in
    @CHARACTERS@) return 1 ;;
    esac
    case $command in
    @WORDS@) return 1 ;;
    esac
    return 0
}

# A question that the agent's dialog asked is taken back when its session goes on with something else.
take_back() {
    asked=$root/.conductor/local/asked
    [ -s "$asked" ] || return 0
    { read -r session rest && read -r more; } <"$asked"
    case $more:$session:$input in
    :_:* | ::* | :*:*"\"$session\""*) { true >"$asked"; } 2>/dev/null || second_stage ;;
    *) second_stage ;;
    esac
}

agent=${1:-claude}
case $input in
*'"hook_event_name":"PreToolUse"'*'"tool_name":"Bash"'* | *'"tool_name":"Bash"'*'"hook_event_name":"PreToolUse"'*) ;;
*'"hook_event_name":"PreToolUse"'*'"tool_name":"bash"'*) ;;
*'"hook_event_name":"BeforeTool"'*'"tool_name":"run_shell_command"'*) ;;
*'"tool_name":"run_shell_command"'*'"hook_event_name":"BeforeTool"'*) ;;
*'"hook_event_name":"beforeShellExecution"'* | *'"command":"'*'"hook_event_name":"beforeShellExecution"'*) ;;
*) second_stage ;;
esac
if [ ${#input} -le 65536 ] && harmless; then
    take_back
    [ "$agent" = cursor ] && echo '{}'
    exit 0
fi
second_stage
"""


def render_wrapper() -> str:
    """Return the wrapper's text."""
    words = " | ".join(f"*{quote(word)}*" for word in WORDS)
    characters = " | ".join(f"*{quote(letter)}*" for letter in CHARACTERS if letter != "\0")
    return _TEMPLATE.replace("@CHARACTERS@", wrap(characters)).replace("@WORDS@", wrap(words))


def quote(word: str) -> str:
    """Return the word quoted for sh where it needs to be."""
    if word.replace("_", "").replace(".", "").replace("-", "").isalnum():
        return word
    return f'"{word}"' if "'" in word else f"'{word}'"


def wrap(patterns: str) -> str:
    """Return the alternatives in lines of readable length."""
    lines, line = [], ""
    for pattern in patterns.split(" | "):
        if len(line) + len(pattern) > 110:
            lines.append(line + " | \\")
            line = ""
        line += (" | " if line else "") + pattern
    return "\n    ".join([*lines, line])


def write_wrapper(root: Path) -> bool:
    """Write the wrapper where it is missing or different; returns whether it was."""
    path, text = root / WRAPPER, render_wrapper().encode()
    if path.is_file() and path.read_bytes() == text and path.stat().st_mode & stat.S_IXUSR:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text)
    path.chmod(0o755)
    return True
