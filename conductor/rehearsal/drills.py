"""The drills, as data: what goes wrong, and how the release must end."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from conductor.config.settings import BuildSettings
from conductor.errors import ExitCode, UsageProblem
from conductor.rehearsal.builder import BuildFault

SEED_WHEEL = "flash_attn-2.8.3+cu12torch2.7cxx11abiFALSE-cp310-cp310-linux_x86_64.whl"
_SEED_URL = f"https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/{SEED_WHEEL}"

_SEED_BASE = "pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime"

Change = Callable[[Path, BuildSettings, str | None], str]


@dataclass(frozen=True, slots=True)
class Drill:
    """One thing that goes wrong.

    `change` edits the temporary clone (root, build settings, handler's path) and returns the commit's message;
    `outcome`, `exit_code` and `cause` are how the release must end, `diagnosed` what its logs must be found to say,
    `deployments` how often an image was configured.
    With `passes_preflight` the fault is one that the checks before the push did not see; with `handler_must_run` no
    example may answer for the handler.
    """

    name: str
    summary: str
    change: Change
    outcome: str
    exit_code: ExitCode
    cause: str
    diagnosed: str
    deployments: int
    build_faults: tuple[BuildFault, ...] = ()
    passes_preflight: bool = False
    handler_must_run: bool = False

    @property
    def declared(self) -> str:
        """Return how it must end, in words."""
        return f"{self.outcome}, exit {int(self.exit_code)}"


def use_seed_wheel(root: Path, build: BuildSettings, _: str | None) -> str:
    """Write the Dockerfile lines that the seed's day began with: a wheel for Python 3.10 on an image that has 3.11."""
    path = root / build.dockerfile
    text = path.read_text(encoding="utf-8").rstrip("\n")
    base = "" if _SEED_BASE in text else f"\nFROM {_SEED_BASE}"
    path.write_text(f"{text}{base}\nRUN pip install --no-cache-dir \\\n    {_SEED_URL}\n", encoding="utf-8")
    return "Install flash-attention from the published wheel"


def break_handler(root: Path, _: BuildSettings, handler: str | None) -> str:
    """Make the handler import what no image has, so that its workers crash before they take a job."""
    if handler is None or not (root / handler).is_file():
        raise UsageProblem(
            "this drill breaks the worker's handler, and none was found",
            hint="name it in CONDUCTOR.md: build.handler",
        )
    path = root / handler
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    lines.insert(_first_import(lines), "import seedvr2_kernels_that_no_run_line_builds  # noqa\n")
    path.write_text("".join(lines), encoding="utf-8")
    return "Use the fused kernels"


def _first_import(lines: list[str]) -> int:
    """Return where the first import stands that may have another before it; the end where there is none."""
    try:
        statements = ast.parse("".join(lines)).body
    except SyntaxError:
        return len(lines)
    imports = (node for node in statements if isinstance(node, ast.Import | ast.ImportFrom))
    return next((node.lineno - 1 for node in imports if getattr(node, "module", "") != "__future__"), len(lines))


DRILLS: dict[str, Drill] = {
    drill.name: drill
    for drill in (
        Drill(
            name="build-fails",
            summary="the image's build ends with the seed's wheel error; nothing is deployed",
            change=use_seed_wheel,
            outcome="stopped",
            exit_code=ExitCode.STOPPED,
            cause="WHEEL_PLATFORM",
            diagnosed="WHEEL_PLATFORM",
            deployments=0,
            passes_preflight=True,
            build_faults=(
                BuildFault(
                    SEED_WHEEL,
                    (
                        f"#3 RUN pip install --no-cache-dir {_SEED_URL}",
                        f"ERROR: {SEED_WHEEL} is not a supported wheel on this platform.",
                    ),
                ),
            ),
        ),
        Drill(
            name="worker-unhealthy",
            summary="the new release's workers crash; the digest that served before is put back",
            change=break_handler,
            outcome="rolled_back",
            exit_code=ExitCode.STOPPED,
            cause="WORKERS_UNHEALTHY",
            diagnosed="MODULE_MISSING",
            deployments=2,
            handler_must_run=True,
        ),
    )
}


def find_drill(name: str) -> Drill:
    """Return the drill of that name; raises UsageProblem with the names there are."""
    if name not in DRILLS:
        raise UsageProblem(f"no drill {name!r}", hint=f"one of: {', '.join(DRILLS)}, or all")
    return DRILLS[name]
