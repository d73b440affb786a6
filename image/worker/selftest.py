"""Check at start-up that this machine can do the work, and log the reason first where it can't.

    python -m worker.selftest [--program]     # print the report; exit 1 where the worker would not serve

What is found (`Facts`) and what follows from it (`find_problems`, `list_backends`) are apart. In the image, which has
the program in /opt/seedvr2, all that the backend `seedvr2` needs must fit together, or the worker doesn't serve: a job
that meets a GPU without a kernel fails much later and says less. A machine without any GPU is no fault (the build's
smoke job runs on one): the worker says so and serves `cpu`. A plain copy of the folder has no program, and is not asked
for torch. The build imports the program, too (`--program`): that needs 20 s, and its packages are the same everywhere.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from worker.contract import load_identity
from worker.probe import ANSWER

PROGRAM = Path("/opt/seedvr2")
VOLUME = Path("/runpod-volume")
PROBE_S = 180  # torch is imported from a cold disk in 20 s, and a GPU that was lost answers never
GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Facts:
    """What this machine is. `probe` is `worker/probe.py`'s answer, and None where the program is not here."""

    python: tuple[int, int, int] = sys.version_info[:3]
    video_error: str | None = None
    scratch_error: str | None = None
    probe: dict[str, Any] | None = None
    probe_error: str | None = None
    gpu_devices: tuple[str, ...] = ()
    log: dict[str, Any] = field(default_factory=dict)

    @property
    def in_image(self) -> bool:
        """Whether the program is here, and with it the promise to serve `seedvr2`."""
        return self.probe is not None or self.probe_error is not None


def check_machine(program: Path = PROGRAM, *, import_program: bool = False) -> Facts:
    """Gather the facts, print the report to stderr, and return them; ends the process with 1 where it can't work."""
    if (program / "inference_cli.py").is_file():
        print(json.dumps({"worker": "checking", "revision": load_identity().revision}), file=sys.stderr, flush=True)
    facts = gather_facts(program)
    problems = find_problems(facts)
    if import_program and facts.in_image and not problems:
        problems += filter(None, [_import_program(program)])
    print(json.dumps(report(facts, problems)), file=sys.stderr, flush=True)
    if problems:
        sys.exit(1)
    return facts


def find_problems(facts: Facts) -> list[str]:
    """Return what keeps this worker from doing its jobs, one line each; empty where it can work."""
    problems = [text for text in (_old_python(facts), facts.video_error, facts.scratch_error) if text]
    if facts.in_image and (problem := _find_first(facts)):
        problems.append(problem)
    return problems


def list_backends(facts: Facts) -> list[str]:
    """Return the backends that can work here."""
    return ["cpu", "seedvr2"] if facts.in_image and (facts.probe or {}).get("gpu") else ["cpu"]


def report(facts: Facts, problems: list[str]) -> dict[str, Any]:
    """Return what is logged: what this worker is, what it serves, and what is wrong with it."""
    identity = load_identity()
    said: dict[str, Any] = {
        "worker": "cannot start" if problems else "starting",
        "problems": problems,
        "serves": [] if problems else list_backends(facts),
    }
    if facts.in_image and not problems and not (facts.probe or {}).get("gpu"):
        said["note"] = "this machine has no GPU: only the backend `cpu` is served"
    return {
        **said,
        "revision": identity.revision,
        "context": identity.context,
        "python": ".".join(map(str, facts.python)),
        **facts.log,
        **(facts.probe or {}),
    }


def _find_first(facts: Facts) -> str | None:
    """Return the first thing that keeps `seedvr2` from working: each thing needs the ones before it."""
    found = facts.probe
    if found is None:
        return f"torch and the GPU could not be asked: {facts.probe_error}"
    if problem := _judge_build(found):
        return problem
    if "gpu" in found:
        return _judge_gpu(found)
    return _explain_missing_gpu(facts, found) if facts.gpu_devices else None


def _judge_build(found: dict[str, Any]) -> str | None:
    if "torch" not in found:
        return f"torch can't be imported: {found.get('torch_error')}"
    if not found.get("cuda"):
        return f"torch {found['torch']} is built without CUDA: something replaced the base image's torch"
    if "flash_attn" not in found:
        return f"flash-attn can't be imported: {found.get('flash_attn_error')} ({_describe_build(found)})"
    return None


def _judge_gpu(found: dict[str, Any]) -> str | None:
    gpu = f"{found['gpu']['name']} (compute capability {found['gpu']['capability']})"
    kernels = found.get("kernels") or []
    if "kernel" not in found:
        if not has_kernel(kernels, found["gpu"]["capability"]):
            return f"torch {found['torch']} has no kernel for {gpu}, only {' '.join(kernels)}"
        return f"{gpu} can't run torch's kernels: {found.get('kernel_error')}"
    if "attention" not in found:
        return f"flash-attn {found['flash_attn']} does not work on {gpu}: {found.get('attention_error')}"
    return None


def has_kernel(kernels: list[str], capability: str) -> bool:
    """Tell whether code for one of these architectures runs on a GPU of this capability (`8.9`).

    A binary `sm_XY` runs on its own major from Y on (`sm_90a` on 9.0 only), PTX `compute_XY` is compiled for any later
    GPU (CUDA C++ Programming Guide, Binary and PTX Compatibility).
    """
    major, minor = map(int, capability.split("."))
    read = [match for kernel in kernels if (match := re.fullmatch(r"(sm|compute)_(\d+)(\d)([af]?)", kernel))]
    # A spelling that isn't known here says nothing against the GPU.
    return not read or any(_runs(match[1], (int(match[2]), int(match[3])), match[4], (major, minor)) for match in read)


