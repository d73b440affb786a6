"""`.conductor/bin/enter` and `.conductor/bin/guard`: what the agents' hook entries run, POSIX sh.

Both hold the first stage, which lets most commands through without starting anything. `enter`, which the entries read
into their own shell, hands the rest to `guard`, keeps it to a time limit and makes an answer of every ending; `guard`
starts the second stage. Their text is the same in every project and release of this format.
"""

from __future__ import annotations

import stat
from pathlib import Path

from conductor.guard.agent_tools import READ_TOOLS, SHELL_TOOLS
from conductor.guard.hooks.triggers import CHARACTERS, STARTERS, WORDS
from conductor.guard.prompts import ASKS_FOR_TERMINAL, PROMPTS, TYPES_UNSEEN
from conductor.records.files import write_atomically

WRAPPER = Path(".conductor/bin/guard")
ENTER = Path(".conductor/bin/enter")
# Between the second stage's own deadline (8 s, else 20 s) and the limits in the hook entries (20 s before a tool, else
# 30 s).
LIMIT_S, LIMIT_OF_OTHERS_S = 12, 25

_MARK = "# Conductor's guard (format 2). Written by `conductor hooks install`; it is not edited by hand."
# Needs $root, $agent, $input, `intact`, and `judge`, which ends the process as the rest of it does.
_FIRST_STAGE = r"""
# A question that the agent's dialog asked is taken back when its session goes on with something else.
take_back() {
    asked=$root/.conductor/local/asked
    [ -s "$asked" ] || return 0
    { read -r session rest && read -r more; } <"$asked"
    case $more:$session:$input in
    :_:* | ::* | :*:*"\"$session\""*) { true >"$asked"; } 2>/dev/null ;;
    *) return 1 ;;
    esac
}

pass() {
    take_back || judge
    trap - 0
    [ "$agent" = cursor ] && echo '{}'
    exit 0
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
    # What begins with one of these may run a file of the project, whose text decides.
    first=${command# }
    case ${first%% *} in
    @STARTERS@) return 1 ;;
    esac
    case $command in
    @WORDS@) return 1 ;;
    esac
    # Alone, these open a prompt into which the agent could type unseen.
    case $agent$input in
    @UNSEEN@)
        case $command in
        @PROMPTS@) return 1 ;;
        esac ;;
    esac
    return 0
}

event=other
case $input in
*'"hook_event_name":"PreToolUse"'* | *'"hook_event_name":"BeforeTool"'*) event=before ;;
*'"hook_event_name":"preToolUse"'*) event=before ;;
*'"hook_event_name":"beforeShellExecution"'* | *'"hook_event_name":"beforeMCPExecution"'*) event=before ;;
esac
[ $event = before ] && [ ${#input} -le 65536 ] && intact || judge
rest=${input#*'"tool_name":"'}
tool=${rest%%\"*}
# Two such keys, and one may stand in the tool's own arguments.
case $rest in *'"tool_name":'*) judge ;; esac
case $input in *'"hook_event_name":"beforeShellExecution"'*) [ "$rest" = "$input" ] && tool=Shell ;; esac
case $tool in
@READ@)
    pass ;;
@SHELL@)
    if harmless; then pass; fi ;;
esac
judge
"""

_ENTER = r"""#!/bin/sh
# The way into Conductor's guard (format 1). Written by `conductor hooks install`; it is not edited by hand.
# The hook entries read this with `.`: $d is the project, $1 the agent, $2 how a failure ends (2 refuses, 0 passes).
# A tool that only looks, and a shell command without a trigger word and without a character that builds words out of
# parts, pass here. The guard judges the rest. It gets less time than the agent would give it, and every ending but an
# answer is a failure: agents take a crash, a time-out or a missing program for a yes.
LC_ALL=C
CDPATH=
agent=$1 ends=$2
cd -P "$d" || exit
root=$PWD
input=$(head -c 65537)

judge() {
    guard=$root/.conductor/bin/guard
    limit=@LIMIT@
    [ "$ends" = 0 ] && limit=@OTHERS@
    if [ ! -s "$guard" ]; then
        status="nothing in it"
    elif [ ${#input} -gt 65536 ]; then
        { printf '%s' "$input"; cat; } | limited "$agent" $event
        status=$?
    else
        limited "$agent" $event <<CONDUCTOR_EVENT
$input
CONDUCTOR_EVENT
        status=$?
    fi
    trap - 0
    case $status:$ends in
    0:* | 2:2) exit "$status" ;;
    *:0) exit 0 ;;
    esac
    echo "Conductor's guard gave no answer (it ended with $status), so this is refused." >&2
    echo "In a terminal, in the project: conductor hooks doctor" >&2
    exit 2
}

# Nothing passes here unless the guard is what this was written with: another may judge in another way, or not at all.
intact() {
    line=
    { read -r line && read -r line; } 2>/dev/null <"$root/.conductor/bin/guard"
    [ "$line" = "@MARK@" ]
}

limited() {
    if command -v timeout >/dev/null 2>&1; then
        timeout -s KILL "$limit" sh "$guard" "$@"
        return
    fi
    # The guard and a clock, each in a process group of its own where the shell can give it one.
    exec 3<&0
    set -m 2>/dev/null
    sh "$guard" "$@" <&3 3<&- &
    job=$!
    (sleep "$limit" && { kill -9 "-$job" || kill -9 "$job"; }) </dev/null >/dev/null 2>&1 3<&- &
    clock=$!
    wait "$job" 2>/dev/null
    ended=$?
    { kill -9 "-$clock" || kill -9 "$clock"; } 2>/dev/null
    return "$ended"
}
"""

