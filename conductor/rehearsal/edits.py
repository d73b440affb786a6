"""What a drill commits to the temporary clone before it is released."""

from __future__ import annotations

import ast
from pathlib import Path

from conductor.config.settings import BuildSettings
from conductor.errors import UsageProblem

SEED_WHEEL = "flash_attn-2.8.3+cu12torch2.7cxx11abiFALSE-cp310-cp310-linux_x86_64.whl"
SEED_URL = f"https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/{SEED_WHEEL}"
_SEED_BASE = "pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime"


def change_image(root: Path, build: BuildSettings, _: str | None) -> str:
    """Write a comment into the Dockerfile: another image, and nothing wrong with it."""
    _append(root / build.dockerfile, "# Changed by a drill.\n")
    return "Change the image"


def ask_for_no_run(root: Path, build: BuildSettings, handler: str | None) -> str:
    """Change the image in a commit whose message asks for no run."""
    return f"{change_image(root, build, handler)} [skip ci]"


def use_seed_wheel(root: Path, build: BuildSettings, _: str | None) -> str:
    """Write the Dockerfile lines that the seed's day began with: a wheel for Python 3.10 on an image that has 3.11."""
    path = root / build.dockerfile
    base = "" if _SEED_BASE in path.read_text(encoding="utf-8") else f"\nFROM {_SEED_BASE}\n"
    _append(path, f"{base}RUN pip install --no-cache-dir \\\n    {SEED_URL}\n")
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


def _append(path: Path, lines: str) -> None:
    text = path.read_text(encoding="utf-8").rstrip("\n")
    path.write_text(f"{text}\n{lines}", encoding="utf-8")


def _first_import(lines: list[str]) -> int:
    """Return where the first import stands that may have another before it; the end where there is none."""
    try:
        statements = ast.parse("".join(lines)).body
    except SyntaxError:
        return len(lines)
    imports = (node for node in statements if isinstance(node, ast.Import | ast.ImportFrom))
    return next((node.lineno - 1 for node in imports if getattr(node, "module", "") != "__future__"), len(lines))
