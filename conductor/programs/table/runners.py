"""Programs that run what a file of the project says, or a script: make, just, node, Python and its test runners.

Source: `make --help` of GNU make 4.3, `just --help` of 1.x, `node --help` of 20, python(1), `pytest --help` of 8 and 9.
"""

from __future__ import annotations

from conductor.programs.words import Words

PROGRAMS = {
    "make gmake remake": Words(
        valued="-E/--eval -o/--old-file/--assume-old -W/--what-if/--new-file/--assume-new"
        " -f/--file/--makefile -I/--include-dir",
        numbered="-j/--jobs -l/--load-average/--max-load",
        optional="-O/--output-sync --debug --shuffle",
        chdir="-C/--directory",
        idle="-n/--just-print/--recon/--dry-run -q/--question -t/--touch -h/--help -v/--version",
        help="--help",
    ),
    "just": Words(
        valued="--shell --shell-arg --color --dotenv-filename --chooser --tempdir --list-heading"
        " --list-prefix --command-color --timestamp-format --cygpath --dump-format -f/--justfile -E/--dotenv-path",
        chdir="-d/--working-directory",
        idle="-n/--dry-run -l/--list -s/--show --summary --evaluate --dump --fmt --unstable-fmt --choose --variables"
        " -e/--edit --init -h/--help -V/--version --groups --man --completions --changelog --usage",
    ),
    "node nodejs": Words(
        valued="-r/--require --import --loader/--experimental-loader -C/--conditions --env-file --env-file-if-exists",
        code="-e/--eval -p/-pe/--print",
        idle="-c/--check -v/--version -h/--help --v8-options --completion-bash",
        clusters=False,
        language="javascript",
    ),
    "python python3 pypy pypy3 ipython bpython ptpython": Words(
        valued="-W -X -m -Q --check-hash-based-pycs",
        code="-c",
        last="-c -m",
        idle="-h/-?/--help -V/--version --help-all --help-env --help-xoptions",
        # What `-m` names, where it takes options of its own.
        commands={
            "timeit": Words(valued="-n/--number -r/--repeat -u/--unit", code="-s/--setup"),
            "venv": Words(valued="--prompt"),
            "zipfile tarfile": Words(
                valued="-l/--list -e/--extract -t/--test -c/--create --filter --metadata-encoding"
            ),
        },
        language="python",
    ),
    "pytest py.test": Words(
        valued="-k -m -p -n/--numprocesses -o/--override-ini -W/--pythonwarnings --maxfail --tb --durations -r --color"
        " --capture --import-mode --basetemp --log-level --log-cli-level --cov-report --cov-config --timeout --dist"
        " -c/--config-file --rootdir --confcutdir --deselect --ignore --ignore-glob",
        optional="--cov",
        writes="--junitxml/--junit-xml --log-file",
    ),
    "nox": Words(valued="-s/--session/--sessions -k/--keywords -t/--tags -p/--python --pythons -f/--noxfile"),
}
