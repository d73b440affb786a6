"""How the modules of commands make their Typer app, so that all commands behave alike."""

from __future__ import annotations

from typing import Any

import typer


def command_app(**options: Any) -> typer.Typer:
    """Return an app with plain help and none of the options that install completion: those belong to `conductor`."""
    return typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, **options)
