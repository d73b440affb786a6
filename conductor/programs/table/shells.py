"""Shells: what stands before a script, or the text of `-c`.

Source: `bash --help` and bash(1) of 5.2, dash(1) of 0.5.12, zsh(1) of 5.9, `fish --help` of 3.6, tcsh(1).
"""

from __future__ import annotations

from conductor.programs.words import Words

_IDLE = "-n --version --help"

PROGRAMS = {
    "bash sh dash zsh ksh mksh ash rbash yash": Words(
        valued="--rcfile --init-file",
        apart="-o -O +o +O",
        idle=f"{_IDLE} -D --dump-strings --dump-po-strings",
        language="sh",
    ),
    "fish": Words(
        valued="-C/--init-command -d/--debug -o/--debug-output -f/--features --profile --profile-startup",
        text="-c/--command",
        idle="-n/--no-execute -v/--version -h/--help",
        language="fish",
    ),
    "csh tcsh": Words(idle=_IDLE, language="csh"),
    "elvish": Words(valued="-db -rc -sock", idle="-compileonly -version -help", clusters=False, language="elvish"),
    "xonsh": Words(valued="-D --rc --shell-type --timings", idle="-h/--help -V/--version", language="xonsh"),
}
