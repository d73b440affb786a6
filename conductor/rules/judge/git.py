"""How a git command line reads: global options, subcommand, its own options."""

from __future__ import annotations

from conductor.programs import known
from conductor.programs.options import Parsed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.rules.judge.call import Call

ALIASES = frozenset({"git", "hub"})


class GitCall:
    """A git call: `command` (the subcommand, '' where there is none), its arguments, and the `-c` settings.

    `folder` is where it runs, as `-C` says; `tree` the working tree, where `--work-tree` names one.
    """

    __slots__ = ("args", "command", "folder", "options", "settings", "tree")

    def __init__(self, command: str, args: list[str], before: Parsed, call: Call) -> None:
        self.command = command
        self.args = args
        self.settings = [setting.partition("=") for setting in before.values("-c")] + _settings_around(call)
        self.folder = _joined(before.values("-C"))
        self.tree = before.value("--work-tree")
        self.options = known("git").command([command]).parse(args)

    def wants_help(self) -> bool:
        """Tell whether the subcommand only prints its help."""
        return "--help" in self.args[:1] or "-h" in self.args[:1] or self.options.has("--help") or self.args == ["-h"]


def _settings_around(call: Call) -> list[tuple[str, str, str]]:
    """Return the settings that variables of the command give git: GIT_CONFIG_COUNT's pairs (git-config(1))."""
    text = call.place.text
    count = text("GIT_CONFIG_COUNT")
    pairs = range(min(int(count), 32) if count.isascii() and count.isdigit() else 0)
    return [(text(f"GIT_CONFIG_KEY_{number}"), "=", text(f"GIT_CONFIG_VALUE_{number}")) for number in pairs]


def _joined(folders: list[str]) -> str:
    """Return the folder that several `-C` lead to: each starts from the one before."""
    out = ""
    for folder in folders:
        out = folder if folder.startswith(("/", "~")) or not out else f"{out}/{folder}"
    return out


def read(call: Call) -> GitCall | None:
    """Return a call as git reads it, None for another program. `git-push` counts as `git push`."""
    if call.name in ALIASES:
        before = known("git").parse(call.args, stop=True)
        if before.has("--help", "-h", "--version", "--html-path", "--man-path", "--info-path"):
            return GitCall("", [], before, call)
        command = before.words[0] if before.words else ""
        return GitCall(command, before.rest, before, call)
    if call.name.startswith("git-") and call.name != "git-lfs":
        return GitCall(call.name[4:], call.args, Parsed(), call)
    return GitCall("lfs", call.args, Parsed(), call) if call.name == "git-lfs" else None
