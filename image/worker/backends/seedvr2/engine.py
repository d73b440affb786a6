"""The child process that holds SeedVR2: imports the program once, then enlarges chunk after chunk, job after job.

    python -m worker.backends.seedvr2.engine /opt/seedvr2

It speaks in messages on stdin and stdout (`wire.py`); whatever the program prints goes to stderr. The first message
tells what was loaded. A request is `{"options": {…}, "resident", "bits": 8 | 16, "shape": [frames, height, width,
3]}` with RGB samples (little-endian), the answer `{"shape": …, "seconds", "peak_gib", "free_gib", "host_gib"}` with the
enlarged ones, or `{"error": "out_of_memory" | "failed", …}`. Its life ends with its stdin, or with its parent.

The options are those of `inference_cli.py` at the pinned commit, by the names that its own parser gives them.
"""

from __future__ import annotations

import importlib
import os
import re
import resource
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any, BinaryIO

from worker.backends.seedvr2 import wire

GIB = 1 << 30


def main() -> None:
    """Load the program and serve requests until stdin ends."""
    program = Path(sys.argv[1])
    given, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the program prints is a log, not an answer
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    try:
        engine = Engine(program)
        wire.send(answers, engine.describe())
    except Exception as error:  # noqa: BLE001 (the parent tells it, with its words)
        traceback.print_exc()
        wire.send(answers, {"error": "failed", "message": _words(error)})
        return
    serve(engine, given, answers)


def serve(engine: Engine, given: BinaryIO, answers: BinaryIO) -> None:
    """Answer each request in its turn."""
    while (message := wire.receive(given)) is not None:
        head, body = message
        try:
            answer, pixels = engine.enlarge(head, body)
        except Exception as error:  # noqa: BLE001 (an answer, and the parent decides what comes next)
            traceback.print_exc()
            wire.send(answers, engine.explain(error))
        else:
            wire.send(answers, answer, pixels)


class Engine:
    """The program's own functions with its models kept loaded between the calls."""

    def __init__(self, program: Path) -> None:
        os.chdir(program)
        sys.path.insert(0, str(program))
        sys.argv = ["inference_cli.py", "-"]
        self._program: Any = importlib.import_module("inference_cli")
        self._torch: Any = importlib.import_module("torch")
        self._defaults = vars(self._program.parse_arguments())
        self._loaded: dict[str, Any] = {}
        self._place = ""
        self._cuda = bool(self._torch.cuda.is_available())
        self._cap_gib = float(os.environ.get("CONDUCTOR_GPU_MEMORY_GIB") or "inf")
        if self._cuda and self._cap_gib != float("inf"):
            total = self._torch.cuda.mem_get_info()[1] / GIB
            self._torch.cuda.set_per_process_memory_fraction(min(1.0, self._cap_gib / total))

    def describe(self) -> dict[str, Any]:
        """Return what was loaded: versions, the GPU or null, its free memory, and the attention that it will use."""
        torch = self._torch
        compatibility = importlib.import_module("src.optimization.compatibility")
        return {
            "torch": str(torch.__version__),
            "gpu": str(torch.cuda.get_device_name(0)) if self._cuda else None,
            "free_gib": self._free_gib(),
            "attention": str(compatibility.validate_attention_mode("flash_attn_2")),
        }

    def enlarge(self, head: dict[str, Any], pixels: bytearray) -> tuple[dict[str, Any], memoryview]:
        """Enlarge the frames of one request; returns the answer and its pixels."""
        numpy, torch, started = importlib.import_module("numpy"), self._torch, time.monotonic()
        unknown = sorted(set(head["options"]) - set(self._defaults))
        if unknown:
            raise ValueError(f"this program has no option {', '.join(unknown)}")
        place = "cuda:0" if head["resident"] and self._cuda else "cpu"
        if place != self._place:  # the program keeps a context with the places of its first call
            self._loaded.pop("ctx", None)
            self._place = place
        places = {"dit_offload_device": place, "vae_offload_device": place}
        options = self._program.argparse.Namespace(**{**self._defaults, **head["options"], **places})
        kind, white = ("<u2", 65535) if head["bits"] == 16 else ("u1", 255)
        given = numpy.frombuffer(pixels, dtype=kind).reshape(head["shape"])
        frames = torch.from_numpy((given / numpy.float32(white)).astype(numpy.float16))
        if self._cuda:
            torch.cuda.reset_peak_memory_stats()
        made = self._program._process_frames_core(  # noqa: SLF001 (the commit is pinned; its public entry reads files)
            frames_tensor=frames,
            args=options,
            device_id="0" if self._cuda else "cpu",
            debug=self._program.debug,
            runner_cache=self._loaded,
        )
        samples = made.float().clamp(0, 1).numpy()
        samples *= white  # in place: this is the most that a chunk takes of the host's memory
        picture = numpy.rint(samples, out=samples).astype(kind, order="C")
        answer = {
            "shape": list(picture.shape),
            "seconds": round(time.monotonic() - started, 3),
            "peak_gib": round(torch.cuda.max_memory_allocated() / GIB, 2) if self._cuda else None,
            "free_gib": self._free_gib(),
            "host_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20), 2),
        }
        return answer, memoryview(picture).cast("B")

    def explain(self, error: Exception) -> dict[str, Any]:
        """Return a failed request's answer, with what was asked for and what was free where memory ran out."""
        if not is_out_of_memory(error):
            return {"error": "failed", "message": _words(error)}
        return {"error": "out_of_memory", "asked": asked_for(str(error)), "free_gib": self._free_gib()}

    def _free_gib(self) -> float | None:
        if not self._cuda:
            return None
        try:
            cuda = self._torch.cuda
            used = cuda.memory_allocated()
            free = cuda.mem_get_info()[0] + cuda.memory_reserved() - used
        except RuntimeError:  # CUDA is broken after some faults; the parent replaces this process
            return None
        return round(float(max(0.0, min(free / GIB, self._cap_gib - used / GIB))), 2)


def is_out_of_memory(error: BaseException | None) -> bool:
    """Say whether an exception, or one that it came from, is CUDA out of memory."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if type(error).__name__ == "OutOfMemoryError" or "out of memory" in str(error).lower():
            return True
        error = error.__cause__ or error.__context__
    return False


def asked_for(text: str) -> str | None:
    """Return the amount that an allocator's message says was asked for, such as `9.89 GiB`."""
    found = re.search(r"(?:Tried to allocate|Requested\s*:)\s*([\d.]+ [KMGT]i?B)", text)
    return found[1] if found else None


def _words(error: Exception) -> str:
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    return f"{type(error).__name__}: {first}"[:300]


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(2)
    os._exit(1)


if __name__ == "__main__":
    main()
