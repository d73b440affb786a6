"""Start the commands that agents run all day long without Typer, which takes longer to import than they take to run.

Only plain words are understood here: known options with their values, and words. Anything else (help, a mistake, an
unusual spelling) is left to the declarations that `conductor --help` shows; a test holds both to the same answer.
"""

from __future__ import annotations

import gc
import importlib
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

_JSON = {"--json": "json_output"}
_TASK = {"words": "text", "flags": _JSON}
# Words -> the function in `daily` and what it takes: all further `words`, `flags`, options with `one` value, options
# that may come `many` times, options with a `number`.
COMMANDS: dict[tuple[str, ...], dict[str, Any]] = {
    ("task", "new"): {
        "call": "new_task",
        "words": "title",
        "flags": _JSON,
        "one": {"--priority": "priority", "--phase": "phase"},
        "many": {"--context": "context", "--depends": "depends", "--expect": "expect"},
    },
    ("task", "list"): {
        "call": "list_tasks",
        "flags": {**_JSON, "--all": "every", "--ready": "ready"},
        "one": {"--phase": "phase", "--priority": "priority"},
        "many": {"--status": "status"},
    },
    ("task", "next"): {"call": "next_task", "flags": _JSON},
    ("task", "note"): {"call": "write_item", "verb": "note", **_TASK},
    ("task", "finding"): {"call": "write_item", "verb": "finding", **_TASK},
    ("task", "decide"): {"call": "write_item", "verb": "decide", **_TASK},
    ("task", "block"): {"call": "write_item", "verb": "block", **_TASK},
    ("prime",): {"call": "prime", "flags": _JSON, "number": {"--budget": "budget"}},
}


def find_command(arguments: Sequence[str]) -> Callable[[], None] | None:
    """Return what these words ask for, ready to be called, or None where the declarations have to read them."""
    for size in (1, 2):
        command = COMMANDS.get(tuple(arguments[:size]))
        if command is None or "_CONDUCTOR_COMPLETE" in os.environ:
            continue
        values = parse(command, arguments[size:])
        if values is None:
            return None
        # A command that ends in a tenth of a second has nothing to collect.
        gc.disable()
        call = getattr(importlib.import_module("conductor.cli.daily"), command["call"])
        return partial(call, **({"verb": command["verb"]} if "verb" in command else {}), **values)
    return None


def parse(command: dict[str, Any], arguments: Sequence[str]) -> dict[str, Any] | None:
    """Return the values by the names of the parameters, or None for anything out of the ordinary."""
    values: dict[str, Any] = {}
    words: list[str] = []
    rest = iter(arguments)
    for word in rest:
        if not word.startswith("-") or word == "-":
            words.append(word)
        elif word in command.get("flags", ()):
            values[command["flags"][word]] = True
        else:
            value = next(rest, "-")
            if value.startswith("-") or not _take(command, values, word, value):
                return None
    if "words" in command:
        values[command["words"]] = words
    return values if bool(words) == ("words" in command) else None


def _take(command: dict[str, Any], values: dict[str, Any], option: str, value: str) -> bool:
    """Put an option's value where it belongs; False where there is no such option, or its value is unusual."""
    one, number = command.get("one", {}).get(option), command.get("number", {}).get(option)
    if option in command.get("many", ()):
        values.setdefault(command["many"][option], []).append(value)
    elif one is not None and one not in values:
        values[one] = value
    elif number is not None and number not in values and value.isascii() and value.isdigit() and value.strip("0"):
        values[number] = int(value)
    else:
        return False
    return True
