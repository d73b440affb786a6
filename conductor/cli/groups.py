"""How the modules of commands make their Typer app, so that all commands behave alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import typer
import typer.core
import typer.main

# What people and agents type who know other tools -> what it is called here, where the group has it.
SYNONYMS: dict[str, tuple[str, ...]] = {
    word: meant
    for words, meant in (
        ("add create make append insert", ("new", "add", "write", "install")),
        ("complete completed finish finished close resolve fix", ("done", "resolve", "end")),
        ("update modify change set rename set-status", ("edit",)),
        ("status state", ("show", "list")),
        ("write record save", ("add", "new", "write")),
        ("ls all list-all lists index overview", ("list",)),
        ("view get cat print read describe info open", ("show",)),
        ("find grep query lookup", ("search",)),
        ("begin take claim pick resume work", ("start",)),
        ("rm remove delete cancel abandon discard", ("drop", "uninstall", "revoke")),
        ("comment remark log message", ("note", "add", "journal")),
        ("testing try review", ("test",)),
        ("archive shorten cleanup", ("compact",)),
        ("recover undelete undo", ("restore",)),
        ("decision decided", ("decide",)),
        ("ready todo", ("next", "list")),
    )
    for word in words.split()
}


def suggest(word: str, names: Iterable[str]) -> str:
    """Return ` Did you mean …?` with the names that the word is near to or another word for, or nothing."""
    import difflib

    word, known = word.casefold(), list(names)
    other = [word] if word in SYNONYMS else difflib.get_close_matches(word, SYNONYMS, n=1, cutoff=0.8)
    meant = [name for one in other for name in SYNONYMS[one] if name in known]
    begun = [name for name in known if len(word) > 2 and name.startswith(word)]
    near = difflib.get_close_matches(word, known, n=2)
    found = list(dict.fromkeys([*meant, *begun, *near]))[:2]
    return f" Did you mean {' or '.join(found)}?" if found else ""


class Group(typer.core.TyperGroup):
    """A group of commands that builds only the one that was typed, and names the nearest one for a typing error."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.waiting: dict[str, typer.models.CommandInfo] = {}

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names in the order in which the module registered them, groups last."""
        return [*self.waiting, *(name for name in self.commands if name not in self.waiting)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command, built when it is first asked for; None where there is none of that name."""
        if cmd_name in self.waiting and cmd_name not in self.commands:
            command = typer.main.get_command_from_info(
                self.waiting[cmd_name], pretty_exceptions_short=True, rich_markup_mode=None
            )
            self.commands[cmd_name] = prepared(command, cmd_name)
        return self.commands.get(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command; UsageProblem with the nearest names for one that does not exist."""
        name = args[0] if args else ""
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            from conductor.cli.usage import unknown_command

            names = self.list_commands(ctx)
            raise unknown_command(ctx.command_path, args, names, suggest(name, names))
        return super().resolve_command(ctx, args)


def command_app(**options: Any) -> typer.Typer:
    """Return an app with plain help and none of the options that install completion: those belong to `conductor`."""
    options.setdefault("cls", Group)
    return typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, **options)


def build_command(app: typer.Typer, name: str) -> Any:
    """Return the command or the group that a module's app holds; the commands of a group are built when asked for."""
    if len(app.registered_commands) == 1 and not app.registered_groups and not app.registered_callback:
        return prepared(typer.main.get_command(app), name)
    return _build_group(app, name)


def _build_group(app: typer.Typer, name: str) -> Any:
    empty = command_app()
    empty.info, empty.registered_callback = app.info, app.registered_callback
    group: Any = typer.main.get_group(empty)
    group.waiting = {_name_of(info): info for info in app.registered_commands}
    for below in app.registered_groups:
        if below.typer_instance is not None and below.name:
            group.commands[below.name] = _build_group(below.typer_instance, below.name)
    return prepared(group, name)


def _name_of(info: typer.models.CommandInfo) -> str:
    return info.name or typer.main.get_command_name(info.callback.__name__ if info.callback else "")


def prepared(command: Any, name: str) -> Any:
    """Return the command with a help that reads as words: names for values, whole first sentences."""
    command.name = name
    if command.short_help is None and command.help:
        command.short_help = " ".join(command.help.split("\n\n")[0].split())
    for param in command.params:
        if param.metavar is None and not getattr(param, "is_flag", False):
            param.metavar = name_value(param)
    return command


# What a value is called in help, by the name that click gives its type.
_VALUES = {"str": "TEXT", "int": "N", "int range": "N"}


def name_value(param: Any) -> str:
    """Return what help calls the value of an argument or option."""
    if param.param_type_name == "argument":
        return str(param.name).upper() + ("..." if param.nargs != 1 else "")
    choices = getattr(param.type, "choices", None)
    return "|".join(map(str, choices)) if choices else _VALUES.get(param.type.name, "VALUE")
