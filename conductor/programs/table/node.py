"""npm, pnpm, yarn, bun and what they run.

Source: `npm COMMAND --help` of npm 11 and its documentation of configuration; the references of pnpm 9, yarn 4, bun 1.
"""

from __future__ import annotations

from conductor.programs.words import CHECKS, INSTALLS, Words

_RUNS = Words(
    valued="-p/--package -w/--workspace -e/--env --allow-scripts", text="-c/--call/--command", before=0,
    how="fetches",
)  # fmt: skip
_INSTALLS = (
    "install i in ins inst insta instal isnt isnta isntal isntall add uninstall un unlink remove rm r update up upgrade"
    " udpate ci link ln dedupe rebuild rb env"
)

_OPTIONS = (
    "-w/--workspace --location --registry -F/--filter --loglevel --cache --userconfig --globalconfig"
    " --install-strategy --omit --include --before --cpu --os --libc --min-release-age --min-release-age-exclude"
    " --allow-directory --allow-file --allow-git --allow-remote --allow-scripts --tag --otp"
)
_OWN = (
    f"{_INSTALLS} publish pack unlink audit exec dlx x init create cache config info view why test global workspace"
    " workspaces version login logout outdated list ls node bin help pm set plugin import fetch store patch prune root"
)


def _manager(*, code: str = "", own: str = "", checks: str = "", language: str = "") -> Words:
    effects = {INSTALLS: _INSTALLS, CHECKS: checks} if checks else {INSTALLS: _INSTALLS}
    return Words(
        valued=_OPTIONS,
        code=code,
        chdir="--prefix -C/--dir --cwd",
        flags="-g/--global",
        dry="--dry-run -h/--help",
        idle="-h/--help --version",
        inherits=True,
        commands={"exec x dlx": _RUNS, "install": Words(help="install --help")},
        effects=effects,
        own=own,
        language=language,
    )


PROGRAMS = {
    "npm": _manager(),
    "pnpm": _manager(own=f"{_OWN} setup"),
    "yarn yarnpkg": _manager(own=_OWN),
    "bun": _manager(code="-e/--eval -p/--print", own=_OWN, checks="test", language="javascript"),
    "npx bunx pnpx": _RUNS,
}
