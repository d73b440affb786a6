"""npm, pnpm, yarn, bun and what they run.

Source: `npm COMMAND --help` of npm 11 and its documentation of configuration; the references of pnpm 9, yarn 4, bun 1.
"""

from __future__ import annotations

from conductor.programs.words import INSTALLS, Words

_RUNS = Words(
    valued="-p/--package -w/--workspace -e/--env --allow-scripts", text="-c/--call/--command", before=0,
    how="fetches",
)  # fmt: skip
_INSTALLS = (
    "install i in ins inst insta instal isnt isnta isntal isntall add uninstall un unlink remove rm r update up upgrade"
    " udpate ci link ln dedupe rebuild rb env"
)

PROGRAMS = {
    "npm pnpm yarn yarnpkg bun": Words(
        valued="-w/--workspace --location --registry -F/--filter --loglevel --cache --userconfig --globalconfig"
        " --install-strategy --omit --include --before --cpu --os --libc --min-release-age --min-release-age-exclude"
        " --allow-directory --allow-file --allow-git --allow-remote --allow-scripts --tag --otp",
        chdir="--prefix -C/--dir --cwd",
        flags="-g/--global",
        dry="--dry-run -h/--help",
        inherits=True,
        commands={"exec x dlx": _RUNS, "install": Words(help="install --help")},
        effects={INSTALLS: _INSTALLS},
    ),
    "npx bunx pnpx": _RUNS,
}
