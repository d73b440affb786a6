"""Ask torch, flash-attn and the GPU what they are and whether they work together: one line of JSON on stdout.

    python -m worker.probe

A process of its own, because a wheel for another ABI or a broken driver may end it with a signal or keep it waiting,
and because the worker's first process should hold no CUDA context: it would take hundreds of MiB of the GPU from the
one that works. Whatever fails is a text in the answer; nothing is judged here (see `worker/selftest.py`).
"""

from __future__ import annotations

import ctypes
import json
from typing import Any

ANSWER = "probe: "  # libraries print where and when they like
TEXT_CHARS = 300
MIB = 1 << 20


def main() -> None:
    """Print what was found behind ANSWER; keys without a value are missing."""
    print(f"\n{ANSWER}{json.dumps(probe())}", flush=True)


def probe() -> dict[str, Any]:
    """Return what is known of the driver, torch, flash-attn and the first GPU; each needs the ones before it."""
    found: dict[str, Any] = {**_driver(), **_torch()}
    if "torch" in found:
        found |= _flash_attn()
        found |= _gpu()
    if "gpu" in found:
        found |= _kernel()
        if "flash_attn" in found:
            found |= _attention()
    return found


def _driver() -> dict[str, Any]:
    """Ask the driver's own library, which needs no torch: the newest CUDA it speaks, and what stops it."""
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return {}
    version = ctypes.c_int()
    if cuda.cuDriverGetVersion(ctypes.byref(version)) != 0:
        return {}
    found: dict[str, Any] = {"driver_cuda": f"{version.value // 1000}.{version.value % 1000 // 10}"}
    code = cuda.cuInit(0)
    return found if code == 0 else {**found, "driver_error": f"cuInit answers {code}"}


def _torch() -> dict[str, Any]:
    try:
        import torch
    except Exception as error:  # noqa: BLE001 (an import runs other people's code)
        return {"torch_error": _text(error)}
    return {
        "torch": str(torch.__version__),
        "cuda": torch.version.cuda,
        "cxx11abi": bool(torch.compiled_with_cxx11_abi()),
        "kernels": list(torch.cuda.get_arch_list()) or _compiled_kernels(torch),
    }


def _compiled_kernels(torch: Any) -> list[str]:
    """Return the architectures that torch was compiled for: `get_arch_list` says none where there is no GPU."""
    flags = getattr(torch._C, "_cuda_getArchFlags", lambda: None)()  # noqa: SLF001 (there is no other way without a GPU)
    return str(flags).split() if flags else []


def _flash_attn() -> dict[str, Any]:
    try:
        import flash_attn  # type: ignore[import-not-found] # only the image has it
        from flash_attn import flash_attn_func, flash_attn_varlen_func  # noqa: F401 (what the program and diffusers ask for)
    except Exception as error:  # noqa: BLE001
        return {"flash_attn_error": _text(error)}
    return {"flash_attn": str(getattr(flash_attn, "__version__", "unknown"))}


def _gpu() -> dict[str, Any]:
    import torch

    try:
        if not torch.cuda.is_available():
            return {}
        major, minor = torch.cuda.get_device_capability(0)
        free, total = torch.cuda.mem_get_info(0)
        return {
            "gpu": {
                "name": str(torch.cuda.get_device_name(0)),
                "capability": f"{major}.{minor}",
                "free_mib": free // MIB,
                "total_mib": total // MIB,
            }
        }
    except Exception as error:  # noqa: BLE001
        return {"gpu_error": _text(error)}


def _kernel() -> dict[str, Any]:
    """Run a kernel of torch's own: where it is missing, nothing else can work."""
    import torch

    try:
        total = float(torch.ones(64, device="cuda").sum())
    except Exception as error:  # noqa: BLE001
        return {"kernel_error": _text(error)}
    return {"kernel": "works"} if total == 64 else {"kernel_error": f"64 ones add up to {total}"}


def _attention() -> dict[str, Any]:
    """Run one tiny attention, and compare it with torch's."""
    import torch
    from flash_attn import flash_attn_func
    from torch.nn.functional import scaled_dot_product_attention

    try:
        generator = torch.Generator("cuda").manual_seed(0)
        query, key, value = (
            torch.randn(1, 32, 2, 64, device="cuda", dtype=torch.float16, generator=generator) for _ in range(3)
        )
        got = flash_attn_func(query, key, value)
        wanted = scaled_dot_product_attention(*(part.transpose(1, 2) for part in (query, key, value))).transpose(1, 2)
        worst = float((got - wanted).abs().max())
    except Exception as error:  # noqa: BLE001
        return {"attention_error": _text(error)}
    return {"attention": "flash_attn_2"} if worst < 0.01 else {"attention_error": f"its result is {worst:.3g} off"}


def _text(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:TEXT_CHARS]


if __name__ == "__main__":
    main()
