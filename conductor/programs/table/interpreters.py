"""Interpreters whose language is only searched for what starts a process: which options hold a program's text.

Source: `perl -h` of 5.36, `ruby --help` of 3.1, `php --help` of 8.2, and the manual pages of the others.
"""

from __future__ import annotations

from conductor.programs.words import Words

_POWERSHELL = Words(code="-c/-command/-Command", clusters=False, language="powershell")
_LUA = Words(valued="-l", code="-e", language="lua")
_TYPESCRIPT = Words(
    valued="-r/--require --tsconfig -P/--project",
    code="-e/--eval -p/-pe/--print",
    clusters=False,
    language="javascript",
)

PROGRAMS = {
    "perl": Words(code="-e -E", optional="-I -m -M -F -x -C", idle="-v -V -h", language="perl"),
    "ruby": Words(valued="-r -I -E", code="-e", optional="-F -x -C", idle="--version -v -h --help -c", language="ruby"),
    "php": Words(
        valued="-d -c -S -t -z", code="-r/--run -B -R -E", idle="-v -h -i -m --version --help -l", language="php"
    ),
    "lua luajit": _LUA,
    "osascript": Words(code="-e", valued="-l -s", language="osascript"),
    "Rscript R": Words(code="-e", valued="-f -g", language="R"),
    "julia": Words(code="-e/--eval -E/--print", valued="-L/--load -J/--sysimage -p -t/--threads", language="julia"),
    "tclsh": Words(language="tcl"),
    "expect": Words(code="-c", language="expect"),
    "pwsh powershell": _POWERSHELL,
    "nu": Words(code="-c/--commands", language="nu"),
    "guile": Words(code="-c -e", valued="-s -l -L -C -x", language="scheme"),
    "elixir": Words(code="-e/--eval", valued="-r -S -pr -pa -pz", clusters=False, language="elixir"),
    "groovy": Words(code="-e", valued="-cp", clusters=False, language="groovy"),
    "scala": Words(code="-e", valued="-cp", clusters=False, language="scala"),
    "erl": Words(code="-eval", valued="-s -run -pa -pz -name -sname", clusters=False, language="erlang"),
    "ghc": Words(code="-e", valued="-o", language="haskell"),
    "racket": Words(code="-e/--eval", valued="-l -t -r -f", language="racket"),
    "tsx ts-node zx": _TYPESCRIPT,
    "sqlite3": Words(valued="-cmd -init -separator", clusters=False, language="sqlite"),
    "gdb": Words(code="-ex", valued="-x -p", clusters=False, language="gdb"),
    "lldb": Words(code="-o/--one-line", valued="-s -p -n", language="lldb"),
}
