"""`conductor preflight`: say before the push that the image will fail, and what would work."""

from __future__ import annotations

import typer

from conductor.cli import preflight_wheels

app = typer.Typer(
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Say before the push that the image will fail, and what would work.",
)
app.command("wheel")(preflight_wheels.wheel)
app.command("wheels")(preflight_wheels.wheels)
