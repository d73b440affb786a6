"""Stands in for SeedVR2's program: the same entries and options, doubles pictures with numpy, and fails as it is told.

STANDIN_FAULTS names a JSON file with a list of faults, one for each call, the first ones first: `null`, `"oom"`, `"die"`,
`"kill"`, `"hang"`, `"short"` or `"fail"`. STANDIN_CALLS names a file that gets one line of JSON for each call.
"""

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import torch

debug = None
if os.environ.get("STANDIN_IMPORT"):
    raise ImportError(os.environ["STANDIN_IMPORT"])


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("input")
    for name, default in {
        "model_dir": None, "dit_model": "", "resolution": 1080, "batch_size": 5, "temporal_overlap": 0, "seed": 42,
        "uniform_batch_size": False, "color_correction": "lab", "attention_mode": "sdpa", "vae_encode_tiled": False,
        "vae_decode_tiled": False, "cache_dit": False, "cache_vae": False, "dit_offload_device": "none",
        "vae_offload_device": "none",
    }.items():  # fmt: skip
        parser.add_argument(f"--{name}", default=default)
    return parser.parse_args()


def _process_frames_core(frames_tensor, args, device_id, debug, runner_cache):
    assert args.batch_size % 4 == 1
    assert frames_tensor.dtype == np.float16
    assert frames_tensor.min() >= 0
    assert frames_tensor.max() <= 1
    print("the program talks on stdout")
    reused = "ctx" in runner_cache
    runner_cache["ctx"] = device_id
    count, height, width, _ = frames_tensor.shape
    with Path(os.environ["STANDIN_CALLS"]).open("a") as calls:
        print(json.dumps({**vars(args), "pid": os.getpid(), "frames": count, "reused": reused}), file=calls)
    fault = _take_fault()
    if fault == "oom":
        raise torch.OutOfMemoryError(
            "Allocation on device 0 would exceed allowed memory. (out of memory)\n"
            "Currently allocated     : 34.93 GiB\nRequested               : 9.89 GiB\nDevice limit : 44.50 GiB"
        )
    if fault == "fail":
        raise ValueError("a tensor of the wrong shape\nwith a second line")
    if fault == "die":
        sys.exit("a driver's last words")
    if fault == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if fault == "hang":
        time.sleep(600)
    scale = args.resolution / min(height, width)
    rows = np.minimum((np.arange(round(height * scale)) / scale).astype(int), height - 1)
    columns = np.minimum((np.arange(round(width * scale)) / scale).astype(int), width - 1)
    made = frames_tensor[:, rows][:, :, columns]
    return made[:-1] if fault == "short" else made


def _take_fault():
    path = Path(os.environ.get("STANDIN_FAULTS", "none"))
    faults = json.loads(path.read_text()) if path.is_file() else []
    if not faults:
        return None
    path.write_text(json.dumps(faults[1:]))
    return faults[0]
