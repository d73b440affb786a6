"""Where the user of this moment keeps what is his own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Environment


def home_of(environment: Environment) -> str:
    """Return the home of the user that commands run as."""
    user = environment.user.value.partition(":")[0] if environment.user else "root"
    given = environment.variables.get("HOME")
    if given:
        return given
    if user in {"root", "0"}:
        return "/root"
    return (environment.accounts.homes.get(user) if environment.accounts else None) or f"/home/{user}"


def user_site(environment: Environment) -> str:
    """Return the folder into which `pip install --user` installs."""
    return f"{home_of(environment)}/.local"
