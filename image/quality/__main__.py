"""Print how a backend compares with bicubic, clip by clip: `python -m quality --help`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import sys
from collections.abc import Iterable
from pathlib import Path

# Beside `worker`, wherever this is started from.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from quality.harness import FRAMES, MODEL, Row, measure_backend
from quality.measure import Likeness

_HEAD = f"{'':28}{'backend':>14}{'swscale':>16}{'OpenCV':>16}{'above swscale':>19}{'worst frame':>18}"


def render_table(rows: Iterable[Row]) -> Iterable[str]:
    """Yield the lines: PSNR in dB and SSIM, the margin above swscale's bicubic, and the backend's worst frame."""
    yield _HEAD
    for row in rows:
        name = f"{row.clip}, 1/{row.scale} {row.shrunk}"
        db, ssim = row.margin
        worst = f"{row.backend.worst_psnr_db:.2f} {row.backend.worst_ssim:.4f}"
        yield (
            f"{name:28}{_show(row.backend):>14}{_show(row.swscale):>16}{_show(row.opencv):>16}"
            f"{f'{db:+.2f} {ssim:+.4f}':>19}{worst:>18}"
        )


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and return 0; what a backend refuses is told in one line, with exit 1."""
    from worker.backends import BACKENDS
    from worker.contract import JobError

    parser = argparse.ArgumentParser(prog="python -m quality", description="Compare a backend with bicubic.")
    parser.add_argument("--backend", choices=list(BACKENDS), default="cpu")
    parser.add_argument("--model", default=MODEL, help=f"of the backend seedvr2 (default {MODEL})")
    parser.add_argument("--scale", type=int, choices=(2, 4), action="append", help="may be given twice; default: both")
    parser.add_argument("--frames", type=int, default=FRAMES, help=f"of each clip (default {FRAMES})")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    given = parser.parse_args(arguments)
    if given.frames < 1:
        parser.error("--frames must be at least 1")
    rows = measure_backend(given.backend, tuple(given.scale or (2, 4)), model=given.model, frames=given.frames)
    try:
        for line in (_to_json(row) for row in rows) if given.json else render_table(rows):
            print(line, flush=True)
    except JobError as error:
        print(f"quality: {error.code}: {error.message}", file=sys.stderr)
        return 1
    return 0


def _show(likeness: Likeness | None) -> str:
    return f"{likeness.psnr_db:.2f} {likeness.ssim:.4f}" if likeness else "-"


def _to_json(row: Row) -> str:
    def finite(likeness: Likeness | None) -> dict[str, float | None] | None:
        if likeness is None:
            return None
        return {name: value if math.isfinite(value) else None for name, value in dataclasses.asdict(likeness).items()}

    measured = {name: finite(getattr(row, name)) for name in ("backend", "swscale", "opencv")}
    return json.dumps({"clip": row.clip, "shrunk": row.shrunk, "scale": row.scale, **measured})


if __name__ == "__main__":
    sys.exit(main())
