"""The one edge where errors become messages and exit codes."""

from __future__ import annotations

import contextlib
import gc
import io
import os
import sys
from collections.abc import Iterator
from typing import NoReturn

from conductor.errors import ConductorError, ConfigurationProblem, ExitCode, UsageProblem


def main() -> NoReturn:
    """Run the command line and leave with the exit code of the house."""
    # Most commands make many objects and end before any is garbage: collecting is a tenth of their time.
    gc.set_threshold(50_000, 20, 20)
    prepare_streams()
    try:
        run()
        code = ExitCode.OK
    except ConductorError as error:
        code = error.exit_code
        with nobody_listening():
            report(error)
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
        print("interrupted", file=sys.stderr)
    except BrokenPipeError:
        code = ExitCode.OK
        close_output()
    except Exception:  # noqa: BLE001 - the edge: whatever is left is a bug, and says so
        code = ExitCode.BUG
        report_bug()
    leave(code)


def run() -> None:
    """Run the command that was typed; a missing shell parser is said as what it is, an incomplete installation."""
    from conductor.cli.swift import find_command

    try:
        command = find_command(sys.argv[1:])
        if command is not None:
            command()
            return
        from conductor.cli.app import app

        app()
    except Exception as error:
        if (incomplete := incomplete_installation(error)) is not None:
            raise incomplete from error
        raise


@contextlib.contextmanager
def nobody_listening() -> Iterator[None]:
    """Keep the exit code where the reader of our output went away (`conductor release --json | head`)."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        close_output()


def close_output() -> None:
    """Point standard output at nothing: there is nobody left to tell."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def prepare_streams() -> None:
    """Let any text be printed: what the terminal's encoding lacks, and names that are no text, become escapes.

    The same escapes are valid inside JSON's strings.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def report(error: ConductorError) -> None:
    """Print the error (to standard error; as JSON to standard output where --json was asked for)."""
    from conductor.cli.output import error_as_json, render_error

    problems = error.problems if isinstance(error, ConfigurationProblem) else [error]
    if "--json" in sys.argv[1:]:
        print(error_as_json(sys.argv[1:], problems, error.exit_code))
    for problem in problems:
        print(render_error(problem), file=sys.stderr)


def incomplete_installation(error: Exception) -> ConductorError | None:
    """Return the problem to report where the shell parser, a package Conductor depends on, is not there."""
    from conductor.shell import ParserMissing

    if not isinstance(error, ParserMissing):
        return None
    return UsageProblem(str(error), hint=f"{sys.executable} -m pip install shfmt-py")


def report_bug() -> None:
    """Print what a bug report needs: the traceback without secrets."""
    import traceback

    from conductor.domain.secret import redact

    print(redact(traceback.format_exc()), file=sys.stderr)
    print("This is a bug in Conductor, not in your project. Nothing after this point was done.", file=sys.stderr)


def leave(code: int) -> NoReturn:
    """Flush and exit."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        pass
    raise SystemExit(int(code))
