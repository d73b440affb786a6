"""As much of torch as the worker's engine uses, on numpy: stands beside the program that stands in for SeedVR2's."""

import os
from types import SimpleNamespace

import numpy as np

__version__ = "0+standin"


class OutOfMemoryError(RuntimeError):
    pass


class Tensor(np.ndarray):
    def float(self):
        return self.astype(np.float32)

    def clamp(self, low, high):
        return np.clip(self, low, high)

    def numpy(self):
        return self.view(np.ndarray)


def from_numpy(array):
    return array.view(Tensor)


def _gib():
    return float(os.environ.get("STANDIN_FREE_GIB", "44.5"))


cuda = SimpleNamespace(
    is_available=lambda: os.environ.get("STANDIN_GPU") != "none",
    get_device_name=lambda _: "NVIDIA L40 (stand-in)",
    mem_get_info=lambda: (int(_gib() * 2**30), int(_gib() * 2**30)),
    memory_reserved=lambda: 0,
    memory_allocated=lambda: 0,
    reset_peak_memory_stats=lambda: None,
    max_memory_allocated=lambda: 3 << 30,
    set_per_process_memory_fraction=lambda _: None,
)
