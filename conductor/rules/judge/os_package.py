"""os_package: nothing is installed on, upgraded on or removed from this machine by a package manager."""

from __future__ import annotations

from conductor.programs import find, known
from conductor.programs.words import HELP, INSTALLS, Words
from conductor.rules.judge.call import ASK, BLOCK, UNKNOWN, Call, Place, Ruling, Write
from conductor.rules.judge.places import is_program_folder, is_temporary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

RULE = "os_package"
REMEDY = "Put the package into the image, or ask your user to install it."
_PUTS = frozenset({"overwrite", "append", "create", "unpack"})


def judge(call: Call) -> Ruling | None:
    """Return a ruling where the call would install, upgrade or remove packages of this machine."""
    if call.place.container:
        return None
    check = _SPECIAL.get(call.name)
    if check is not None:
        changes = check(call)
    else:
        words = find(call.name)
        changes = _by_table(call, words) if words is not None and INSTALLS in words.effects else False
    if not changes:
        return None
    if changes is ASK:
        return Ruling(ASK, RULE, f"What `{call.text()}` does to this machine can't be told from the text. {REMEDY}")
    return Ruling(BLOCK, RULE, f"`{call.text()}` would change the packages of this machine. {REMEDY}")


def judge_write(write: Write, place: Place) -> Ruling | None:
    """Return a ruling where a file would be put where the host's programs are."""
    if place.container or write.guess or write.kind not in _PUTS or place.inside(write.path) is not None:
        return None
    home = place.facts.home
    if is_temporary(write.path, home) or not is_program_folder(write.path, home):
        return None
    return Ruling(ASK, RULE, f"`{write.by}` would put {write.path} among this machine's programs. {REMEDY}")


def _by_table(call: Call, manager: Words) -> bool | str:
    parsed = manager.read([argument for argument in call.args if argument[:1] != "+"])  # `cargo +nightly`
    words = parsed.words
    if parsed.has(*manager.dry) or not words:
        return False
    if UNKNOWN in words[0] and not manager.is_open(INSTALLS):
        return False if call.name in _BUILDERS else ASK
    if call.name in _GROUPED and words[0] in _GROUPS:
        return _by_group(call.name, words, manager)
    if not manager.has_effect(INSTALLS, words, parsed):
        return False
    folders = parsed.values(*manager.command(words).into)
    folder = folders[-1] if folders else call.place.text(_FOLDERS.get(call.name, ""))
    return not folder or call.place.inside(call.place.path(folder)) is None


_BUILDERS = frozenset({"cargo", "gem", "nix"})  # told to build far more often than to install
_FOLDERS = {"cargo": "CARGO_INSTALL_ROOT"}  # the variable that says the same as an option
_GROUPED = frozenset({"brew", "dnf", "dnf5", "yum", "zypper", "microdnf"})
_GROUPS = frozenset({"group", "groups", "module", "environment", "offline-upgrade", "history", "bundle", "cask"})
_OF_GROUPS = frozenset({"enable", "disable", "undo", "redo", "rollback"})


def _by_group(name: str, words: list[str], manager: Words) -> bool:
    """Judge what a manager does with many at once: dnf's groups and history, Homebrew's bundles and casks."""
    second = (*words, "", "")[1]
    if words[0] == "bundle":
        return name == "brew" and second in {"", "install", "cleanup"}
    return manager.has_word(INSTALLS, second) or (words[0] != "cask" and second in _OF_GROUPS)


def _by_option(call: Call) -> bool:
    """Judge dpkg, rpm and nix-env: options say what they do."""
    words = known(call.name)
    parsed = words.parse(call.args)
    return not parsed.has(*words.dry) and parsed.has(*words.effects[INSTALLS].split())


def _pacman(call: Call) -> bool:
    pacman = known("pacman")
    parsed = pacman.parse(call.args)
    if parsed.has(*pacman.dry):
        return False
    if parsed.has("-R", "--remove", "-U", "--upgrade"):
        return True
    if not parsed.has("-S", "--sync"):
        return False
    if parsed.has("-s", "--search", "-i", "--info", "-l", "--list", "-g", "--groups", "-c", "--clean"):
        return False
    return bool(parsed.words) or parsed.has("-u", "--sysupgrade")


def _node(call: Call) -> bool | str:
    npm = known("npm")
    parsed = npm.parse(call.args)
    everywhere = (
        parsed.has("-g", "--global")
        or parsed.value("--location") == "global"
        or call.place.is_set("npm_config_global")
        or call.place.text("npm_config_location") == "global"
    )
    words = parsed.words
    if call.name == "bun" and words[:1] == ["upgrade"]:
        return not parsed.has(*HELP)
    if call.name in {"yarn", "yarnpkg"} and words[:1] == ["global"]:
        everywhere, words = True, words[1:]
    if not everywhere or parsed.has(*npm.dry):
        return False
    if words and UNKNOWN in words[0]:
        return ASK
    return bool(words) and npm.has_word(INSTALLS, words[0])


def _go(call: Call) -> bool:
    go = known("go")
    parsed = go.parse(call.args, stop=True)
    return go.has_effect(INSTALLS, parsed.words, parsed) and not go.dry & set(parsed.rest)


def _uv(call: Call) -> bool:
    uv = known("uv")
    parsed = uv.read(call.args)
    changes = parsed.words[:1] == ["python"] and uv.has_effect(INSTALLS, parsed.words, parsed)
    return changes and not parsed.has(*uv.dry)


def _unless_dry(call: Call) -> bool:
    return not known(call.name).dry & set(call.args)


_SPECIAL: dict[str, Callable[[Call], bool | str]] = {
    **dict.fromkeys(("dpkg", "rpm", "nix-env"), _by_option),
    **dict.fromkeys(("pacman", "yay", "paru"), _pacman),
    **dict.fromkeys(("npm", "pnpm", "yarn", "yarnpkg", "bun"), _node),
    "go": _go,
    "uv": _uv,
    "perl": lambda call: any(argument.startswith("-MCPAN") for argument in call.args),
    **dict.fromkeys(("cargo-binstall", "unattended-upgrade", "unattended-upgrades", "rustup-init"), _unless_dry),
}
