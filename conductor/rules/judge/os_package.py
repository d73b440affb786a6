"""os_package: nothing is installed on, upgraded on or removed from this machine by a package manager."""

from __future__ import annotations

from conductor.programs import known
from conductor.programs.options import parse
from conductor.programs.words import INSTALLS
from conductor.rules.judge.call import ASK, BLOCK, UNKNOWN, Call, Place, Ruling, Write
from conductor.rules.judge.managers import HELP, MANAGERS, Manager
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
    elif call.name in MANAGERS:
        changes = _by_table(call)
    else:
        return None
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


def _by_table(call: Call) -> bool | str:
    manager = MANAGERS[call.name]
    parsed = manager.parse(call.args)
    words = [word for word in parsed.words if word[:1] != "+"]
    if manager.is_dry(parsed) or not words:
        return False
    if UNKNOWN in words[0] and not manager.is_open():
        return ASK
    if call.name in {"brew", "dnf", "dnf5", "yum", "zypper", "microdnf"} and words[0] in _GROUPS:
        return _by_group(call.name, words, manager)
    if not manager.is_change(words, parsed):
        return False
    folder = manager.folder(parsed)
    return folder is None or call.place.inside(call.place.path(folder)) is None


_GROUPS = frozenset({"group", "groups", "module", "environment", "offline-upgrade", "history", "bundle", "cask"})
_OF_GROUPS = frozenset({"enable", "disable", "undo", "redo", "rollback"})


def _by_group(name: str, words: list[str], manager: Manager) -> bool:
    """Judge what a manager does with many at once: dnf's groups and history, Homebrew's bundles and casks."""
    second = (*words, "", "")[1]
    if words[0] == "bundle":
        return name == "brew" and second in {"", "install", "cleanup"}
    return manager.has_word(second) or (words[0] != "cask" and second in _OF_GROUPS)


def _dpkg(call: Call) -> bool:
    parsed = parse(call.args, {"--admindir", "--root", "--instdir", "-D"})
    if parsed.has("--dry-run", "--no-act", "--simulate", "--help", "-?", "--version"):
        return False
    return parsed.has(
        "-i", "--install", "-r", "--remove", "-P", "--purge", "--unpack", "--configure", "--triggers-only"
    )


def _rpm(call: Call) -> bool:
    parsed = parse(call.args, {"--root", "--define", "-D", "--dbpath", "--prefix", "--queryformat", "--qf"})
    if parsed.has("-q", "--query", "-V", "--verify", "--test", "-K", "--checksig", "--help", "--version"):
        return False
    changes = ("-i", "-U", "-F", "-e", "--install", "--upgrade", "--freshen", "--erase", "--reinstall")
    return parsed.has(*changes)


def _pacman(call: Call) -> bool:
    parsed = parse(call.args, {"-b", "--dbpath", "-r", "--root", "--cachedir", "--config", "--ignore"})
    if parsed.has("-h", "--help", "-V", "--version", "-p", "--print", "-w", "--downloadonly"):
        return False
    if parsed.has("-R", "--remove", "-U", "--upgrade"):
        return True
    if not parsed.has("-S", "--sync"):
        return False
    if parsed.has("-s", "--search", "-i", "--info", "-l", "--list", "-g", "--groups", "-c", "--clean"):
        return False
    return bool(parsed.words) or parsed.has("-u", "--sysupgrade")


def _emerge(call: Call) -> bool:
    parsed = parse(call.args)
    return bool(parsed.words) and not parsed.has("-p", "--pretend", "-s", "--search", "-S", "--info", "--sync", "-h")


def _nix_env(call: Call) -> bool:
    parsed = parse(call.args, {"-p", "--profile", "-f", "--file", "-A", "--attr"})
    changes = ("-i", "--install", "-e", "--uninstall", "-u", "--upgrade", "-iA", "--set")
    return parsed.has(*changes) and not parsed.has("--dry-run", "-q", "--query", "--help")


