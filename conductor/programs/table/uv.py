"""uv, uvx and what uv runs.

Source: `uv COMMAND --help` of uv 0.13.9.
"""

from __future__ import annotations

from conductor.programs.words import INSTALLS, PYTHON, Words

_INDEX = (
    " --index --default-index -i/--index-url --extra-index-url -f/--find-links --index-strategy --keyring-provider"
    " --exclude-newer --exclude-newer-package --no-sources-package --link-mode --refresh-package"
)
_RESOLVE = (
    " -P/--upgrade-package --upgrade-group --resolution --prerelease --prerelease-package --fork-strategy"
    " --reinstall-package -C/--config-setting/--config-settings --config-settings-package --config-setting-package"
    " --no-build-isolation-package --no-build-package --no-binary-package -p/--python"
)
_PIP = (
    _INDEX + _RESOLVE + " --no-editable-package --extra --group --no-binary --only-binary --python-version"
    " --python-platform --output-format --torch-backend"
)
_PIP_FILES = (
    " -r/--requirement/--requirements -e/--editable -c/--constraint/--constraints --override/--overrides --excludes"
    " -b/--build-constraint/--build-constraints"
)
_PROJECT = (
    _INDEX + _RESOLVE + " --extra --no-extra --group --no-group --only-group --no-editable-package --package"
    " --python-platform --no-install-package --output-format --optional"
)
_WITH = " -w/--with --with-editable --with-requirements --with-executables-from --from --torch-backend"
_CONSTRAINTS = (
    " -c/--constraint/--constraints -b/--build-constraint/--build-constraints --override/--overrides --excludes"
)
_TOOL = Words(
    valued=_INDEX + _RESOLVE + _WITH + " --python-platform --env-file" + _CONSTRAINTS,
    before=0,
    how="fetches",
    help="tool run --help",
)

PROGRAMS = {
    "uv": Words(
        valued="--config-file --color --keyring-provider --allow-insecure-host/--trusted-host",
        writes="--cache-dir",
        chdir="--directory --project",
        dry="-h/--help --dry-run",
        flags="-q/--quiet -v/--verbose -n/--no-cache -U/--upgrade -h/--help -V/--version -s/--script",
        inherits=True,
        commands={
            "pip/install": Words(
                valued=_PIP + " --cert" + _PIP_FILES, into="-t/--target --prefix", help="pip install --help"
            ),
            "pip/uninstall": Words(
                valued="-p/--python --cert -r/--requirement/--requirements",
                into="-t/--target --prefix",
                help="pip uninstall --help",
            ),
            "pip/sync": Words(
                valued=_PIP + " --cert" + _PIP_FILES, into="-t/--target --prefix", help="pip sync --help"
            ),
            "pip/compile": Words(
                valued=_PIP
                + " --cert --format --annotation-style --custom-compile-command --no-emit-package"
                + _PIP_FILES,
                writes="-o/--output-file",
                help="pip compile --help",
            ),
            "pip": Words(
                valued=_PIP + " --exclude --path --cert --format --annotation-style --custom-compile-command"
                " --no-emit-package" + _PIP_FILES,
                into="-t/--target --prefix",
                writes="-o/--output-file",
            ),
            "run": Words(
                valued=_PROJECT + _WITH + " --env-file",
                before=0,
                module="-m/--module",
                how="project",
                help="run --help",
            ),
            "sync": Words(valued=_PROJECT + " --script", help="sync --help"),
            "add": Words(
                valued=_PROJECT + " --script -m/--marker --bounds --rev --tag --branch -r/--requirement/--requirements"
                " -c/--constraint/--constraints",
                help="add --help",
            ),
            "remove": Words(valued=_PROJECT + " --script", help="remove --help"),
            "lock": Words(valued=_PROJECT + " --script", help="lock --help"),
            "export": Words(
                valued=_PROJECT + " --script --format --prune --no-emit-package",
                writes="-o/--output-file",
                help="export --help",
            ),
            "build": Words(
                valued=_PROJECT + " -b/--build-constraint/--build-constraints",
                writes="-o/--out-dir",
                help="build --help",
            ),
            "publish": Words(
                valued=_INDEX
                + " -u/--username -p/--password -t/--token --trusted-publishing --publish-url --check-url",
                help="publish --help",
            ),
            "venv": Words(valued=_INDEX + " --prompt -p/--python", help="venv --help"),
            "init": Words(
                valued="--name --description --vcs --build-backend --author-from -p/--python", help="init --help"
            ),
            "tool/run": _TOOL,
            "tool/install tool/upgrade": Words(
                valued=_INDEX + _RESOLVE + _WITH + " --python-platform" + _CONSTRAINTS, help="tool install --help"
            ),
            "python": Words(
                valued="--mirror --pypy-mirror --graalpy-mirror --pyodide-mirror --python-downloads-json-url",
                into="-i/--install-dir",
                help="python install --help",
            ),
        },
        # Tools and interpreters are put outside every project; `uv pip` and `uv sync` where the environment says.
        effects={
            INSTALLS: "python/install python/uninstall python/upgrade",
            PYTHON: "tool/install tool/upgrade tool/uninstall",
        },
        help="--help",
    ),
    "uvx": _TOOL,
}
