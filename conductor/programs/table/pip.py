"""pip, and what installs as pip does: easy_install's successors, pip-sync, the `installer` module.

Source: `pip COMMAND --help` of pip 18.1 to 26.3.
"""

from __future__ import annotations

from conductor.programs.words import PYTHON, Words

_INDEX = (
    " -i/--pypi-url/--index-url --extra-index-url -f/--find-links --no-binary --only-binary --uploaded-prior-to"
    " --all-releases --only-final --refresh-package"
)
_BUILD = (
    " -C/--config-setting/--config-settings --global-option --build-option --install-option --progress-bar"
    " -b/--build/--build-dir/--build-directory --root-user-action --upgrade-strategy"
)
_TARGET = " --platform --python-version --implementation --abi"
_FILES = " -r/--requirement -c/--constraint -e/--editable --build-constraint --group --requirements-from-script"
_FLAGS = (
    "-U/--upgrade -I/--ignore-installed -y/--yes -q/--quiet -v/--verbose -h/--help -V/--version"
    " --no-dependencies/--no-deps"
)
_INSTALL = Words(
    valued=_INDEX + _BUILD + _TARGET + " --src/--source/--source-dir/--source-directory" + _FILES,
    writes="--report",
    into="-t/--target --prefix --root",
    dry="-h/--help -V/--version --dry-run",
    help="install --help",
)

PROGRAMS = {
    "pip pip2 pip3": Words(
        valued="--python --proxy --timeout/--default-timeout --retries --exists-action --trusted-host --cert"
        " --client-cert --cache-dir --use-feature --use-deprecated --keyring-provider --resume-retries",
        writes="--log/--log-file/--local-log",
        flags=_FLAGS,
        inherits=True,
        commands={
            "install": _INSTALL,
            "uninstall": Words(
                valued="--root-user-action -r/--requirement",
                dry="-h/--help -V/--version",
                help="uninstall --help",
            ),
            "download": Words(
                valued=_INDEX + _BUILD + _TARGET + " --src" + _FILES,
                writes="-d/--dest/--destination-dir/--destination-directory",
                help="download --help",
            ),
            "wheel": Words(
                valued=_INDEX + _BUILD + _TARGET + " --src" + _FILES,
                writes="-w/--wheel-dir",
                help="wheel --help",
            ),
            "config": Words(valued="--editor", help="config --help"),
            "list freeze": Words(valued=_INDEX + " --path --format --exclude -r/--requirement", help="list --help"),
        },
        effects={PYTHON: "install uninstall"},
        help="--help",
    ),
    # The module `installer`, and its command where it is installed.
    "installer": Words(
        valued="--compile-bytecode --validate-record/--overwrite-existing",
        into="-d/--destdir -p/--prefix",
    ),
}
