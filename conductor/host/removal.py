"""The command that takes something off the machine again. It is shown, never run."""

from __future__ import annotations

import shlex

from conductor.host.model import Distribution, Interpreter, Inventory, Tool

# More names than these make a command that nobody reads.
_FEW = 8


def remove_distributions(inventory: Inventory, members: list[Distribution]) -> str:
    """Return the command that removes these distributions, all of one folder and one installer."""
    few = len(members) <= _FEW
    names = " ".join(shlex.quote(one.name) for one in members) if few else "NAME (for each that is not wanted)"
    interpreter = find_interpreter(inventory, members[0].site)
    if interpreter is None:
        return f"remove {members[0].site} (no interpreter of this machine uses it)"
    path = shlex.quote(interpreter.path)
    installer = members[0].installer or ""
    if installer == "uv":
        return f"uv pip uninstall --python {path} {names}"
    if installer == "conda":
        return f"conda remove --prefix {shlex.quote(interpreter.prefix)} {names}"
    managed = " --break-system-packages" if interpreter.managed else ""
    return f"{path} -m pip uninstall --yes{managed} {names}"


def find_interpreter(inventory: Inventory, site: str) -> Interpreter | None:
    """Return the interpreter that a folder of packages belongs to: its own before one that shares it."""
    users = [one for one in inventory.interpreters if site in one.sites]
    own = [one for one in users if site.startswith(f"{one.prefix}/lib")]
    return next(iter(own or users), None)


def remove_tool(tool: Tool) -> str:
    """Return the command that removes a tool."""
    name = shlex.quote(tool.name)
    return {
        "pipx": f"pipx uninstall {name}",
        "uv": f"uv tool uninstall {name}",
        "npm": f"npm uninstall --global {name}",
    }[tool.manager]
