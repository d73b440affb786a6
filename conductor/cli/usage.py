"""What was typed: which command, in which form its answer is wanted, and what is wrong with it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from conductor.errors import ConductorError, UsageProblem

# What these print is read by programs, also on a terminal.
_FOR_PROGRAMS = frozenset({"--json", "--jsonl", "--show-completion"})
# A list of so many commands is read at a glance.
_FEW = 12
_JSON_FORMATS = frozenset({"--format=json", "--format=sarif"})


class BareGroup(UsageProblem):
    """A group of commands was typed without one of them; `help` lists them."""

    def __init__(self, command: str, text: str) -> None:
        super().__init__(f"{command} needs a command", hint=f"{command} --help lists them")
        self.help = text


def is_json_wanted(arguments: Sequence[str]) -> bool:
    """Tell whether the answer is to be JSON: `--json` anywhere before `--`, or `--format json`.

    Also where it is typed wrongly (`--json=yes`, `--format JSON`): who reads the error is a program.
    """
    words = before_dashes(arguments)
    return any(word.partition("=")[0] == "--json" for word in words) or not _JSON_FORMATS.isdisjoint(_formats(words))


def is_for_programs(arguments: Sequence[str]) -> bool:
    """Tell whether lines must stay whole even on a terminal."""
    words = before_dashes(arguments)
    return not _FOR_PROGRAMS.isdisjoint(words) or any(form != "--format=text" for form in _formats(words))


def usage_problem(error: Exception, name_command: Callable[[], str]) -> ConductorError | None:
    """Return click's complaint about what was typed as an error of the house; None for any other exception.

    `name_command` tells which command was typed; it is asked only where the complaint doesn't say so itself.
    """
    from typer._click.exceptions import ClickException, NoArgsIsHelpError
    from typer.exceptions import Abort

    if isinstance(error, Abort):
        return UsageProblem("there was no answer at the prompt", hint="answer it, or give the answer as an option")
    if isinstance(error, NoArgsIsHelpError):
        return BareGroup(error.ctx.command_path, error.ctx.get_help())
    if not isinstance(error, ClickException):
        return None
    context, near = getattr(error, "ctx", None), getattr(error, "possibilities", None)
    message = " ".join((error.message if near else error.format_message()).split()).rstrip(".")
    message = message[:1].lower() + message[1:].replace("...'", "'")
    if context is None:
        return UsageProblem(message, hint=" ".join(["conductor", *name_command().split(), "--help"]))
    if getattr(error, "option_name", "") == "--json" and context.command_path == "conductor":
        return UsageProblem(
            "--json stands behind a command", hint="conductor check --json (conductor --help tells more)"
        )
    meant = f"did you mean {' or '.join(sorted(near))}? " if near else ""
    if "unexpected extra argument" in message and any(
        one.param_type_name == "argument" for one in context.command.params
    ):
        meant = "put several words into quotes: "
    usage = " ".join(context.get_usage().removeprefix("Usage:").split())
    return UsageProblem(message, hint=f"{meant}{usage} ({context.command_path} --help tells more)")


def unknown_command(path: str, words: Sequence[str], names: Sequence[str], meant: str = "") -> UsageProblem:
    """Return the error for a word that is no command of `path`; `meant` is what is said of the nearest ones.

    `help` and `version` are options here, as the hint says; a group's commands are few enough to be named.
    """
    word = words[0]
    hint = f"{path} --help lists them"
    if word == "help":
        hint = f"{' '.join([path, *(one for one in words[1:2] if one in names)])} --help"
    elif word == "version":
        meant, hint = "", "conductor --version"
    elif len(names) <= _FEW:
        hint = f"one of: {', '.join(names)} ({path} --help tells more)"
    return UsageProblem(f"there is no command {word!r}.{meant}".removesuffix("."), hint=hint)


def before_dashes(arguments: Sequence[str]) -> list[str]:
    """Return the words that stand before `--`."""
    words = list(arguments)
    return words[: words.index("--")] if "--" in words else words


def _formats(words: list[str]) -> set[str]:
    apart = {f"--format={then}" for word, then in itertools.pairwise(words) if word == "--format"}
    return {form.casefold() for form in apart | {word for word in words if word.startswith("--format=")}}
