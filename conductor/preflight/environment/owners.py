"""Who is in an image, and whose its files are: the values; `accounts` and `permissions` change and ask them."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field, replace

from conductor.preflight.environment.files import SYSTEM_FOLDERS

ROOT = "root"
# Folders of the base below which nobody but root may.
_CLOSED = frozenset(SYSTEM_FOLDERS) - {"/tmp", "/home", "/dev", "/root"}  # noqa: S108


@dataclass(slots=True)
class Accounts:
    """Users and groups by name, with their number where it is known.

    `complete` is false where there may be others; `homes` has the folders that were made for users, and `unmade` those
    that their entries name and nobody made.
    """

    users: dict[str, int | None] = field(default_factory=dict)
    groups: dict[str, int | None] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    unmade: dict[str, str] = field(default_factory=dict)
    complete: bool = True

    def copy(self) -> Accounts:
        """Return accounts that can change without changing these."""
        return replace(
            self,
            users=dict(self.users),
            groups=dict(self.groups),
            homes=dict(self.homes),
            unmade=dict(self.unmade),
        )


@dataclass(frozen=True, slots=True)
class Owned:
    """From here on `path` (and what is below it, where `deep`) is `who`'s; None where that is not known."""

    path: str
    who: str | None
    deep: bool


@dataclass(slots=True)
class Owners:
    """What was said about owners, in order; the last word on a path counts."""

    said: list[Owned] = field(default_factory=list)

    def copy(self) -> Owners:
        """Return owners that can change without changing these."""
        return Owners(list(self.said))

    def note(self, path: str, who: str | None, *, deep: bool = False) -> None:
        """Take note of whose a path is from here on."""
        self.said.append(Owned(posixpath.normpath(path), who, deep))

    def of(self, path: str) -> str | None:
        """Return whose a path is: a name, or None where nobody can say."""
        for owned in reversed(self.said):
            if path == owned.path or (owned.deep and path.startswith(owned.path.rstrip("/") + "/")):
                return owned.who
        if path in {"/", *_CLOSED} or any(
            path.startswith(f"{folder}/") for folder in ("/usr", "/etc", "/bin", "/sbin")
        ):
            return ROOT
        return None
