"""Print what one minute of video costs on an L40, as a table; every assumption is an option.

usage: python scripts/worker_cost.py [--price 0.00053] [--slower 5.5] [--fps 24 30 60] [--fixed 45]

Nothing here was measured on an L40. The seconds of a frame are an H200's (docs/worker.md). `--slower` says how many
times longer an L40 takes: 1 is the least that it can be, 5.5 what the data sheets suggest (dense BF16 181 against 989
TFLOPS, memory 864 against 4800 GB/s). `--price` is in dollars a second: RunPod's for a flex worker of the pool with the
L40 (docs.runpod.io, Endpoint settings, November 2026). `--fixed` is what a cold start adds, in seconds.
"""

from __future__ import annotations

import argparse

SECONDS_PER_FRAME = {"720p": 0.25, "1080p": 0.56, "2160p": 2.4}  # 3B fp16; 33 frames a batch, 2160p tiled
REPEATED = 33 / 30  # of each batch of 33 frames, three are the last ones of the batch before
MINUTE_S = 60


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Print what one minute of video costs on an L40.")
    parser.add_argument("--price", type=float, default=0.00053, help="dollars a second")
    parser.add_argument("--slower", type=float, default=5.5, help="times an H200's seconds of a frame")
    parser.add_argument("--fps", type=int, nargs="+", default=[24, 30, 60], help="frames a second of the video")
    parser.add_argument("--fixed", type=float, default=45, help="seconds of a cold start")
    return parser.parse_args(arguments)


def render_table(options: argparse.Namespace) -> str:
    """Return the table in Markdown: time and dollars for one minute, at H200's speed and at the assumed one."""
    rows = [
        "| output | frames a second | at an H200's speed | an L40, assumed | cold start beside it |",
        "| --- | --- | --- | --- | --- |",
    ]
    for size, seconds in SECONDS_PER_FRAME.items():
        for fps in options.fps:
            fast = MINUTE_S * fps * seconds * REPEATED
            both = [describe(time_s, options.price) for time_s in (fast, fast * options.slower)]
            rows.append(f"| {size} | {fps} | {both[0]} | {both[1]} | {describe(options.fixed, options.price)} |")
    return "\n".join(rows) + "\n"


def describe(time_s: float, price: float) -> str:
    """Return a time and what it costs."""
    time = f"{time_s:.0f} s" if time_s < 2 * MINUTE_S else f"{time_s / MINUTE_S:.0f} min"
    return f"{time}, ${time_s * price:.2f}"


if __name__ == "__main__":
    print(render_table(parse_options()), end="")
