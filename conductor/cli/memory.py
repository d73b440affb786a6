"""`conductor memory`: what is worth knowing next time."""

from __future__ import annotations

import typer

from conductor.cli.groups import command_app
from conductor.cli.output import as_json
from conductor.cli.record_commands import open_records, read_words, say
from conductor.domain.text import strip_controls
from conductor.errors import ExitCode

app = command_app(
    no_args_is_help=True,
    help='Keep memories, one file each.\n\nExample: conductor memory write base-image "it has Python 3.11"',
)
JSON = typer.Option(False, "--json", help="Answer as JSON.")


def complete_names(incomplete: str) -> list[str]:
    """Return the names that begin like the word at the cursor."""
    from conductor.errors import ConductorError
    from conductor.records.memories import list_memories

    try:
        return [memory.name for memory in list_memories(open_records()) if memory.name.startswith(incomplete)]
    except ConductorError:
        return []


@app.command("write")
def write(
    name: str = typer.Argument(..., help="The memory's name, without .md."),
    text: list[str] = typer.Argument(..., help="What is worth knowing; - reads standard input."),
    append: bool = typer.Option(False, "--append", help="Add to a memory that exists."),
    json_output: bool = JSON,
) -> None:
    """Write a memory into the first folder that CONDUCTOR.md names (default .serena/memories).

    Example: conductor memory write base-image "pytorch/pytorch:2.7.1-cuda12.6 has Python 3.11"
    """
    from conductor.records.memories import write_memory

    memory = write_memory(open_records(), name, read_words(" ".join(text)), append=append)
    if json_output:
        print(
            as_json(
                "memory write",
                ExitCode.OK,
                memory={"name": memory.name, "path": memory.path, "size_bytes": memory.size_bytes},
            )
        )
    else:
        print(memory.path)


@app.command("list")
def list_all(json_output: bool = JSON) -> None:
    """List the memories of every configured folder.

    Example: conductor memory list
    """
    from conductor.records.memories import list_memories

    memories = list_memories(open_records())
    if json_output:
        rows = [{"name": one.name, "path": one.path, "size_bytes": one.size_bytes} for one in memories]
        print(as_json("memory list", ExitCode.OK, memories=rows))
        return
    for memory in memories:
        print(f"{memory.name}  {memory.size_bytes} bytes")
    say(f"{len(memories)} {'memory' if len(memories) == 1 else 'memories'}")


@app.command("show")
def show(
    name: str = typer.Argument(..., help="The memory's name.", autocompletion=complete_names), json_output: bool = JSON
) -> None:
    """Print a memory.

    Example: conductor memory show base-image
    """
    from conductor.records.memories import read_memory

    memory, text = read_memory(open_records(), name)
    if json_output:
        print(as_json("memory show", ExitCode.OK, memory={"name": memory.name, "path": memory.path, "text": text}))
    else:
        print(strip_controls(text).rstrip())
