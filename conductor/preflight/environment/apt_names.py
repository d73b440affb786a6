"""What apt does with a word that is asked for: a package, a pattern over all names, or nothing that it knows.

A name that no package has is a regular expression for apt-get where it holds one of `.?+*|[^$`; it is compared with
every name that is known, also those that are merely mentioned. Where all that match cannot be installed, apt-get ends
with 0 and has installed nothing. `apt` takes only `*` as a pattern, and what begins with `^` or ends with `$`. Source:
apt-pkg/cacheset.cc (PackageFromRegEx, PackageFromFnmatch), `APT::Cmd::Pattern-Only` in apt-private/private-cmndline.cc.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Environment

Found = Literal["package", "nothing", "others", "stops", "unknown"]
_REGULAR = frozenset(".?+*|[^$")
# Characters that stand in no package's name.
_NEVER_IN_NAMES = frozenset("?*|[^$")
# Its `apt` is older than 2.0 and takes names as apt-get does.
_OLD_APT = frozenset({"ubuntu18.04", "debian10"})


def is_pattern(name: str) -> bool:
    """Tell whether a word can be nothing but a pattern."""
    return bool(_NEVER_IN_NAMES & set(name))


def found_by(program: str, name: str, environment: Environment) -> Found:
    """Return what apt finds for a name.

    `package`: one of that name, or nobody looked it up; `nothing`: it ends with 0 and installs nothing; `others`:
    packages of other names; `stops`: it ends with an error; `unknown`: one of the last three.
    """
    if is_pattern(name):
        return "others"
    release = environment.os.value if environment.os is not None else None
    if release is None or is_foreign(environment) or not lacks(release, name):
        return "package"
    if name.startswith("python3.") and any("deadsnakes" in repository for repository in environment.repositories):
        return "package"
    if not _REGULAR & set(name) or (program == "apt" and release not in _OLD_APT):
        return "stops"
    return _patterns().get(release, {}).get(name, "unknown") if program == "apt-get" else "unknown"


def lacks(release: str, name: str) -> bool:
    """Tell whether somebody looked up that the release has no package of that name."""
    from conductor.knowledge import package_facts

    facts = package_facts(release, name)
    return facts is not None and not facts.available


def is_foreign(environment: Environment) -> bool:
    """Tell whether a repository was added whose content nobody listed."""
    return any(name != "nvidia" and "deadsnakes" not in name for name in environment.repositories)


def plain_name(package: str) -> str:
    """Return a package without its version, architecture or release (`libfoo:amd64=1.2/jammy`)."""
    name = re.split(r"[=/:]", package, maxsplit=1)[0]
    return name if name == "g++" or name.endswith("++") else name.rstrip("+-")


@functools.cache
def _patterns() -> dict[str, dict[str, Found]]:
    from conductor.knowledge import entries

    kinds: tuple[tuple[str, Found], ...] = (("nothing", "nothing"), ("installs", "others"), ("stops", "stops"))
    return {
        str(entry["name"]): {str(name): found for key, found in kinds for name in entry[key]}
        for entry in entries("apt-patterns")
    }
