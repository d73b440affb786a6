"""Programs that install programs, as data: package managers of a host, version managers, tools of a language."""

from __future__ import annotations

from conductor.programs.options import Parsed, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

HELP = frozenset({"-h", "--help", "--version"})


class Manager:
    """What a manager's words change.

    `changes`: first words, `a/b` for a first word with a second (`a/` with any second), `a?-x|-y` where one of the
    options must be there; none of them: every word is something to install, but for those in `reads`. `dry`: options
    with which nothing changes. `valued`: options that take a value. `folder`: the option that names another folder,
    which may be in the project.
    """

    __slots__ = ("_changes", "_dry", "_folder", "_reads", "_valued")

    def __init__(self, changes: str, *, dry: str = "", valued: str = "", reads: str = "", folder: str = "") -> None:
        # Kept as they stand: the hook builds all of them and asks at most one.
        self._changes = changes
        self._dry = dry
        self._valued = valued
        self._reads = reads
        self._folder = folder

    def parse(self, args: Sequence[str]) -> Parsed:
        """Return the arguments as this manager reads them."""
        return parse(args, (*self._valued.split(), *self._folder.split()))

    def is_dry(self, parsed: Parsed) -> bool:
        """Tell whether an option says that nothing changes."""
        return parsed.has(*HELP, *self._dry.split())

    def is_open(self) -> bool:
        """Tell whether every word is something to install."""
        return not self._changes

    def has_word(self, word: str) -> bool:
        """Tell whether a word alone changes something."""
        return word in self._changes.split()

    def is_change(self, words: Sequence[str], parsed: Parsed) -> bool:
        """Tell whether the first words and the options mean a change."""
        first, second = (*words, "", "")[:2]
        if not self._changes:
            return bool(first) and first not in self._reads.split()
        names = {first, f"{first}/{second}", f"{first}/"} if second else {first}
        for change in self._changes.split():
            name, _, options = change.partition("?")
            if name in names and (not options or parsed.has(*options.split("|"))):
                return True
        return False

    def folder(self, parsed: Parsed) -> str | None:
        """Return the folder that an option names in place of the host's."""
        return parsed.value(*self._folder.split())


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
_HOST: dict[str, Manager] = {
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
    "gdebi": Manager(""),
}
_ENVIRONMENTS = Manager("install uninstall", dry="-l --list -L --list-all")
_PEAR = Manager("install uninstall upgrade upgrade-all", dry="--pretend")
_MISE = Manager(
    "install i uninstall use?-g|--global u?-g|--global upgrade up self-update implode prune link sync plugins/install"
    " plugins/i plugins/add plugins/uninstall plugins/update plugin/install plugin/add plugin/uninstall plugin/update",
    dry="-n --dry-run",
    valued="-C --cd -E --env -j --jobs",
)
# What puts interpreters, compilers and tools where every project finds them.
_LANGUAGES: dict[str, Manager] = {
    **dict.fromkeys(
        ("pyenv", "rbenv", "nodenv", "goenv", "plenv", "phpenv", "luaenv", "tfenv", "tgenv"), _ENVIRONMENTS
    ),
    **dict.fromkeys(("pecl", "pear"), _PEAR),
    "nvm": Manager("install i uninstall install-latest-npm reinstall-packages"),
    "fnm": Manager("install i uninstall use?--install-if-missing"),
    "n": Manager("", reads="ls lsr ls-remote list bin which run exec doctor prune-list"),
    "nvs": Manager("add rm upgrade"),
    "volta": Manager("install uninstall fetch"),
    "asdf": Manager(
        "install uninstall update plugin/add plugin/remove plugin/update plugin-add plugin-remove plugin-update"
    ),
    "mise": _MISE,
    "rtx": _MISE,
    "sdk": Manager("install i uninstall rm upgrade ug selfupdate env/install"),
    "rustup": Manager(
        "install uninstall update upgrade default/ toolchain/install toolchain/add toolchain/update"
        " toolchain/uninstall toolchain/remove toolchain/link component/add component/remove target/add"
        " target/install target/remove self/update self/uninstall",
        valued="--profile -c --component -t --target --toolchain",
    ),
    "cpan": Manager("", dry="-l -L -D -O -v -A -C -a -x -X -J -H"),
    "cpanm": Manager(
        "",
        dry="--info --scandeps --look --showdeps -V",
        valued="-M --from --mirror --mirror-only",
        folder="-L --local-lib -l --local-lib-contained",
    ),
    "luarocks": Manager("install remove build make purge", valued="--server --lua-version --lua-dir", folder="--tree"),
    "corepack": Manager("enable disable prepare hydrate install?-g|--global", folder="--install-directory"),
    "deno": Manager(
        "install?-g|--global i?-g|--global uninstall?-g|--global upgrade",
        dry="--dry-run",
        valued="-n --name -c --config --import-map",
        folder="--root",
    ),
    "composer": Manager(
        "global/require global/req global/install global/update global/upgrade global/remove global/create-project"
        " self-update selfupdate",
        dry="--dry-run",
        valued="-d --working-dir",
    ),
    "dotnet": Manager(
        "tool/install?-g|--global|--tool-path tool/update?-g|--global|--tool-path"
        " tool/uninstall?-g|--global|--tool-path workload/install workload/update workload/uninstall workload/repair",
        valued="--version --framework --add-source --configfile",
        folder="--tool-path",
    ),
    "tenv": Manager("tf/install tf/uninstall tofu/install tofu/uninstall tg/install at/install"),
    "proto": Manager("install i uninstall upgrade pin?--global"),
    "ghcup": Manager("install rm upgrade"),
    "opam": Manager("install reinstall remove upgrade", dry="--show-actions --dry-run --show"),
    "juliaup": Manager("add remove rm update up default/ self/update self/uninstall"),
    "elan": Manager("install update default/ toolchain/install toolchain/uninstall self/update self/uninstall"),
    "swiftly": Manager("install uninstall update self-update"),
    "stack": Manager("install upgrade", dry="--dry-run"),
    "cabal": Manager("install", dry="--dry-run", folder="--installdir"),
    "raco": Manager("pkg/install pkg/remove pkg/update", dry="--dry-run"),
    "gcloud": Manager("components/install components/update components/remove components/reinstall"),
}
MANAGERS: dict[str, Manager] = {**_HOST, **_LANGUAGES}
