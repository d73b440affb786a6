"""Make a SeedVR2 that a CPU runs in seconds: the real program with a configuration of few and narrow layers.

    PYTHON tests/image/small_seedvr2.py PROGRAM FOLDER

PROGRAM is a checkout of ComfyUI-SeedVR2_VideoUpscaler at the commit that the Dockerfile pins, PYTHON one that has torch
and image/requirements.txt. FOLDER gets `program` and `weights`, random ones under the published names. Then:

    CONDUCTOR_TEST_SEEDVR2=FOLDER CONDUCTOR_ENGINE_PYTHON=PYTHON pytest tests/image/test_worker_seedvr2.py -k real
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
import sys
from pathlib import Path

DIT, VAE = "seedvr2_ema_3b_fp16.safetensors", "ema_vae_fp16.safetensors"
VAE_CONFIGURATION = "src/models/video_vae_v3/s8_c16_t4_inflation_sd3.yaml"
NARROW = {
    "configs_3b/main.yaml": {
        r"vid_dim: 2560": "vid_dim: 64",
        r"heads: 20": "heads: 2",
        r"head_dim: 128": "head_dim: 32",
        r"num_layers: 32": "num_layers: 2",
        r"mm_layers: 10": "mm_layers: 1",
        r"rope_dim: 128": "rope_dim: 32",
        r"dtype: float16": "dtype: float32",
    },
    VAE_CONFIGURATION: {r"- (128|256|512)\b": "- 32", r"layers_per_block: 2": "layers_per_block: 1"},
}


def main() -> None:
    """Copy the program, narrow its configuration, and write weights for it."""
    given, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    program, weights = folder / "program", folder / "weights"
    shutil.copytree(given, program, ignore=shutil.ignore_patterns(".git", "docs", "__pycache__"))
    weights.mkdir()
    for name, changes in NARROW.items():
        text = (program / name).read_text()
        for old, new in changes.items():
            text, count = re.subn(old, new, text)
            assert count, f"{name} has no {old}: not the pinned commit"
        (program / name).write_text(text)
    write_weights(program, weights)


def write_weights(program: Path, folder: Path) -> None:
    """Write random weights for the program's models."""
    os.chdir(program)
    sys.path.insert(0, str(program))
    torch = importlib.import_module("torch")
    omegaconf = importlib.import_module("omegaconf").OmegaConf
    config = importlib.import_module("src.common.config")
    save_file = importlib.import_module("safetensors.torch").save_file
    importlib.import_module("src.core.model_configuration")  # it tells the configuration where its objects are
    torch.manual_seed(0)
    whole = config.load_config(str(program / "configs_3b/main.yaml"))
    omegaconf.set_struct(whole, value=False)
    vae = omegaconf.merge(whole.vae.model, omegaconf.load(program / VAE_CONFIGURATION))
    for name, model in ((DIT, whole.dit.model), (VAE, vae)):
        with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
            state = config.create_object(model).state_dict()
        save_file({key: value.detach().half().contiguous().cpu() for key, value in state.items()}, str(folder / name))
        (folder / name).chmod(0o644)  # else nobody but their maker reads them


if __name__ == "__main__":
    main()
