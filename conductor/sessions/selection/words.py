"""Words of a command: options and operands, and what programs like `env` and `uv run` start."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field

_ASSIGNED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")

_UV = (
    "--extra --group --no-group --only-group --with --with-requirements --with-editable -p --python --env-file "
    "--package --index --index-url --extra-index-url -f --find-links --cache-dir --config-file --config-setting "
    "chdir:--directory --project --color -P --upgrade-package --no-extra"
)
# Program (or program and subcommand) that starts another one -> its options that take the next word, and how many
# words stand before the command. `chdir:` marks options whose value is the folder it starts in.
WRAPPERS: dict[str, tuple[str, int]] = {
    "env": ("-u --unset -S chdir:-C chdir:--chdir", 0), "nohup": ("", 0), "setsid": ("", 0), "exec": ("-a", 0),
    "time": ("-f --format -o --output", 0), "command": ("", 0), "builtin": ("", 0), "chronic": ("", 0), "!": ("", 0),
    "nice": ("-n --adjustment", 0), "ionice": ("-c -n", 0), "stdbuf": ("-i -o -e", 0), "unbuffer": ("", 0),
    "timeout": ("-k --kill-after -s --signal", 1), "gtimeout": ("-k -s", 1), "sudo": ("-u -g -h -p -C chdir:-D", 0),
    "xvfb-run": ("-n -s -e -f -p -w --server-args --server-num", 0), "xargs": ("-n -I -P -L -d -a -E -s", 0),
    "strace": ("-e -o -p -s", 0), "taskset": ("", 1), "dbus-run-session": ("", 0), "caffeinate": ("-t -w", 0),
    "direnv exec": ("", 1), "doppler run": ("-p -c --project --config", 0), "op run": ("--env-file", 0),
    "dotenv": ("-f --file -e", 0), "dotenvx run": ("-f", 0), "dotenv run": ("-f --file", 0),
    "uv run": (_UV, 0),
    "uvx": ("--from --with -p --python", 0), "uv tool run": ("--from --with -p --python", 0),
    "pipx run": ("--spec --python", 0),
    "poetry run": ("chdir:-C chdir:--directory -P --project", 0), "pipenv run": ("", 0), "rye run": ("", 0),
    "conda run": ("-n --name -p --prefix chdir:--cwd", 0), "mamba run": ("-n -p --cwd", 0),
    "micromamba run": ("-n -p -r", 0), "pixi run": ("-e --environment --manifest-path", 0),
    "npx": ("-p --package -c", 0), "pnpx": ("", 0), "bunx": ("", 0), "pnpm exec": ("", 0), "pnpm dlx": ("", 0),
    "npm exec": ("-p --package -c", 0), "yarn exec": ("", 0), "yarn dlx": ("-p", 0), "bundle exec": ("", 0),
    "cross-env": ("", 0), "coverage run": ("--source --include --omit --rcfile --context --concurrency --data-file", 0),
    "nsys profile": ("-o -t", 0), "compute-sanitizer": ("--tool", 0),
    "accelerate launch": ("--config_file --num_processes", 0),
}  # fmt: skip
_TWO_WORDS = {name.split()[0] for name in WRAPPERS if " " in name}


@dataclass
class Options:
    """A command's options with their values (None where they have none), in order, and its other words."""

    given: list[tuple[str, str | None]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def has(self, *names: str) -> bool:
        """Tell whether one of the options was given."""
        return any(name in names for name, _ in self.given)

    def value(self, *names: str) -> str | None:
        """Return the last value of these options."""
        return next((value for name, value in reversed(self.given) if name in names and value is not None), None)

    def values(self, *names: str) -> list[str]:
        """Return the values of these options, in order."""
        return [value for name, value in self.given if name in names and value is not None]


def split_options(args: list[str], valued: frozenset[str], *, stop: bool = False) -> Options:
    """Split a command's words; `valued` options take what is attached, or the next word.

    With `stop`, everything from the first operand on is an operand: a command of its own.
    """
    found = Options()
    place = 0
    while place < len(args):
        word = args[place]
        place += 1
        if word == "--" or (stop and not word.startswith("-")) or (stop and word == "-"):
            found.words += args[place if word == "--" else place - 1 :]
            break
        if not word.startswith("-") or word == "-":
            found.words.append(word)
            continue
        name, equals, value = word.partition("=")
        if not word.startswith("--") and word[:2] in valued and len(word) > 2:
            name, equals, value = word[:2], "=", word[2:].removeprefix("=")
        if name in valued and not equals and place < len(args):
            value, equals = args[place], "="
            place += 1
        found.given.append((name, value if equals else None))
    return found


def program_of(word: str) -> str:
    """Return a program's plain name: `.venv/bin/python3.11` is python3.11."""
    return posixpath.basename(word).removesuffix(".exe")


def is_assignment(word: str) -> bool:
    """Tell whether the word is `NAME=value`, as env and make take it."""
    return _ASSIGNED.match(word) is not None


def unwrap(argv: list[str]) -> tuple[list[str], str | None] | None:
    """Return what a wrapper starts and the folder it starts it in (None: this one); None for what is no wrapper."""
    name = program_of(argv[0])
    key, rest = name, argv[1:]
    if name in _TWO_WORDS:
        depth = next((n for n in (2, 1) if " ".join([name, *rest[:n]]) in WRAPPERS), 0)
        key, rest = " ".join([name, *rest[:depth]]), rest[depth:]
    if key not in WRAPPERS:
        return None
    options, skipped = WRAPPERS[key]
    folders = frozenset(one.removeprefix("chdir:") for one in options.split() if one.startswith("chdir:"))
    valued = frozenset(one.removeprefix("chdir:") for one in options.split())
    if key in {"uv run", "coverage run"} and (module := _module(rest, valued)):
        return ["python", "-m", *module], None
    found = split_options(rest, valued, stop=True)
    words = found.words[skipped:]
    while words and is_assignment(words[0]):
        words = words[1:]
    if words and words[0] == "--":
        words = words[1:]
    if key in {"uv run", "coverage run"} and words and words[0].endswith(".py"):
        words = ["python", *words]
    return words, found.value(*folders) if folders else None


def _module(rest: list[str], valued: frozenset[str]) -> list[str] | None:
    """Return what follows `-m` where it stands among the wrapper's own options."""
    found = split_options(rest, valued | {"-m", "--module"}, stop=True)
    module = found.value("-m", "--module")
    return [module, *found.words] if module else None
