"""Words that a command must contain for any rule to matter: what the wrapper looks for before it starts Python.

A substring is enough, so the list is short and errs on the side of judging. `tests/guard/test_wrapper.py` proves that no
command the full guard would stop gets past it.
"""

from __future__ import annotations

# Programs and words that a rule is about, as substrings (`pip` finds pip3, pipx, pipenv and .venv/bin/pip).
WORDS = (
    *("pip", "easy_install", "setup.py", "ensurepip", "conda", "mamba", "uv ", "uvx", "poetry", "flit", "hatch", "pdm"),
    *("apt", "dpkg", "dnf", "yum", "rpm", "apk", "pacman", "zypper", "brew", "port ", "snap", "flatpak", "nix"),
    *("npm", "pnpm", "yarn", "gem ", "cargo", "go install", "go  ", "pyenv", "rustup", "nvm", "emerge", "pkg"),
    *("docker", "podman", "nerdctl", "buildah", "buildx", "kaniko", "executor", "img ", "compose", "skopeo", "crane", "oras"),
    *("commit", "push", "merge", "rebase", "cherry", "revert", " am", "update-ref", "fast-import", "send-pack", "dcommit"),
    *("filter-branch", "submodule", "bisect", "alias", "config", "remote", "subtree", "lfs", "svn", "jj", "hub"),
    *("gh pr", "gh repo", "gh workflow", "gh run", "gh secret", "gh variable", "gh release", "gh api", "gh "),
    *("checkout", "restore", "reset", "clean", "stash", "switch", "rm ", "read-tree", "worktree"),
    *("runpod", "flash", "api.github", "curl", "wget", "http"),
    *("TASKS", "JOURNAL", "tasks.md", "journal.md", ".md"),
    *(".conductor", ".claude", ".codex", ".gemini", ".cursor", "hooks", ".git/", ".git ", "no-verify", "conductor"),
    *("chmod", "chattr", "CONDUCTOR", "unset", "XDG_"),
    *("eval", "xargs", "parallel", "watch", "env", "sudo", "doas", "su ", "sg ", "ssh", "script", "trap", "coproc"),
    *("exec", "nohup", "setsid", "timeout", "nice", "stdbuf", "time ", "command ", "builtin", "source", "chroot"),
    *("base64", "xxd", "gzip", "gunzip", "zcat", "openssl", "uudecode", "rev", "tr "),
    *("perl", "ruby", "node", "php", "lua", "awk", "osascript", "expect", "tclsh", "busybox", "make -"),
    *("python -", "python3 -", "bash", "zsh", "dash", "ksh", "fish", "sh ", "sh;", "| sh", "|sh", "/sh", "tmux", "screen"),
    *("-delete", "-exec", "-ok", "-fprint", "at ", "batch", "crontab", "systemd", "tee", "truncate", "shred", "dd "),
    *("_v", "_new", "_old", "_fixed", "_final", "_copy", "_backup", "_bak", "_orig", ".new", ".old", ".fixed", ".bak"),
    *(".orig", ".backup", ".copy", ".final", "-new", "-old", "-fixed", "-final", "-copy", "-backup", "-bak", "-orig"),
    *(" copy", "in-place", "sed -i", "rsync", "vim", " vi", "emacs", " ed ", " ex "),
)
# Characters that build words out of parts, or that hand text to another reader.
CHARACTERS = "'\"\\$`{}*?[]~()<=!^#\x00"


def has_trigger(text: str) -> bool:
    """Tell whether the text holds a trigger word; letters count in either case."""
    lowered = text.lower()
    return any(word.lower() in lowered for word in WORDS)
