"""Version managers: what puts interpreters, compilers and tools where every project finds them.

Source: the command reference of each, November 2026.
"""

from __future__ import annotations

from conductor.programs.words import HELP, INSTALLS, Words

_HELP = " ".join(HELP)
_EXEC = {"exec": Words(before=0)}
_MISE = (
    "install i uninstall use?-g|--global u?-g|--global upgrade up self-update implode prune link sync plugins/install"
    " plugins/i plugins/add plugins/uninstall plugins/update plugin/install plugin/add plugin/uninstall plugin/update"
)

PROGRAMS = {
    "pyenv rbenv nodenv goenv plenv phpenv luaenv tfenv tgenv": Words(
        dry=f"{_HELP} -l --list -L --list-all", commands=_EXEC, inherits=True, effects={INSTALLS: "install uninstall"}
    ),
    "nvm": Words(dry=_HELP, effects={INSTALLS: "install i uninstall install-latest-npm reinstall-packages"}),
    "fnm": Words(
        valued="--using --node-dist-mirror --fnm-dir --log-level --arch",
        dry=_HELP,
        commands=_EXEC,
        inherits=True,
        effects={INSTALLS: "install i uninstall use?--install-if-missing"},
    ),
    "n": Words(
        dry=_HELP, effects={INSTALLS: ""}, harmless="ls lsr ls-remote list bin which run exec doctor prune-list"
    ),
    "nvs": Words(dry=_HELP, effects={INSTALLS: "add rm upgrade"}),
    "volta": Words(
        valued="--node --npm --pnpm --yarn",
        dry=_HELP,
        commands={"run": Words(valued="--env", before=0)},
        inherits=True,
        effects={INSTALLS: "install uninstall fetch"},
    ),
    "asdf": Words(
        dry=_HELP,
        commands=_EXEC,
        inherits=True,
        effects={
            INSTALLS: "install uninstall update plugin/add plugin/remove plugin/update plugin-add plugin-remove"
            " plugin-update"
        },
    ),
    "mise rtx": Words(
        valued="-E/--env -j/--jobs -P/--profile --log-level",
        chdir="-C/--cd",
        dry=f"{_HELP} -n --dry-run",
        commands={"exec x": Words(text="-c/--command", before=0)},
        inherits=True,
        effects={INSTALLS: _MISE},
        file="mise.toml",
    ),
    "sdk": Words(dry=_HELP, effects={INSTALLS: "install i uninstall rm upgrade ug selfupdate env/install"}),
    "rustup": Words(
        valued="--profile -c/--component -t/--target --toolchain",
        dry=_HELP,
        commands={"run": Words(before=1)},
        inherits=True,
        effects={
            INSTALLS: "install uninstall update upgrade default/ toolchain/install toolchain/add toolchain/update"
            " toolchain/uninstall toolchain/remove toolchain/link component/add component/remove target/add"
            " target/install target/remove self/update self/uninstall"
        },
    ),
    "tenv": Words(
        dry=_HELP, effects={INSTALLS: "tf/install tf/uninstall tofu/install tofu/uninstall tg/install at/install"}
    ),
    "proto": Words(dry=_HELP, effects={INSTALLS: "install i uninstall upgrade pin?--global"}),
    "ghcup": Words(dry=_HELP, effects={INSTALLS: "install rm upgrade"}),
    "juliaup": Words(dry=_HELP, effects={INSTALLS: "add remove rm update up default/ self/update self/uninstall"}),
    "elan": Words(
        dry=_HELP,
        effects={INSTALLS: "install update default/ toolchain/install toolchain/uninstall self/update self/uninstall"},
    ),
    "swiftly": Words(dry=_HELP, effects={INSTALLS: "install uninstall update self-update"}),
}