def _runs(kind: str, built_for: tuple[int, int], suffix: str, gpu: tuple[int, int]) -> bool:
    if suffix == "a":
        return gpu == built_for
    return gpu >= built_for and (gpu[0] == built_for[0] or (kind == "compute" and not suffix))


def _explain_missing_gpu(facts: Facts, found: dict[str, Any]) -> str:
    device, speaks = facts.gpu_devices[0], found.get("driver_cuda")
    driver = facts.log.get("driver") or "unknown"
    if speaks is None:
        return f"{device} is here, but the driver's library libcuda.so.1 is not: start the container with --gpus all"
    # Within a major, a newer minor's programs run too (CUDA Compatibility, minor version compatibility).
    if int(speaks.split(".")[0]) < int(found["cuda"].split(".")[0]):
        return (
            f"the driver {driver} is too old: it speaks CUDA {speaks}, torch {found['torch']} needs {found['cuda']}; "
            f"set the endpoint's CUDA filter to {found['cuda']}"
        )
    why = found.get("gpu_error") or found.get("driver_error") or "torch gives no reason"
    return f"{device} is here, but torch can't use it: {why} (driver {driver}, CUDA {speaks})"


def _describe_build(found: dict[str, Any]) -> str:
    abi = "TRUE" if found.get("cxx11abi") else "FALSE"
    return f"torch {found['torch']}, CUDA {found['cuda']}, C++11 ABI {abi}, Python {platform.python_version()}"


def _old_python(facts: Facts) -> str | None:
    version = ".".join(map(str, facts.python))
    return None if facts.python >= (3, 11) else f"Python 3.11 or newer is needed, not {version}"


def gather_facts(program: Path = PROGRAM, volume: Path = VOLUME) -> Facts:
    """Look at this machine; takes some seconds where the program is here, else none."""
    found, error = _run_probe() if (program / "inference_cli.py").is_file() else (None, None)
    return Facts(
        video_error=_check_video(),
        scratch_error=_check_scratch(),
        probe=found,
        probe_error=error,
        gpu_devices=_find_devices(),
        log={
            "machine": platform.machine(),
            "user": os.geteuid(),
            "packages": _read_versions("runpod", "av"),
            "program": os.environ.get("SEEDVR2_COMMIT") or "unknown" if found is not None else None,
            "driver": _read_driver(Path("/proc/driver/nvidia/version")),
            "scratch": _measure_disk(_scratch_folder()),
            "volume": _measure_disk(volume) if volume.is_dir() else None,
        },
    )


def _run_probe() -> tuple[dict[str, Any] | None, str | None]:
    """Return the probe's answer, or why there is none."""
    done = _run_python("-m", "worker.probe", folder=Path(__file__).resolve().parents[1])
    if isinstance(done, str):
        return None, done
    for line in reversed(done.stdout.splitlines()):
        if line.startswith(ANSWER):
            answer: dict[str, Any] = json.loads(line.removeprefix(ANSWER))
            return answer, None
    said = " ".join(done.stderr.split())[-200:] or "it said nothing"
    ended = f"signal {-done.returncode}" if done.returncode < 0 else f"code {done.returncode}"
    return None, f"the probe ended with {ended}: {said}"


def _run_python(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str] | str:
    """Run this Python to its end, or return why there is none."""
    try:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=folder, capture_output=True, text=True, errors="replace", timeout=PROBE_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"no answer in {PROBE_S} s"
    except OSError as error:
        return f"{sys.executable} can't be started: {error.strerror}"


def _import_program(program: Path) -> str | None:
    """Import all of the program, with the packages that are here; return its last words where that fails."""
    done = _run_python("inference_cli.py", "--help", folder=program)
    if isinstance(done, str):
        return f"the program in {program} can't be imported: {done}"
    said = [line for line in done.stderr.splitlines() if line.strip()] or ["it said nothing"]
    return f"the program in {program} can't be imported: {said[-1].strip()[-200:]}" if done.returncode else None


def _find_devices() -> tuple[str, ...]:
    """Return the GPUs that the container was given, whether or not a driver can use them; none that is hidden."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") in {"", "-1"}:
        return ()
    return tuple(sorted(str(path) for path in Path("/dev").glob("nvidia[0-9]*")))


def _read_driver(path: Path) -> str | None:
    """Return the kernel driver's version, as 560.35.03."""
    try:
        match = re.search(r"\b\d+\.\d+(?:\.\d+)?\b", path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
    return match[0] if match else None


def _read_versions(*names: str) -> dict[str, str]:
    """Return installed versions without importing anything: the SDK's import takes a second and may fail."""
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "missing"
    return found


def _measure_disk(path: Path) -> dict[str, Any] | None:
    try:
        usage = shutil.disk_usage(path)
    except OSError:
        return None
    return {"path": str(path), "free_gib": round(usage.free / GIB, 1), "writable": os.access(path, os.W_OK)}


def _check_video() -> str | None:
    try:
        import av
    except (ImportError, OSError) as error:
        return f"PyAV can't be imported: {error}"
    return None if "libx264" in av.codecs_available else "this PyAV has no libx264 encoder"


def _check_scratch() -> str | None:
    try:
        with tempfile.NamedTemporaryFile(prefix="selftest-") as file:
            file.write(b"0")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return f"the scratch folder {_scratch_folder()} can't be written: {error.strerror}"
    return None


def _scratch_folder() -> Path:
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError:  # none of those that Python tries can be written
        return Path(os.environ.get("TMPDIR") or "/tmp")  # noqa: S108 (named, not used)


if __name__ == "__main__":
    check_machine(import_program="--program" in sys.argv[1:])
