"""Programs that run what a file of the project says, or a script: make, just, node, Python and its test runners.

Source: `make --help` of GNU make 4.3, `just --help` of 1.x, `node --help` of 20, python(1), `pytest --help` of 8 and 9.
"""

from __future__ import annotations

from conductor.programs.words import Words

PROGRAMS = {
    "make gmake remake": Words(
        valued="-E/--eval -o/--old-file/--assume-old -W/--what-if/--new-file/--assume-new",
        optional="-j/--jobs -l/--load-average/--max-load -O/--output-sync --debug --shuffle",
        chdir="-C/--directory",
        reads="-f/--file/--makefile -I/--include-dir",
        help="--help",
    ),
    "just": Words(
        valued="--shell --shell-arg --color --dotenv-filename --chooser --tempdir --list-heading"
        " --list-prefix --command-color --timestamp-format --cygpath --dump-format --usage",
        reads="-f/--justfile -E/--dotenv-path",
        chdir="-d/--working-directory",
    ),
    "node nodejs": Words(
        valued="-r/--require --import --loader/--experimental-loader -C/--conditions -e/--eval -p/--print",
        reads="--env-file --env-file-if-exists",
    ),
    "python python3 pypy pypy3": Words(valued="-W -X -c -m -Q --check-hash-based-pycs"),
    "pytest py.test": Words(
        valued="-k -m -p -n/--numprocesses -o/--override-ini -W/--pythonwarnings --maxfail --tb --durations -r --color"
        " --capture --import-mode --basetemp --log-level --log-cli-level --cov-report --cov-config --timeout --dist",
        optional="--cov",
        reads="-c/--config-file --rootdir --confcutdir --deselect --ignore --ignore-glob",
        writes="--junitxml/--junit-xml --log-file",
    ),
    "nox": Words(valued="-s/--session/--sessions -k/--keywords -t/--tags -p/--python --pythons", reads="-f/--noxfile"),
}