def _nix(call: Call) -> bool:
    words = parse(call.args, {"--extra-experimental-features", "--option"}).words
    changes = words[:1] == ["profile"] and words[1:2] and words[1] in {"install", "add", "remove", "upgrade"}
    return bool(changes) and "--dry-run" not in call.args


_NODE_CHANGES = frozenset(
    [
        "install",
        "i",
        "in",
        "ins",
        "inst",
        "insta",
        "instal",
        "isnt",
        "isnta",
        "isntal",
        "isntall",
        "add",
        "uninstall",
        "un",
        "unlink",
        "remove",
        "rm",
        "r",
        "update",
        "up",
        "upgrade",
        "udpate",
        "ci",
        "link",
        "ln",
        "dedupe",
        "rebuild",
        "rb",
        "env",
    ]
)


def _node(call: Call) -> bool | str:
    valued = {
        "--prefix",
        "-C",
        "--dir",
        "--location",
        "--registry",
        "--cwd",
        "-w",
        "--workspace",
        "--filter",
        "--loglevel",
    }
    parsed = parse(call.args, valued)
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
    if not everywhere or parsed.has("--dry-run", "-h", "--help"):
        return False
    if words and UNKNOWN in words[0]:
        return ASK
    return bool(words) and words[0] in _NODE_CHANGES


def _gem(call: Call) -> bool:
    parsed = parse(call.args, {"-i", "--install-dir", "-v", "--version", "-n", "--bindir", "-s", "--source", "-P"})
    if parsed.words[:1] not in (["install"], ["uninstall"], ["update"], ["i"], ["in"]):
        return False
    if parsed.has("-h", "--help", "--explain", "--list"):
        return False
    folder = parsed.value("-i", "--install-dir")
    return folder is None or call.place.inside(call.place.path(folder)) is None


def _cargo(call: Call) -> bool:
    args = [argument for argument in call.args if not argument.startswith("+")]
    parsed = parse(
        args, {"--root", "--version", "--vers", "--git", "--path", "--features", "-F", "--config", "-Z", "-C"}
    )
    if parsed.words[:1] not in (["install"], ["uninstall"], ["binstall"], ["install-update"]):
        return False
    if parsed.has("-h", "--help", "--list", "--dry-run"):
        return False
    root = parsed.value("--root") or call.place.text("CARGO_INSTALL_ROOT")
    return not root or call.place.inside(call.place.path(root)) is None


def _go(call: Call) -> bool:
    parsed = parse(call.args, {"-C"}, stop=True)
    return parsed.words[:1] == ["install"] and not {"-n", "-h", "--help", "-help"} & set(parsed.rest)


def _uv(call: Call) -> bool:
    uv = known("uv")
    parsed = uv.read(call.args)
    changes = parsed.words[:1] == ["python"] and uv.has_effect(INSTALLS, parsed.words, parsed)
    return changes and not parsed.has(*uv.dry)


def _unless_dry(call: Call) -> bool:
    return not (HELP | {"--dry-run"}) & set(call.args)


_SPECIAL: dict[str, Callable[[Call], bool | str]] = {
    "dpkg": _dpkg,
    "rpm": _rpm,
    "pacman": _pacman,
    "yay": _pacman,
    "paru": _pacman,
    "emerge": _emerge,
    "nix-env": _nix_env,
    "nix": _nix,
    "npm": _node,
    "pnpm": _node,
    "yarn": _node,
    "yarnpkg": _node,
    "bun": _node,
    "gem": _gem,
    "cargo": _cargo,
    "cargo-binstall": _unless_dry,
    "go": _go,
    "uv": _uv,
    "perl": lambda call: any(argument.startswith("-MCPAN") for argument in call.args),
    "unattended-upgrade": _unless_dry,
    "unattended-upgrades": _unless_dry,
    "rustup-init": _unless_dry,
}
PROGRAMS = frozenset({*MANAGERS, *_SPECIAL})
