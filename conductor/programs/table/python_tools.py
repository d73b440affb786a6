"""Programs that manage a Python project's environment, or run programs in it.

Source: the command references of poetry 2, pipenv, pdm, hatch, pixi, rye, pipx, flit, coverage, accelerate.
"""

from __future__ import annotations

from conductor.programs.words import PYTHON, Words

_GLOBALLY = "install?-g|--global add?-g|--global remove?-g|--global update?-g|--global sync?-g|--global"

PROGRAMS = {
    "poetry": Words(
        chdir="-C/--directory",
        valued="-P/--project",
        inherits=True,
        commands={"run": Words(before=0, how="project")},
        effects={PYTHON: "self/add self/update self/remove self/install"},
    ),
    "pipenv": Words(commands={"run": Words(before=0, how="project")}),
    "pdm": Words(
        valued="-p/--project",
        inherits=True,
        commands={"run": Words(valued="--venv --site-packages -S", before=0, how="project")},
        effects={PYTHON: f"self/add self/update self/remove {_GLOBALLY}"},
    ),
    "rye": Words(commands={"run": Words(valued="--pyproject", before=0, how="project")}),
    "hatch": Words(valued="-e/--env -p/--project", inherits=True, commands={"run": Words(before=0, how="project")}),
    "pixi": Words(
        commands={
            "run": Words(valued="-e/--environment --manifest-path -m/--manifest", before=0, how="project"),
        },
        effects={
            PYTHON: "global/install global/add global/remove global/uninstall global/update global/upgrade"
            " global/upgrade-all global/sync global/edit global/expose global/shortcut"
        },
    ),
    "pipx": Words(
        dry="-h/--help",
        commands={
            "run": Words(valued="--spec --python --pip-args -i/--index-url --with", before=0, how="fetches"),
            "install inject": Words(valued="--python --pip-args -i/--index-url --suffix --preinstall"),
        },
        effects={
            PYTHON: "install inject upgrade uninstall uninject reinstall install-all upgrade-all uninstall-all"
            " reinstall-all runpip upgrade-shared"
        },
    ),
    "flit": Words(valued="--python --deps --extras -f/--ini-file", dry="-h/--help", effects={PYTHON: "install"}),
    "virtualenv": Words(valued="-p/--python --prompt --app-data --seeder --pip --setuptools --wheel"),
    "coverage": Words(
        commands={
            "run": Words(
                valued="--source --omit --include --rcfile --data-file --context --concurrency",
                module="-m/--module",
                before=0,
            )
        }
    ),
    "accelerate": Words(
        commands={
            "launch": Words(
                valued="--config_file --num_processes --num_machines --machine_rank --main_process_ip"
                " --main_process_port --mixed_precision --gpu_ids --dynamo_backend",
                module="-m/--module",
                before=0,
            )
        }
    ),
}
