"""Where the user of this moment keeps what is his own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Environment


# What /etc/passwd of Debian and Ubuntu says; neither folder is there.
_OF_DEBIAN = {"nobody": "/nonexistent", "www-data": "/var/www"}


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


def home_at_start(environment: Environment) -> str | None:
    """Return what HOME is where a container starts: `/` for a user without an entry; None where nobody knows."""
    user = environment.user.value.partition(":")[0] if environment.user else "root"
    if "HOME" in environment.variables:
        return environment.variables["HOME"]
    if user in {"root", "0"}:
        return "/root"
    accounts = environment.accounts
    if accounts is None or not accounts.complete or environment.opaque:
        return None
    if user.isdigit():
        name = next((each for each, number in accounts.users.items() if number == int(user)), None)
        if name is None:
            return None if None in accounts.users.values() else "/"
        user = name
    return accounts.homes.get(user) or accounts.unmade.get(user) or _OF_DEBIAN.get(user)
