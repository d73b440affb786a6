"""What a command does to the environment: one small function per program, a table, and care for what is not known."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from conductor.preflight.environment import apt, python_effects
from conductor.preflight.environment.accounts import apply_accounts
from conductor.preflight.environment.files import Placed
from conductor.preflight.environment.paths import absolute, operands
from conductor.preflight.environment.permissions import apply_permissions, note_new, opens
from conductor.programs import known
from conductor.programs.fetching import fetched
from conductor.shell.expand import UNKNOWN

if TYPE_CHECKING:
    from conductor.preflight.environment.files import Found, ImageFiles
    from conductor.preflight.environment.model import Command, Environment, Interpreter
    from conductor.preflight.environment.origin import Origin

Effect = Callable[["Command", "Environment"], None]

# Programs that read or print, or change nothing that a check asks about.
_HARMLESS = frozenset(
    """
    echo printf true false : test [ [[ cat ls pwd sleep date env printenv which type command grep egrep fgrep head
    tail sort uniq wc cut tr awk find du df free ps id whoami uname nvidia-smi nvcc ldconfig locale-gen
    dpkg-reconfigure set unset export ulimit umask trap exit return wait kill pkill hash alias shopt shift local
    declare readonly read let sync passwd chown chgrp apt-key
    update-ca-certificates git-lfs gpg tee xargs apt-cache apt-mark debconf-set-selections dpkg-query
    dpkg-architecture sed basename dirname realpath readlink stat ffmpeg ffprobe jq bc diff cmp md5sum sha256sum
    sha1sum tput clear stty hostname nproc seq expr timeout nice nohup apt-config dos2unix rmdir ssh-keygen sysctl
    mount lsb_release getent exec eval rclone python-config mktemp nl tac rev od cksum sha512sum sha224sum base64
    ldd file tree less more man strings top ps pgrep getopt logger renice ip ss ping dig host nslookup netstat ifconfig
    lsof
    """.split()  # noqa: SIM905 - a list of 120 lines reads worse
)


def apply(command: Command, environment: Environment) -> None:
    """Change the environment as the command would, if it succeeds."""
    name = command.name
    if not name:
        if command.words:
            _unknown(command, environment, "runs a program whose name is only known when it runs")
        return
    apply_permissions(command, environment)
    call = apt.read_apt(command)
    if call is not None:
        apt.apply_apt(command, call, environment)
        return
    if python_effects.apply(command, environment) or apply_accounts(command, environment):
        return
    effect = _EFFECTS.get(name)
    if effect is not None:
        effect(command, environment)
    elif name not in _HARMLESS:
        _not_followed(command, environment)


def _unknown(command: Command, environment: Environment, what: str) -> None:
    environment.opaque = (*environment.opaque, command.origin(what))


def _not_followed(command: Command, environment: Environment) -> None:
    """Take note of a program nobody here knows: files may be anywhere it could write."""
    first = command.words[0].text or ""
    if environment.files is not None:
        environment.files.anywhere = True
    _open_folder(environment, environment.workdir, command.origin(f"{command.name} may write here"))
    for text in command.arguments:
        if text and text.startswith("/"):
            _open_folder(environment, text, command.origin(f"{command.name} may write here"))
    if "/" in first or command.name in _INSTALLERS or first.endswith(".sh"):
        _unknown(command, environment, f"{command.name} is not followed and may install anything")


_INSTALLERS = frozenset(
    """
    bash sh dash zsh make dpkg snap brew yum dnf apk rpm gdebi npm yarn pnpm go cargo rustup nix-env alien installer
    unattended-upgrade conda-env mamba spack flatpak cmake ninja perl ruby gem
    """.split()  # noqa: SIM905 - a list of 120 lines reads worse
)


def _open_folder(environment: Environment, path: str | None, origin: Origin) -> None:
    """Say that anything may be below this folder from now on."""
    if environment.files is None:
        return
    if path is None:
        environment.files.base_known = False
        return
    environment.files.put(Placed(path, None, is_folder=True, unknown=True, executable=None, origin=origin))


def _place(command: Command, environment: Environment, path: str | None, *, folder: bool = False) -> None:
    origin = command.origin(f"{command.name} makes {absolute(environment, path)}")
    _put(environment, path, origin, folder=folder)


def _put(environment: Environment, path: str | None, origin: Origin, *, folder: bool = False) -> None:
    target = absolute(environment, path)
    if environment.files is None:
        return
    if target is None:
        environment.files.base_known = False
        return
    if environment.files.find(target).state in {"absent", "unknown"}:
        note_new(environment, target)
    environment.files.put(Placed(target, None, is_folder=folder, unknown=False, executable=None, origin=origin))


def touch(origin: Origin, environment: Environment, target: str | None) -> None:
    """Put a file there that a redirection writes; one at a place that is not known may be a Python's own."""
    if target is None:
        environment.unlisted.setdefault("*", origin)
    if target and not target.startswith(("/dev/", "/proc/", "&")):
        _put(environment, target, origin)


def _mkdir(command: Command, environment: Environment) -> None:
    words = [UNKNOWN if text is None else text for text in command.arguments]
    open_to_others = known("mkdir").read(words).values("-m", "--mode")
    for path in operands(command):
        _place(command, environment, path, folder=True)
        target = absolute(environment, path)
        if target is not None and open_to_others:
            environment.owners.note(target, None)


def _touch_files(command: Command, environment: Environment) -> None:
    for path in operands(command):
        _place(command, environment, path)


def _remove(command: Command, environment: Environment) -> None:
    for path in operands(command):
        target = absolute(environment, path)
        if target is None or environment.files is None or any(mark in target for mark in "*?["):
            continue
        environment.files.remove(target)
    if any((path or "").startswith("/var/lib/apt/lists") for path in operands(command)):
        environment.apt_lists = False


def _copy(command: Command, environment: Environment) -> None:
    paths = operands(command)
    if environment.files is None or len(paths) < 2:
        return
    target = absolute(environment, paths[-1])
    for source in paths[:-1]:
        origin_path = absolute(environment, source)
        if target is None or origin_path is None or any(mark in origin_path for mark in "*?["):
            _open_folder(environment, target, command.origin(f"{command.name} puts files here"))
            continue
        found = environment.files.find(origin_path)
        place = _place_of_copy(environment.files, found, source or "", origin_path, paths[-1] or "", target)
        unknown = found.state in {"unknown", "absent"} or (bool(found.is_folder) and found.source is None)
        origin = command.origin("copied")
        folder = bool(found.is_folder or unknown)
        environment.files.put(Placed(place, found.source, folder, unknown, found.executable, origin))
        _as_command(command, environment, place)
    for source in paths[:-1] if command.name == "mv" else ():
        moved = absolute(environment, source)
        if moved is not None and moved != target:
            environment.files.remove(moved)


def _place_of_copy(files: ImageFiles, found: Found, source: str, origin_path: str, word: str, target: str) -> str:
    """Return where a copy lies: in the target where that is a folder, unless it is what is in the source."""
    there = bool(files.find(target).is_folder)
    if found.is_folder:
        into = there and not source.endswith(("/.", "/..")) and source not in {".", ".."}
    else:
        into = there or found.state == "unknown" or word.endswith("/")
    return posixpath.join(target, posixpath.basename(origin_path)) if into else target


def _as_command(command: Command, environment: Environment, path: str) -> None:
    """Take a file in a folder of PATH as a command."""
    folder, _, name = path.rpartition("/")
    if folder in {"/usr/bin", "/usr/local/bin", "/bin", "/usr/sbin", "/opt/bin"}:
        environment.commands[name] = True
        environment.command_origin[name] = command.origin(f"{command.name} puts {name} there")


def _link(command: Command, environment: Environment) -> None:
    paths = operands(command)
    if len(paths) != 2:
        return
    target, link = paths[0], absolute(environment, paths[1])
    if link is None:
        return
    folder, _, name = link.rpartition("/")
    if environment.files is not None:
        environment.files.put(
            Placed(link, None, is_folder=True, unknown=True, executable=None, origin=command.origin(f"links {link}"))
        )
    if environment.files is not None and name and folder in (environment.path or ()):
        environment.commands[name] = True
        interpreter = environment.python(target) if target else None
        if interpreter is not None:
            _start_with(environment, folder, name, interpreter)
        elif name in environment.interpreters.get(folder, {}):
            del environment.interpreters[folder][name]


def _start_with(environment: Environment, folder: str, name: str, interpreter: Interpreter) -> None:
    """Let a command of a folder start that Python; pip's own first line is /usr/bin/python3, whatever that is now."""
    names = environment.interpreters.setdefault(folder, {})
    names[name] = interpreter
    if folder == "/usr/bin" and name == "python3":
        names.update({pip: interpreter for pip in ("pip", "pip3") if pip in names})


def _alternatives(command: Command, environment: Environment) -> None:
    texts = list(command.arguments)
    if "--install" in texts and len(texts) >= texts.index("--install") + 4:
        at = texts.index("--install")
        link, target = texts[at + 1], texts[at + 3]
        if link is None:
            return
        folder, _, name = link.rpartition("/")
        environment.commands[name] = True
        interpreter = environment.python(target) if target else None
        if interpreter is not None:
            _start_with(environment, folder, name, interpreter)


def _chmod(command: Command, environment: Environment) -> None:
    paths = operands(command)
    plus = [text for text in command.arguments if text and re.fullmatch(r"[-+=rwxugoa,0-7]+", text)]
    mode = plus[0] if plus else ""
    executable = ("+" in mode and "x" in mode) or re.fullmatch(r"0?[1357][0-7][0-7]|0?[0-7]?[1357][0-7]{2}", mode)
    takes = re.fullmatch(r"0?[0246]{3}|a?-x", mode) is not None
    if not (executable or takes) or environment.files is None:
        return
    for path in paths:
        target = absolute(environment, path)
        if path == mode or target is None:
            continue
        folder, _, pattern = target.rpartition("/")
        if any(mark in pattern for mark in "*?["):
            _chmod_pattern(command, environment, folder or "/", pattern, executable=not takes)
        else:
            environment.files.make_executable(target, command.origin(f"chmod {mode}"), executable=not takes)


def _chmod_pattern(command: Command, environment: Environment, folder: str, pattern: str, *, executable: bool) -> None:
    from fnmatch import fnmatchcase

    files = environment.files
    found = files.find(folder) if files else None
    if files is None or found is None:
        return
    names = {posixpath.basename(p.path) for p in files.sources() if posixpath.dirname(p.path) == folder.rstrip("/")}
    if found.source is not None:
        names |= {posixpath.basename(e.path) for e in files.context.below(found.source)}
    for name in sorted(names):
        if fnmatchcase(name, pattern):
            files.make_executable(posixpath.join(folder, name), command.origin("chmod"), executable=executable)


def _download(command: Command, environment: Environment) -> None:
    """Follow a program that fetches addresses: the files it writes, by the option's name or the address's."""
    fetch = fetched(command.name, [UNKNOWN if text is None else text for text in command.arguments])
    if fetch is None:
        return
    if fetch.folder is not None:
        folder = None if UNKNOWN in fetch.folder else fetch.folder
        _open_folder(environment, absolute(environment, folder), command.origin("a download"))
        return
    for target in fetch.files:
        _place(command, environment, target)
        _as_command(command, environment, absolute(environment, target) or "")


def _git(command: Command, environment: Environment) -> None:
    folder = clone_target(command)
    if folder is None:
        if command.arguments[:1] != ("clone",):
            return
        _open_folder(environment, environment.workdir, command.origin("git clone"))
        return
    target = absolute(environment, folder)
    address = next((text for text in command.arguments if text and ("://" in text or text.startswith("git@"))), None)
    if target is not None and address is not None:
        environment.clones[target] = address
    _open_folder(environment, target, command.origin(f"git clone into {target or folder}"))


def clone_target(command: Command) -> str | None:
    """Return the folder that a `git clone` makes, as written, or None for another command or an unknown folder."""
    given = known("git").read([UNKNOWN if text is None else text for text in command.arguments])
    words = given.words[1:]
    if given.words[:1] != ["clone"] or not words:
        return None
    if len(words) >= 2:
        return None if UNKNOWN in words[1] else words[1]
    return None if UNKNOWN in words[0] else words[0].rstrip("/").rsplit("/", 1)[-1].removesuffix(".git")


def _unpack(command: Command, environment: Environment) -> None:
    texts = list(command.arguments)
    target = environment.workdir
    for index, text in enumerate(texts):
        if text in {"-C", "-d", "--directory"} and index + 1 < len(texts):
            target = absolute(environment, texts[index + 1])
        elif text and text.startswith("--directory="):
            target = absolute(environment, text.partition("=")[2])
        elif text and re.fullmatch(r"-o\S+", text) and command.name == "7z":
            target = absolute(environment, text[2:])
    _open_folder(environment, target, command.origin(f"{command.name} unpacks here"))
    if target is None or target.startswith(("/usr", "/bin", "/opt")) or target == "/":
        _unknown(command, environment, f"{command.name} unpacks into {target or 'a folder that is not known'}")


def _add_repository(command: Command, environment: Environment) -> None:
    for text in operands(command):
        if text and text.startswith("ppa:"):
            environment.repositories[text] = command.origin(f"adds {text}")
        else:
            environment.repositories[text or "unknown"] = command.origin("adds a repository")
    # It asks apt for the lists by itself, unless told not to.
    if not {"-n", "--no-update"} & set(command.arguments):
        environment.apt_lists = True


def _install_tool(command: Command, environment: Environment) -> None:
    parsed = known("install").parse([UNKNOWN if text is None else text for text in command.arguments])
    if not parsed.has("-d", "--directory"):
        _copy(command, environment)
        return
    for word in parsed.words:
        path = None if UNKNOWN in word else absolute(environment, word)
        _place(command, environment, path, folder=True)
        if path is not None and (parsed.has("-o", "--owner") or opens(parsed.value("-m", "--mode") or "")):
            environment.owners.note(path, parsed.value("-o", "--owner"))


_EFFECTS: dict[str, Effect] = {
    "mkdir": _mkdir,
    "touch": _touch_files,
    "tee": _touch_files,
    "rm": _remove,
    "cp": _copy,
    "mv": _copy,
    "ln": _link,
    "update-alternatives": _alternatives,
    "chmod": _chmod,
    "wget": _download,
    "curl": _download,
    "aria2c": _download,
    "git": _git,
    "tar": _unpack,
    "unzip": _unpack,
    "7z": _unpack,
    "add-apt-repository": _add_repository,
    "install": _install_tool,
    "dpkg": lambda command, environment: _unknown(command, environment, "dpkg installs a package file"),
}
