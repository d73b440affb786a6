"""The worker's cpu backend and bicubic on the same clips, made smaller by two and by four, in the same run.

What the table means stands in docs/worker.md. A clip may come out below bicubic (Lanczos rings on flat fields with hard
edges); on the mean of all clips the backend has to be at least as good, by PSNR and by SSIM.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "image"))

from quality.__main__ import render_table
from quality.harness import measure_backend

FRAMES = 6
WORST_DB = -0.5


def main() -> int:
    rows = list(measure_backend("cpu", frames=FRAMES))
    for line in render_table(rows):
        print(line)
    db, ssim = (statistics.mean(row.margin[which] for row in rows) for which in (0, 1))
    worst = min(row.margin[0] for row in rows)
    print(f"cpu above swscale's bicubic: {db:+.3f} dB, SSIM {ssim:+.4f} on average; worst clip {worst:+.2f} dB")
    return int(db < 0 or ssim < 0 or worst < WORST_DB)


if __name__ == "__main__":
    sys.exit(main())
