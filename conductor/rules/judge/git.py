"""How a git command line reads: global options, subcommand, its own options."""

from __future__ import annotations

from conductor.programs.options import Parsed, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.rules.judge.call import Call

GLOBAL_VALUED = frozenset({"-C", "-c", "--git-dir", "--work-tree", "--namespace", "--super-prefix", "--config-env",
                           "--attr-source"})  # fmt: skip
VALUED: dict[str, frozenset[str]] = {
    "commit": frozenset({"-m", "--message", "-F", "--file", "-C", "--reuse-message", "-c", "--reedit-message", "-t",
                         "--template", "--author", "--date", "--fixup", "--squash", "--cleanup", "--trailer",
                         "--pathspec-from-file"}),
    "push": frozenset({"-o", "--push-option", "--repo", "--receive-pack", "--exec"}),
    "merge": frozenset({"-m", "-s", "--strategy", "-X", "--strategy-option", "-F", "--file", "--into-name",
    "--cleanup"}),
    "rebase": frozenset({"-x", "--exec", "-s", "--strategy", "-X", "--strategy-option", "--onto", "-C",
    "--whitespace"}),
    "cherry-pick": frozenset({"-m", "--mainline", "-s", "-X", "--strategy", "--strategy-option", "--cleanup"}),
    "revert": frozenset({"-m", "--mainline", "-X", "--strategy", "--strategy-option", "--cleanup"}),
    "remote": frozenset({"-t", "-m"}),
    "config": frozenset({"-f", "--file", "--blob", "--type", "-t", "--default", "--comment", "--value"}),
    "checkout": frozenset({"-b", "-B", "--orphan", "--conflict", "--pathspec-from-file", "-U"}),
    "restore": frozenset({"-s", "--source", "--conflict", "--pathspec-from-file", "-U"}),
    "reset": frozenset({"--pathspec-from-file", "-U"}),
    "stash": frozenset({"-m", "--message"}),
    "clean": frozenset({"-e", "--exclude"}),
    "clone": frozenset({"-b", "--branch", "--depth", "-o", "--origin", "--reference", "-c", "--config", "-j", "--jobs",
                        "--filter", "--template", "--separate-git-dir", "-u", "--upload-pack", "--shallow-since"}),
    "reflog": frozenset({"--expire", "--expire-unreachable"}),
    "branch": frozenset({"-u", "--set-upstream-to", "--sort", "--format", "--contains", "--points-at"}),
    "update-ref": frozenset({"-m"}),
}  # fmt: skip
# Short options whose value, where there is one, is attached: `-uno`, `-SKEY`.
ATTACHED: dict[str, frozenset[str]] = {
    "commit": frozenset({"-u", "-S"}),
    "merge": frozenset({"-S"}),
    "rebase": frozenset({"-S"}),
    "cherry-pick": frozenset({"-S"}),
    "revert": frozenset({"-S"}),
    "am": frozenset({"-S", "-C", "-p"}),
    "commit-tree": frozenset({"-S"}),
    "status": frozenset({"-u", "-M"}),
}
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
        self.options = parse(args, VALUED.get(command, ()), optional=ATTACHED.get(command, ()))

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
        before = parse(call.args, GLOBAL_VALUED, stop=True)
        if before.has("--help", "-h", "--version", "--html-path", "--man-path", "--info-path"):
            return GitCall("", [], before, call)
        command = before.words[0] if before.words else ""
        return GitCall(command, before.rest, before, call)
    if call.name.startswith("git-") and call.name != "git-lfs":
        return GitCall(call.name[4:], call.args, Parsed(), call)
    return GitCall("lfs", call.args, Parsed(), call) if call.name == "git-lfs" else None
