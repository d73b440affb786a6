"""Words that a command must contain for any rule to matter: what the wrapper looks for before it starts Python.

A substring is enough, so the list is short and errs on the side of judging. Programs that a table of the judges knows
are taken from there. `tests/guard/test_wrapper.py` proves that no command the full guard would stop gets past it.
"""

from __future__ import annotations

from conductor.domain.rule import RULES
from conductor.guard.judge.relevant_names import SHELLS
from conductor.programs.index import STOPPED, WRAPPERS

# Programs and words that a rule is about, as substrings (`pip` finds pip3, pipx, pipenv and .venv/bin/pip).
# The wrapper looks at the command with a space before and behind it.
_LISTED = (
    "pip", "easy_install", "setup.py", "ensurepip", "conda", "mamba", " uv", "/uv", "poetry", "flit", "hatch", " pdm",
    " apt", "/apt", "aptitude", "dpkg", " dnf", " yum", " rpm", " apk", "pacman", "zypper", "brew", " port ",
    " snap ", "flatpak", " nix", "npm", "yarn", " gem ", "cargo", " go ", "pyenv", "rustup", "bin/", "docker",
    "podman", "nerdctl", "finch", "buildah", "buildx", "kaniko", "executor", " img ", "compose", "skopeo", "crane",
    " oras ", "commit", "push", "merge", "rebase", "cherry", "revert", " am ", "-am", "update-ref", "fast-import",
    "send-pack", "filter-", "octopus", "submodule", "bisect", "alias", "config", "remote", "subtree", " lfs", "svn",
    " jj",
    " hub ", " gh ", "checkout", "restore", "reset", "clean", "stash", "switch", " rm ", "read-tree", "worktree",
    " -c ", "replace", "runpod", "flash", "api.", "curl", "wget", "http", "TASKS", "JOURNAL", ".conductor", ".claude",
    ".codex", ".gemini", ".cursor", "hooks", " .git/", "/.git/", "no-verify", "conductor grant", "conductor trust",
    "conductor hooks", "conductor uninstall", "conductor check", "conductor  ", "chmod -", "chmod a-", "chmod u-",
    "chmod 0", "chattr", "CONDUCTOR", "unset", "XDG_", "PATH", "HOME", "eval", "xargs", "parallel", "watch", " env ",
    "sudo", "doas", " su ", " sg ", "ssh", " script ", "trap", "coproc", "exec", "nohup", "setsid", "timeout",
    " nice ", "stdbuf", " time ", "command", "builtin", "source", "chroot", "base64", "xxd", "gzip", "gunzip", "zcat",
    "openssl", "uudecode", " rev ", " tr ", "perl", "ruby", " node", "php", " lua", "awk", "osascript", "expect",
    "tclsh", "busybox", " make -", "python -", "python3 -", "python2", "pypy", "bash", "zsh", " dash", " ksh", "fish",
    "csh", " sh ", "/sh ", "tmux", "screen", "-delete", "-ok", "-fprint", " at ", " batch", "crontab", "systemd",
    "tee ", "truncate", "shred", " dd ", "_v", "-v", "_new", "_old", "_fixed", "_final", "_copy", "_backup", "_bak",
    "_orig", ".new", ".old", ".fixed", ".bak", ".orig", ".backup", ".copy", ".final", "-new", "-old", "-fixed",
    "-final", "-copy", "-backup", "-bak", "-orig", " copy", "in-place", "sed -i", "-i.", "rsync", "vim", " vi ",
    "emacs", " ed ", " ex ", " mv ", " cp ", " touch ", "mktemp", "install", " ln ",
    # What loses work.
    "branch -d", "branch --d", "branch -f", "branch --f", "branch -q", "-D", " -d -", " -f -d", "-df", "-fd", "reflog",
    "unlink", " srm ", "trash", " scp ", " sort ", "pandoc", "aria2c", "mkfs", "mke2fs", "newfs", "wipefs",
    "blkdiscard", "mkswap", "sgdisk", "cryptsetup", "chown", "chgrp", " -R ", "--recursive",
    # Where nobody writes: the host's programs and distributions, what Conductor keeps for its user.
    " /usr", " /opt", " /bin", " /sbin", " /lib", "C/usr", "C/opt", "usr/local", "../opt", "/bin ", "-packages",
    "state/conductor", "config/conductor", "conductor/grants", "conductor/trust", "faketime",
)  # fmt: skip
_NAMES = (f"{before}{name} " for name in STOPPED.split() for before in (" ", "/"))
_OF_RULES = tuple(word for rule in RULES for word in rule.words)
WORDS = (*_LISTED, *_OF_RULES, *(name for name in _NAMES if not any(word in name for word in _LISTED)))
# A command that begins with one of these, or with a path, may run a file of the project, whose text decides.
STARTERS = frozenset({
    *(".", "make", "gmake", "remake", "just", "bun", "deno", "tsx", "ts-node", "nodejs", "node", "npm-run-all"),
    *("run-s", "run-p", "concurrently", "cross-env", "cross-env-shell"),
    *( "coverage", "poetry", "pipenv", "hatch", "rye", "pixi", "virtualenv", "direnv"),
    *("nix-shell", "op"),
    *SHELLS,
    *WRAPPERS.split(),
})  # fmt: skip
# Characters that build words out of parts, hand text to another reader, or join commands: one plain command passes.
CHARACTERS = "'\"\\$`{}*?[]~()<>=!^#|&;\x00"


def has_trigger(text: str) -> bool:
    """Tell whether the text holds a trigger word; letters count in either case, and quotes inside a word don't help."""
    text = text.replace("'", "").replace('"', "").replace("\\", "")
    lowered = f" {text} ".lower()
    return any(word.lower() in lowered for word in WORDS)
