"""toy: who works on a machine does not switch it off."""

from __future__ import annotations

from conductor.rules.judge.call import BLOCK, Call, Ruling


def judge(call: Call) -> Ruling | None:
    """Return a ruling where the call would switch the machine off."""
    if call.name != "shutdown" or "--help" in call.args:
        return None
    return Ruling(BLOCK, "toy", f"`{call.text()}` switches this machine off. Leave it on.")