_GUARD = r"""#!/bin/sh
@MARK@
# Reads one hook event and starts the second stage, in Python, which judges it. Called without the word that `enter`
# says, it looks first whether there is anything to judge. A project with command rules of its own has
# .conductor/local/judge-all, and every command is judged.
LC_ALL=C
CDPATH=
case $0 in */*) bin=${0%/*} ;; *) bin=. ;; esac
cd -P "$bin/../.." || exit 2
root=$PWD
agent=${1:-claude}
python= hook=
{ read -r python && read -r hook; } 2>/dev/null <"$root/.conductor/local/interpreter"
CONDUCTOR_GUARD_ROOT=$root
export CONDUCTOR_GUARD_ROOT

start() {
    # Without site-packages where something is judged; the other events need them.
    if [ $event = before ]; then site=-S; else site=; fi
    [ -x "$python" ] && [ -f "$hook" ] && exec "$python" -I $site "$hook" "$agent"
    [ $event = other ] && exit 0
    echo "Conductor's guard is not set up on this machine, so this is refused." >&2
    echo "In a terminal: conductor hooks install" >&2
    exit 2
}

intact() { :; }

case $2 in
before | other)
    event=$2
    start ;;
esac
input=$(head -c 65537)

judge() {
    if [ ${#input} -gt 65536 ]; then
        { printf '%s' "$input"; cat; } | start
        exit $?
    fi
    start <<CONDUCTOR_EVENT
$input
CONDUCTOR_EVENT
}
"""


def render_wrapper() -> str:
    """Return the guard's text."""
    return _GUARD.replace("@MARK@", _MARK) + _first_stage()


def render_enter() -> str:
    """Return the text of what the hook entries hand over to."""
    text = _ENTER.replace("@LIMIT@", str(LIMIT_S)).replace("@OTHERS@", str(LIMIT_OF_OTHERS_S))
    return text.replace("@MARK@", _MARK.replace("`", "\\`")) + _first_stage()


def _first_stage() -> str:
    words = " | ".join(f"*{quote(word)}*" for word in WORDS)
    characters = " | ".join(f"*{quote(letter)}*" for letter in CHARACTERS if letter != "\0")
    text = _FIRST_STAGE.replace("@CHARACTERS@", wrap(characters)).replace("@WORDS@", wrap(words))
    unseen = [f"{agent}*" for agent in TYPES_UNSEEN] + [f"""*'"{name}":true'*""" for name in ASKS_FOR_TERMINAL]
    lists = {"@READ@": sorted(READ_TOOLS), "@SHELL@": sorted(SHELL_TOOLS), "@UNSEEN@": unseen}
    starters = ["''", "*/*", "python*", "pypy*", "py", *(quote(name) for name in sorted(STARTERS))]
    lists["@STARTERS@"] = starters
    lists["@PROMPTS@"] = [f"*' {name}'*" for name in sorted(PROMPTS)]
    for mark, patterns in lists.items():
        text = text.replace(mark, wrap(" | ".join(patterns)))
    return text


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


def write_wrapper(root: Path) -> list[str]:
    """Write both files where they are missing or different; returns the names of those that were."""
    changed = []
    for name, text in ((WRAPPER, render_wrapper().encode()), (ENTER, render_enter().encode())):
        path = root / name
        if path.is_file() and path.read_bytes() == text and path.stat().st_mode & stat.S_IXUSR:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text)
        path.chmod(0o755)
        changed.append(name.as_posix())
    return changed
