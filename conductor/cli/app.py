"""The table of commands. Only the module of the command that was typed is imported."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import typer
import typer.core

from conductor.cli.groups import SYNONYMS, build_command, suggest

# name -> (module:attribute, one-line help). A Typer app becomes a group or a command, whichever it holds.
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("conductor.cli.init:app", "Write a CONDUCTOR.md for this repository."),
    "task": ("conductor.cli.task:app", "Create, change and finish tasks."),
    "journal": ("conductor.cli.journal:app", "Write and read the journal."),
    "error": ("conductor.cli.error:app", "Keep the ledger of errors."),
    "memory": ("conductor.cli.memory:app", "Write and read what is worth knowing next time."),
    "search": ("conductor.cli.search:app", "Find words in everything that is on record."),
    "prime": ("conductor.cli.prime:app", "Print what an agent needs to go on."),
    "records": ("conductor.cli.records:app", "Adopt, shorten, merge and bring back record files."),
    "check": ("conductor.cli.check:app", "Check records, rules, host and image, offline."),
    "host": ("conductor.cli.host:app", "See which Pythons and packages are on this machine."),
    "preflight": ("conductor.cli.preflight:app", "Say before the push that the image will fail, and what would work."),
    "diagnose": ("conductor.cli.diagnose:app", "Say from a log what went wrong, and what to do about it."),
    "replay": ("conductor.cli.replay:app", "Tell what preflight would have said about each commit of a history."),
    "knowledge": ("conductor.cli.knowledge:app", "Show the facts that judgements rest on, with their sources."),
    "release": ("conductor.cli.release:app", "Ship the worker image, with proof."),
    "promote": ("conductor.cli.promote:app", "Bring what is proven at one target to the next one."),
    "verify": ("conductor.cli.verify:app", "Tell whether what runs is what was built and proven."),
    "rollback": ("conductor.cli.rollback:app", "Put back what served before a release, with proof."),
    "rehearse": ("conductor.cli.rehearse:app", "Walk through a release against loopback servers."),
    "hooks": ("conductor.cli.hooks:app", "Put the guard into the agents' tool hooks."),
    "session": ("conductor.cli.session:app", "Log a stretch of work, and answer for the rules."),
    "grant": ("conductor.cli.grant:app", "Let one rule, or one commit or push, through."),
    "guard": ("conductor.cli.guard:app", "Ask what the guard says about a command, and why."),
    "trust": ("conductor.cli.trust:app", "Trust this repository's configuration as it stands."),
}


# Typed without their group more often than any other.
TASK_VERBS = frozenset({"new", "list", "start", "next", "show", "done", "note", "finding", "decide", "block", "edit"})


class LazyGroup(typer.core.TyperGroup):
    """A command group that knows its commands from the table and imports one only when it is typed."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names in the table's order."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command, or None for a name not in the table."""
        return load_command(cmd_name) if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command, and name the nearest one for a name that does not exist."""
        name = args[0] if args else ""
        if name not in COMMANDS and not name.startswith("-"):
            from conductor.cli.usage import unknown_command

            verb = next((verb for verb in (name, *SYNONYMS.get(name, ())) if verb in TASK_VERBS), None)
            hint = f" Did you mean task {verb}?" if verb else suggest(name, COMMANDS)
            raise unknown_command(ctx.command_path, args, list(COMMANDS), hint)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Print the table: one line a command, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_line) for name, (_, help_line) in COMMANDS.items()])


def load_command(name: str) -> Any:
    """Import the module of a command in the table and return the command."""
    module_name, _, attribute = COMMANDS[name][0].partition(":")
    return build_command(getattr(importlib.import_module(module_name), attribute), name)


def name_command(arguments: Sequence[str]) -> str:
    """Return the command that was typed, as its JSON names it: `task new`, `check`; empty where it is none."""
    from conductor.cli.usage import before_dashes

    words = [word for word in before_dashes(arguments) if not word.startswith("-")]
    if not words or words[0] not in COMMANDS:
        return ""
    command, names = load_command(words[0]), [words[0]]
    for word in words[1:]:
        command = command.get_command(None, word) if hasattr(command, "get_command") else None
        if command is None:
            break
        names.append(word)
    return " ".join(names)


def print_version(*, value: bool) -> None:
    """Print the version and stop."""
    if value:
        from conductor import __version__

        typer.echo(f"conductor {__version__}")
        raise typer.Exit


app = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def root(
    version: bool = typer.Option(False, "--version", callback=print_version, is_eager=True, help="Print the version."),
) -> None:
    """Keep coding agents honest: log their work, enforce the project's rules, ship the GPU worker with proof.

    A newcomer starts with `conductor rehearse`: a complete release against servers on this machine.
    """
