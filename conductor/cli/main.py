"""The one edge where errors become messages and exit codes."""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn

from conductor.cli.streams import lost_output, open_streams
from conductor.cli.usage import BareGroup, is_for_programs, is_json_wanted, usage_problem
from conductor.domain.held import hold_environment
from conductor.errors import ConductorError, ExitCode, NotReady, Problems

# Their meaning stands in what was printed: without it, they say nothing.
_ANSWERS = frozenset({ExitCode.OK, ExitCode.FINDINGS, ExitCode.NOTHING})


def main() -> NoReturn:
    """Run the command line and leave with the exit code of the house."""
    # Most commands make many objects and end before any is garbage: collecting is a tenth of their time.
    gc.set_threshold(50_000, 20, 20)
    arguments = sys.argv[1:]
    hold_environment(os.environ)
    open_streams(folded=not is_for_programs(arguments))
    try:
        code = run()
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the edge: whatever is no error of the house is a bug, and says so
        problem = translate(error)
        code = problem.exit_code if problem is not None else ExitCode.BUG
        if problem is not None:
            report(problem, arguments)
        else:
            report_bug()
    if code == ExitCode.INTERRUPTED:
        print("interrupted", file=sys.stderr)
    # All that is left ends with the process: to look through it for garbage is a tenth of a short command, too.
    gc.freeze()
    raise SystemExit(finish(int(code)))


def run() -> int:
    """Run the command that was typed and return its exit code."""
    from conductor.cli.swift import find_command

    command = find_command(sys.argv[1:])
    if command is not None:
        command()
        return ExitCode.OK
    from conductor.cli.app import app

    try:
        return app(standalone_mode=False, prog_name="conductor") or ExitCode.OK
    except SystemExit as leaving:  # completion of the shell
        return leaving.code if isinstance(leaving.code, int) else ExitCode.OK


def translate(error: Exception) -> ConductorError | None:
    """Return the error as one of the house: what was typed, what the system refused, what is not installed; or None."""
    if isinstance(error, ConductorError):
        return error
    if isinstance(error, OSError):
        return refused_by_system(error)
    return usage_problem(error, _name_command) or incomplete_installation(error)


def _name_command() -> str:
    from conductor.cli.app import name_command

    return name_command(sys.argv[1:])


def refused_by_system(error: OSError) -> ConductorError | None:
    """Return the problem where the file system or the machine said no; None for what only a bug of ours asks for."""
    from pathlib import Path

    from conductor.config.places import refused
    from conductor.domain.refusal import explain_refusal

    if explain_refusal(error) is None:
        return None
    name = error.filename2 or error.filename
    place = Path(name if isinstance(name, str) else "standard input")
    # A file of the program's own that is missing is the program's fault.
    return None if Path(__file__).parent.parent in place.parents else refused(error, place)


def report(error: ConductorError, arguments: list[str]) -> None:
    """Print the error (to standard error; as JSON to standard output where JSON was asked for)."""
    from conductor.cli.output import error_as_json, render_error

    problems = error.problems if isinstance(error, Problems) else [error]
    if is_json_wanted(arguments):
        print(error_as_json(_name_command(), problems, error.exit_code))
    elif isinstance(error, BareGroup):
        print(error.help, file=sys.stderr)
        return
    for problem in problems:
        print(render_error(problem), file=sys.stderr)
    if isinstance(error, NotReady):
        for note in error.notes:
            print(render_error(note, level="note"), file=sys.stderr)
        print(f"Nothing was begun: {len(problems)} things are missing.", file=sys.stderr)


def incomplete_installation(error: Exception) -> ConductorError | None:
    """Return the problem to report where a part of the installation is gone, or hidden by somebody else's."""
    from conductor.config.missing import hidden_package, missing_part
    from conductor.shell import ParserMissing

    if isinstance(error, ParserMissing):
        return missing_part("shfmt-py", str(error))
    return hidden_package(error) if isinstance(error, ImportError) else None


def report_bug() -> None:
    """Print what a bug report needs: the traceback without secrets."""
    import traceback

    from conductor.domain.secret import redact

    print(redact(traceback.format_exc()), file=sys.stderr)
    print("This is a bug in Conductor, not in your project. Nothing after this point was done.", file=sys.stderr)


def finish(code: int) -> int:
    """Flush what was printed and return the exit code: 2 in place of an answer that could not be given.

    A reader that went away (`conductor release --json | head`) had what it wanted: the code stays.
    """
    lost = lost_output()
    if lost is None or isinstance(lost, BrokenPipeError):
        return code
    from conductor.domain.refusal import explain_refusal

    reason, hint = explain_refusal(lost) or (str(lost), "give standard output another place")
    print(f"error: the answer could not be written to standard output: {reason}", file=sys.stderr)
    print(f"  remedy: {hint}; what the command did is done, look before you run it again", file=sys.stderr)
    return int(ExitCode.USAGE) if code in _ANSWERS else code
