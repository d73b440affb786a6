"""useradd or adduser refuses what it is asked for.

## What it does
Compares what useradd, groupadd, adduser, addgroup and usermod are asked for with the users and groups that the base
and the commands before bring: a name or a number that is taken, a group that does not exist, options of Alpine's
adduser on Debian or Ubuntu.

## Why is this bad?
They end with exit code 9, 6, 4 or 1, and with them the build. `users`, `staff` and `games` are groups of every Debian,
and ubuntu:24.04 has a user with the number 1000.

## Example
```dockerfile
FROM python:3.11-slim
RUN groupadd -r users && useradd -r -g users runner
USER runner
```

## Output
```text
Dockerfile:2:5: error[PF-USER-011] the group users exists already, so groupadd ends with 9
    2 | RUN groupadd -r users && useradd -r -g users runner
      |     python:3.11-slim (Dockerfile:1)
  remedy: take another name, or leave groupadd out
  docs: docs/checks/account-command.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
RUN useradd -r -g users runner
USER runner
```

## Source
useradd(8), groupadd(8): exit values; adduser(8) of Debian; tried on debian:bookworm-slim
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.environment.accounts import lacks_group, lacks_user, read_account_command
from conductor.preflight.questions import runs
from conductor.shell.expand import UNKNOWN

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command
    from conductor.preflight.subject import Subject
    from conductor.programs.options import Parsed

META = Meta(
    id="account-command",
    code="PF-USER-011",
    title="useradd or adduser refuses what it is asked for",
    severity=Severity.ERROR,
    remedy="take another name or number, or leave the command out where the account is there already",
)

# What Alpine's adduser and addgroup call otherwise; Debian's take a single letter for the beginning of a long option.
_ALPINE = {
    "-S": "--system",
    "-D": "--disabled-password --gecos ''",
    "-G": "--ingroup",
    "-H": "--no-create-home",
    "-s": "--shell",
    "-g": "--gecos",
}
_AMBIGUOUS = frozenset({"-S", "-D", "-G", "-s", "-g"})


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each command that fails."""
    for command in subject.commands:
        parsed = read_account_command(command)
        if parsed is None or not runs(command) or UNKNOWN in "".join(command_texts(command)):
            continue
        problem = _alpine(command) or _problem(command, parsed)
        if problem:
            said, remedy = problem
            release = command.before.os.origin if command.before.os else None
            yield META.finding(subject, said, command.location, release, remedy=remedy)


def command_texts(command: Command) -> list[str]:
    """Return the arguments, with a mark for one that is not known."""
    return [UNKNOWN if text is None else text for text in command.arguments]


def _alpine(command: Command) -> tuple[str, str | None] | None:
    release = command.before.os
    if command.name not in {"adduser", "addgroup"} or release is None:
        return None
    if not release.sure or not release.value.startswith(("debian", "ubuntu")):
        return None
    given = [text for text in command.arguments if text in _AMBIGUOUS]
    if not given:
        return None
    instead = f"{command.name} " + " ".join(_ALPINE.get(text or "", text or "") for text in command.arguments)
    return f"{given[0]} is an option of Alpine's {command.name}, and {release.value}'s refuses it", f"write {instead}"


def _problem(command: Command, parsed: Parsed) -> tuple[str, str | None] | None:
    name = parsed.words[-1] if parsed.words else ""
    if command.name == "groupadd" and name:
        return _group(command, parsed, name)
    if command.name == "useradd" and name:
        return _user(command, parsed, name) or _groups_of(command, parsed)
    if command.name == "usermod" and name:
        if lacks_user(command.before, name):
            return f"there is no user {name} to change", None
        return _groups_of(command, parsed)
    if command.name == "adduser" and len(parsed.words) == 2 and lacks_group(command.before, name):
        return f"there is no group {name}", f"put addgroup {name} before it"
    return None


def _group(command: Command, parsed: Parsed, name: str) -> tuple[str, str | None] | None:
    accounts = command.before.accounts
    if accounts is None or parsed.has("-f", "--force"):
        return None
    if name in accounts.groups:
        return f"the group {name} exists already, so groupadd ends with 9", "take another name, or leave groupadd out"
    number = parsed.value("-g", "--gid") or ""
    owner = _holder(accounts.groups, number)
    if owner and not parsed.has("-o", "--non-unique"):
        return f"the group number {number} is {owner}'s, so groupadd ends with 4", None
    return None


def _user(command: Command, parsed: Parsed, name: str) -> tuple[str, str | None] | None:
    accounts = command.before.accounts
    if accounts is None or parsed.has("-D", "--defaults"):
        return None
    if name in accounts.users:
        return f"the user {name} exists already, so useradd ends with 9", "take another name, or leave useradd out"
    own = not parsed.has("-g", "--gid", "-N", "--no-user-group")
    if own and name in accounts.groups:
        return f"the group {name} exists already, so useradd ends with 9", f"say useradd -g {name} … {name}"
    number = parsed.value("-u", "--uid") or ""
    owner = _holder(accounts.users, number)
    if owner and not parsed.has("-o", "--non-unique"):
        remedy = f"take another number, or put userdel -r {owner} before it" if owner == "ubuntu" else None
        return f"the user number {number} is {owner}'s, so useradd ends with 4", remedy
    return None


def _groups_of(command: Command, parsed: Parsed) -> tuple[str, str | None] | None:
    asked = [*parsed.values("-g", "--gid"), *",".join(parsed.values("-G", "--groups")).split(",")]
    absent = next((group for group in asked if group and lacks_group(command.before, group)), None)
    return (
        (f"there is no group {absent}, so {command.name} ends with 6", f"put groupadd {absent} before it")
        if absent
        else None
    )


def _holder(numbers: dict[str, int | None], number: str) -> str | None:
    return next((name for name, taken in numbers.items() if number.isdigit() and taken == int(number)), None)
