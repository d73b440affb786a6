"""The package managers of single languages, where they install for a whole machine or user.

Source: `cargo install --help` of cargo 1.x; the command reference of each of the others.
"""

from __future__ import annotations

from conductor.programs.words import CHECKS, HELP, INSTALLS, Words

_HELP = " ".join(HELP)

PROGRAMS = {
    "cargo": Words(
        valued="--color --config -Z --explain -C",
        inherits=True,
        commands={
            "install uninstall binstall install-update": Words(
                valued="--version/--vers --index --registry --git --branch --tag --rev --path --message-format"
                " -F/--features -j/--jobs --profile --target --target-dir -p/--package --bin --example",
                into="--root",
                help="install --help",
            )
        },
        dry="-h/--help --list --dry-run",
        effects={
            INSTALLS: "install uninstall binstall install-update",
            CHECKS: "test nextest check clippy",
        },
    ),
    "cargo-binstall rustup-init": Words(dry=f"{_HELP} --dry-run", effects={INSTALLS: ""}),
    "gem": Words(
        valued="-v/--version -n/--bindir -s/--source -P/--trust-policy --platform",
        into="-i/--install-dir",
        dry="-h/--help --explain --list",
        effects={INSTALLS: "install uninstall update i in"},
    ),
    "bundle": Words(commands={"exec": Words(before=0)}),
    "go": Words(
        chdir="-C", dry="-n -h --help -help", clusters=False, effects={INSTALLS: "install", CHECKS: "test vet"}
    ),
    "cpan": Words(dry=f"{_HELP} -l -L -D -O -v -A -C -a -x -X -J -H", effects={INSTALLS: ""}),
    "cpanm": Words(
        valued="-M --from --mirror --mirror-only",
        into="-L/--local-lib -l/--local-lib-contained",
        dry=f"{_HELP} --info --scandeps --look --showdeps -V",
        effects={INSTALLS: ""},
    ),
    "luarocks": Words(
        valued="--server --lua-version --lua-dir",
        into="--tree",
        dry=_HELP,
        effects={INSTALLS: "install remove build make purge"},
    ),
    "pecl pear": Words(dry=f"{_HELP} --pretend", effects={INSTALLS: "install uninstall upgrade upgrade-all"}),
    "corepack": Words(
        into="--install-directory",
        dry=_HELP,
        effects={INSTALLS: "enable disable prepare hydrate install?-g|--global"},
    ),
    "deno": Words(
        valued="-n/--name -c/--config --import-map",
        commands={"eval": Words(language="javascript")},
        inherits=True,
        language="javascript",
        into="--root",
        dry=f"{_HELP} --dry-run",
        effects={
            INSTALLS: "install?-g|--global i?-g|--global uninstall?-g|--global upgrade",
            CHECKS: "test",
        },
    ),
    "composer": Words(
        valued="-d/--working-dir",
        dry=f"{_HELP} --dry-run",
        effects={
            INSTALLS: "global/require global/req global/install global/update global/upgrade global/remove"
            " global/create-project self-update selfupdate"
        },
    ),
    "dotnet": Words(
        valued="--version --framework --add-source --configfile",
        into="--tool-path",
        dry="-h --help",
        effects={
            INSTALLS: "tool/install?-g|--global|--tool-path tool/update?-g|--global|--tool-path"
            " tool/uninstall?-g|--global|--tool-path workload/install workload/update workload/uninstall"
            " workload/repair",
            CHECKS: "test",
        },
    ),
    "opam": Words(
        dry=f"{_HELP} --show-actions --dry-run --show", effects={INSTALLS: "install reinstall remove upgrade"}
    ),
    "stack": Words(dry=f"{_HELP} --dry-run", effects={INSTALLS: "install upgrade", CHECKS: "test"}),
    "cabal": Words(into="--installdir", dry=f"{_HELP} --dry-run", effects={INSTALLS: "install", CHECKS: "test"}),
    "raco": Words(dry=f"{_HELP} --dry-run", effects={INSTALLS: "pkg/install pkg/remove pkg/update"}),
    "gcloud": Words(
        dry=_HELP,
        effects={INSTALLS: "components/install components/update components/remove components/reinstall"},
    ),
    "nix": Words(
        valued="--extra-experimental-features --option",
        dry="--dry-run",
        inherits=True,
        commands={"develop shell run": Words(text="-c/--command", before=0)},
        effects={INSTALLS: "profile/install profile/add profile/remove profile/upgrade"},
    ),
    "nix-shell": Words(text="--run --command", valued="-p --packages -A -I --arg", clusters=False),
    "nix-env": Words(
        valued="-p/--profile -f/--file -A/--attr",
        dry="--dry-run -q --query --help",
        effects={INSTALLS: "-i --install -e --uninstall -u --upgrade --set"},
    ),
}
