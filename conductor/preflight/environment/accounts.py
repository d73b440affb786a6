"""The users and groups of an image: those of its base, and what useradd, adduser and their kin make of them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from conductor.preflight.environment.owners import Accounts
from conductor.programs.options import parse
from conductor.shell.expand import UNKNOWN

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command, Environment
    from conductor.programs.options import Parsed

_VALUED = {
    "useradd": "-b --base-dir -c --comment -d --home-dir -e --expiredate -f --inactive -g --gid -G --groups -k --skel"
    " -K --key -p --password -s --shell -u --uid -Z --selinux-user -R --root -P --prefix",
    "groupadd": "-g --gid -K --key -p --password -R --root -P --prefix -U --users",
    "usermod": "-c --comment -d --home -e --expiredate -f --inactive -g --gid -G --groups -l --login -p --password"
    " -s --shell -u --uid -v --add-subuids -w --add-subgids -Z --selinux-user -R --root -P --prefix",
    "adduser": "--home --shell --uid --gid --ingroup --gecos --comment --firstuid --lastuid --firstgid --lastgid"
    " --conf --add_extra_groups",
}
_VALUED["addgroup"] = _VALUED["adduser"]
MAKERS = frozenset({"useradd", "groupadd", "adduser", "addgroup"})
PROGRAMS = MAKERS | {"usermod", "groupmod", "userdel", "groupdel", "deluser", "delgroup", "newusers", "vipw", "vigr"}


def base_accounts(release: str | None) -> Accounts | None:
    """Return what the base images of a release hold, None for a release nobody looked up."""
    if release is None or not release.startswith(("debian", "ubuntu")):
        return None
    from conductor.knowledge import entries

    found = Accounts()
    for entry in entries("accounts"):
        if entry["name"] in {"debian", release}:
            found.users.update(entry["users"])
            found.groups.update(entry["groups"])
    return found


@functools.cache
def _made_by_packages() -> frozenset[str]:
    from conductor.knowledge import entries

    return frozenset(name for entry in entries("accounts") for name in entry.get("made", ()))


def lacks_user(environment: Environment, name: str) -> bool:
    """Tell whether there is certainly no user of that name."""
    accounts = environment.accounts
    return accounts is not None and name not in accounts.users and _knows_all(environment, name)


def lacks_group(environment: Environment, name: str) -> bool:
    """Tell whether there is certainly no group of that name."""
    accounts = environment.accounts
    return accounts is not None and name not in accounts.groups and _knows_all(environment, name)


def _knows_all(environment: Environment, name: str) -> bool:
    """Tell whether nothing unread can have made an account of that name: packages bring accounts of their own."""
    accounts, files = environment.accounts, environment.files
    if accounts is None or not accounts.complete or environment.opaque or not name or name.isdigit():
        return False
    if files is not None and any(files.find(file).state in {"context", "there"} for file in _FILES):
        return False
    installed = environment.apt_packages
    return not installed or not (name in _made_by_packages() or any(name in p or p in name for p in installed))


_FILES = ("/etc/passwd", "/etc/group")


def missing(environment: Environment, owner: str) -> str | None:
    """Return what of `USER[:GROUP]` certainly does not exist, as a sentence's subject, or None."""
    user, _, group = owner.replace(".", ":", 1).partition(":") if ":" not in owner else owner.partition(":")
    if user and lacks_user(environment, user):
        return f"user {user}"
    return f"group {group}" if group and lacks_group(environment, group) else None


def read_account_command(command: Command) -> Parsed | None:
    """Return the options and words of a useradd, groupadd, adduser, addgroup or usermod, None for another command."""
    valued = _VALUED.get(command.name)
    if valued is None:
        return None
    return parse([UNKNOWN if text is None else text for text in command.arguments], set(valued.split()))


def apply_accounts(command: Command, environment: Environment) -> bool:
    """Change the accounts as the command would; false for a command that has nothing to do with them."""
    accounts, name = environment.accounts, command.name
    if name not in PROGRAMS:
        return False
    parsed = read_account_command(command)
    if accounts is None:
        return True
    if name in {"userdel", "deluser", "groupdel", "delgroup"}:
        for text in command.arguments:
            (accounts.users if name in {"userdel", "deluser"} else accounts.groups).pop(text or "", None)
        accounts.complete = accounts.complete and None not in command.arguments
    elif parsed is None or UNKNOWN in "".join(parsed.words) or (name == "usermod" and parsed.has("-l", "--login")):
        accounts.complete = False
    elif name == "usermod":
        accounts.unmade.pop(parsed.words[-1] if parsed.words else "", None)
    elif name in MAKERS and parsed.words:
        _make(name, parsed, accounts)
    return True


def _make(program: str, parsed: Parsed, accounts: Accounts) -> None:
    name = parsed.words[-1]
    if program in {"groupadd", "addgroup"} or (
        program == "adduser" and parsed.has("--group") and len(parsed.words) == 1
    ):
        if len(parsed.words) == 1:
            accounts.groups[name] = _number(parsed.value("-g", "--gid"))
        if not (program == "adduser" and parsed.has("--system")):
            return
    if program == "adduser" and len(parsed.words) > 1 and not parsed.has("-S", "-D", "-G", "-H"):
        return  # adduser USER GROUP; with Alpine's options the last word is the user
    accounts.users[name] = _number(parsed.value("-u", "--uid"))
    own = not parsed.has("-g", "--gid", "-N", "--no-user-group", "--ingroup") and not (
        program == "adduser" and parsed.has("--system")
    )
    if own:
        accounts.groups.setdefault(name, None)
    _make_home(program, name, parsed, accounts)


def _make_home(program: str, name: str, parsed: Parsed, accounts: Accounts) -> None:
    """Note the home of a new user: made, or only written down."""
    home = parsed.value("-d", "--home-dir", "--home") or f"/home/{name}"
    makes = (
        parsed.has("-m", "--create-home") if program == "useradd" else not parsed.has("--no-create-home", "--system")
    )
    if makes and UNKNOWN not in home:
        accounts.homes[name] = home
    elif program == "useradd" and UNKNOWN not in home:
        accounts.unmade[name] = home
    elif parsed.has("--system") and not parsed.has("--home"):
        accounts.unmade[name] = "/nonexistent"


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() and len(text) < 10 else None
