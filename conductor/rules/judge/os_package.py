"""os_package: nothing is installed on, upgraded on or removed from this machine by a package manager."""

from __future__ import annotations

from conductor.rules.judge.call import ASK, BLOCK, UNKNOWN, Call, Ruling
from conductor.rules.judge.options import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

RULE = "os_package"
REMEDY = "Put the package into the image, or ask your user to install it."
HELP = frozenset({"-h", "--help", "--version"})


def judge(call: Call) -> Ruling | None:
    """Return a ruling where the call would install, upgrade or remove packages of this machine."""
    if call.place.container:
        return None
    check = _SPECIAL.get(call.name)
    if check is not None:
        changes = check(call)
    elif call.name in _MANAGERS:
        changes = _by_table(call)
    else:
        return None
    if not changes:
        return None
    if changes is ASK:
        return Ruling(ASK, RULE, f"What `{call.text()}` does to this machine can't be told from the text. {REMEDY}")
    return Ruling(BLOCK, RULE, f"`{call.text()}` would change the packages of this machine. {REMEDY}")


class Manager:
    """A package manager whose first word says what it does: changing words, options with values, dry-run options."""

    __slots__ = ("changes", "dry", "valued")

    def __init__(self, changes: str, *, dry: str = "", valued: str = "") -> None:
        self.changes = frozenset(changes.split())
        self.dry = frozenset(dry.split()) | HELP
        self.valued = frozenset(valued.split())


_APT = Manager(
    "install reinstall remove purge upgrade dist-upgrade full-upgrade safe-upgrade autoremove autopurge build-dep"
    " satisfy markauto dselect-upgrade",
    dry="-s --simulate --just-print --dry-run --recon --no-act -d --download-only --print-uris",
    valued="-o --option -t --target-release --default-release -c --config-file -a --host-architecture",
)
_DNF = Manager(
    "install localinstall reinstall remove erase upgrade update upgrade-minimal update-minimal downgrade autoremove"
    " distro-sync distrosync groupinstall groupremove groupupdate swap in rm up dsync system-upgrade",
    dry="--downloadonly --assumeno",
    valued="-c --config -x --exclude --enablerepo --disablerepo --repo --installroot --releasever --setopt --repoid",
)
_MANAGERS: dict[str, Manager] = {
    "apt": _APT,
    "apt-get": _APT,
    "aptitude": _APT,
    "nala": _APT,
    "apt-fast": _APT,
    "dnf": _DNF,
    "dnf5": _DNF,
    "yum": _DNF,
    "microdnf": _DNF,
    "tdnf": _DNF,
    "apk": Manager("add del upgrade fix", dry="-s --simulate", valued="-X --repository -p --root -t --virtual --arch"),
    "zypper": Manager(
        "install in remove rm update up dist-upgrade dup patch install-new-recommends inr source-install si",
        dry="-D --dry-run -d --download-only",
        valued="-R --root --reposd-dir -C --cache-dir -c --config",
    ),
    "brew": Manager("install uninstall remove rm reinstall upgrade autoremove cask", dry="-n --dry-run"),
    "port": Manager("install uninstall upgrade activate deactivate reclaim", dry="-y"),
    "snap": Manager("install remove refresh revert", dry="--list"),
    "flatpak": Manager("install uninstall remove update upgrade", dry="--no-deploy"),
    "pkg": Manager("install add delete remove upgrade autoremove", dry="-n --dry-run"),
    "xbps-install": Manager("", dry="-n --dry-run"),
    "opkg": Manager("install remove upgrade", dry="--noaction"),
    "choco": Manager("install uninstall upgrade", dry="--noop"),
    "winget": Manager("install uninstall upgrade"),
    "scoop": Manager("install uninstall"),
    "pyenv": Manager("install uninstall", dry="-l --list"),
    "gdebi": Manager(""),
}


def _by_table(call: Call) -> bool | str:  # noqa: PLR0911 - one return a form
    manager = _MANAGERS[call.name]
    parsed = parse(call.args, manager.valued)
    if parsed.has(*manager.dry):
        return False
    if not manager.changes:
        return bool(parsed.words)
    first, second = (*parsed.words, "", "")[:2]
    if UNKNOWN in first:
        return ASK
    if first in {"group", "groups", "module", "environment", "offline-upgrade", "history"}:
        return second in manager.changes | {"enable", "disable", "undo", "redo", "rollback"}
    if call.name == "brew" and first == "bundle":
        return second in {"", "install", "cleanup"}
    if call.name == "brew" and first == "cask":
        return second in manager.changes
    return first in manager.changes


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
    parsed = parse(call.args, {"--directory", "--project", "--cache-dir", "--color", "-i", "--install-dir"})
    changes = (
        parsed.words[:1] == ["python"] and parsed.words[1:2] and parsed.words[1] in {"install", "uninstall", "upgrade"}
    )
    return bool(changes) and not parsed.has("-h", "--help", "--dry-run")


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
    "cargo-binstall": lambda call: not {"-h", "--help", "--dry-run"} & set(call.args),
    "go": _go,
    "uv": _uv,
    "unattended-upgrade": lambda call: "--dry-run" not in call.args,
}
