"""conda, mamba and micromamba.

Source: conda's command reference (24.x), micromamba's `--help` (2.x).
"""

from __future__ import annotations

from conductor.programs.words import PYTHON, Words

_WHERE = "-n/--name"
_SOLVES = (
    f"{_WHERE} -c/--channel --repodata-fn --experimental --solver --subdir/--platform --revision -r/--root-prefix"
    " --rc-file --relocate-prefix --safety-checks --lock-timeout"
)

PROGRAMS = {
    "conda mamba micromamba": Words(
        valued=_SOLVES + " -f/--file",
        into="-p/--prefix",
        dry="-h/--help -d/--dry-run",
        commands={
            "run": Words(valued=f"{_WHERE} -p/--prefix -r/--root-prefix -e/--env -a/--attach", chdir="--cwd", before=0),
            "env": Words(valued=_SOLVES + " -f/--file", into="-p/--prefix"),
        },
        inherits=True,
        effects={PYTHON: "install update upgrade remove uninstall create"},
    ),
}
