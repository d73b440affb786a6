"""The guard's entry point: one hook event on standard input, one answer in the agent's own protocol.

Run by `.conductor/bin/guard` as `python -I -S hook.py AGENT`, before each command of an agent: it imports almost
nothing, reads the compiled policy, and answers. Fail closed for what could matter, fail open for the rest: whatever
goes wrong here denies a command with a trigger word and lets through one without. Events that come before nothing, such
as the end of a turn, are never refused by a failure: that would keep an agent going for ever.
"""

from __future__ import annotations

import gc
import sys
from posix import environ, stat, write

if __name__ == "__main__":
    gc.disable()  # the process ends before there is anything to collect; looking for it costs a tenth of its time
    # `-S` leaves out site-packages, and `-I` the script's own folder: the package is found from this file.
    sys.path.insert(0, __file__.rsplit("/conductor/", 1)[0])

from conductor.guard.call import Answer, Call
from conductor.guard.lean_json import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Far below every host's own limit: an agent whose hook times out runs the command.
DEADLINE_S, DEADLINE_OF_OTHERS_S = 8, 20
BEFORE = ("PreToolUse", "BeforeTool", "beforeShellExecution", "beforeMCPExecution", "preToolUse")
REPAIR = "conductor hooks install"
LOCAL = "/.conductor/local/policy.json"


def main() -> None:
    """Read the event, answer it, and leave by `_exit` with everything written out."""
    agent_name = sys.argv[1] if len(sys.argv) > 1 else "claude"
    content = b""
    try:
        arm_watchdog(DEADLINE_S)
        content = sys.stdin.buffer.read()
        text = content.decode("utf-8", "replace")
        if not is_before(text):
            arm_watchdog(DEADLINE_OF_OTHERS_S, refuses=False)
        answer = run(agent_name, text)
    except Exception as error:  # noqa: BLE001 - an uncaught error would let the command run
        answer = on_failure(agent_name, content, error)
    finish(answer)


def run(agent_name: str, text: str) -> Answer:
    """Return the answer to one event."""
    event = parse(text)
    if not isinstance(event, dict):
        raise ValueError("the event is not an object")  # noqa: TRY004 - as for any other text that is no event
    agent = load_agent(agent_name)
    call: Call = agent.read(event)
    policy = load_policy(find_policy())
    if call.event and call.event not in BEFORE:
        from conductor.guard.hooks.events import Place, handle

        return handle(agent, event, call, Place.of(policy))
    from conductor.guard.decide import decide

    verdict, reason = decide(call, policy, agent_name, asks=agent.ASKS)
    if verdict == "ask" and not agent.ASKS:
        reason += f" {AGENT_CANNOT_ASK}"
    answer: Answer = agent.answer(verdict, reason)
    return answer


AGENT_CANNOT_ASK = "This agent can't put the question to your user: ask them in words."


def load_agent(name: str) -> Any:
    """Return the agent's protocol module; raises ValueError for a name that is not known."""
    from conductor.guard.hooks.agents import AGENTS

    if name not in AGENTS:
        raise ValueError(f"unknown agent {name!r}")
    module = f"conductor.guard.hooks.agents.{name}"
    __import__(module)
    return sys.modules[module]


def find_policy() -> str:
    """Return the compiled policy's path: the wrapper names the project's folder."""
    root = environ.get(b"CONDUCTOR_GUARD_ROOT", b"").decode("utf-8", "surrogateescape")
    return root + LOCAL


def load_policy(path: str) -> dict[str, object]:
    """Return the compiled policy, compiled anew where the configuration changed; raises OSError, ValueError."""
    with open(path, "rb") as file:  # noqa: PTH123 - pathlib costs more than the whole judgement
        policy = parse(file.read().decode("utf-8"))
    if not isinstance(policy, dict) or policy.get("schema") != 1:
        raise ValueError("the compiled policy is not one this version reads")
    root = str(policy["root"])
    if path.endswith(LOCAL) and not same_folder(root, path[: -len(LOCAL)]):
        # The folder was copied or moved with what git ignores in it.
        root = path[: -len(LOCAL)]
        policy["stamp"] = None
    if [modified(f"{root}/{name}") for name in ("CONDUCTOR.md", "conductor.yaml")] != policy["stamp"]:
        from conductor.guard.policy import recompile

        policy = recompile(root, policy)
    return policy


def same_folder(one: str, other: str) -> bool:
    """Tell whether two paths lead to the same folder."""
    if one == other:
        return True
    try:
        a, b = stat(one), stat(other)
    except OSError:
        return False
    return (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino)


def modified(path: str) -> int:
    """Return the file's modification time in nanoseconds, 0 where it is not there."""
    try:
        return stat(path).st_mtime_ns
    except OSError:
        return 0


def is_before(text: str) -> bool:
    """Tell whether the text is an event before a tool; one that does not say what it is counts as such."""
    place = text.find('"hook_event_name"')
    return place < 0 or any(f'"{name}"' in text[place : place + 60] for name in BEFORE)


def on_failure(agent_name: str, content: bytes, error: Exception) -> Answer:
    """Deny what could matter, let through the rest."""
    from conductor.guard.hooks.triggers import has_trigger

    text = content.decode("utf-8", "replace")
    if not is_before(text) or not has_trigger(words_of(agent_name, text)):
        return Answer("{}\n" if agent_name == "cursor" else "")
    if isinstance(error, (OSError, ValueError)):
        reason = f"Conductor's guard can't judge this ({type(error).__name__}: {error}). In a terminal: {REPAIR}"
    else:
        reason = (
            f"Conductor's guard failed ({type(error).__name__}: {error}), so this is refused. {REPAIR} may repair it."
        )
    return Answer(stderr=reason[:1000] + "\n", code=2)


def words_of(agent_name: str, text: str) -> str:
    """Return the shell command of an event where it can be read, else the whole text."""
    try:
        event = parse(text)
        call: Call = load_agent(agent_name).read(event)
    except Exception:  # noqa: BLE001 - whatever it is, the whole text is looked at
        return text
    return call.command if call.kind == "shell" else text


def arm_watchdog(deadline_s: int, *, refuses: bool = True) -> None:
    """Make the process answer and end when the deadline passes, whatever it is doing."""
    import _signal  # type: ignore[import-not-found]  # the module behind signal, without enum

    def late(number: int, frame: object) -> None:
        del number, frame
        reason = "Conductor's guard took too long to judge this, so it is refused.\n"
        finish(Answer(stderr=reason, code=2) if refuses else Answer())

    _signal.signal(_signal.SIGALRM, late)
    _signal.alarm(deadline_s)


def finish(answer: Answer) -> None:
    """Write everything and leave; a partial write would lose the decision."""
    from posix import _exit

    for handle, text in ((1, answer.stdout), (2, answer.stderr)):
        data = text.encode("utf-8", "replace")
        while data:
            try:
                data = data[write(handle, data) :]
            except OSError:
                break
    _exit(answer.code)


if __name__ == "__main__":
    main()
