"""The self-test: what follows from the facts of good and bad machines, and the same asked of real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from worker import selftest
from worker.selftest import Facts, find_problems, has_kernel, list_backends, report
from worker_harness import IMAGE, REVISION

KERNELS = ["sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90"]  # torch 2.7.1+cu126 says so
L40 = {"name": "NVIDIA L40", "capability": "8.9", "free_mib": 45000, "total_mib": 45589}
IMAGE_WITHOUT_GPU = {
    "torch": "2.7.1+cu126", "cuda": "12.6", "cxx11abi": True, "kernels": KERNELS, "flash_attn": "2.8.3",
}  # fmt: skip
GOOD = {**IMAGE_WITHOUT_GPU, "driver_cuda": "12.8", "gpu": L40, "kernel": "works", "attention": "flash_attn_2"}
DEVICES = ("/dev/nvidia0",)


def _good(without=(), **changed):
    return {**{name: value for name, value in GOOD.items() if name not in without}, **changed}


def _machine(probe, **more):
    return Facts(**{"gpu_devices": DEVICES, "log": {"driver": "470.82.01"}, "probe": probe, **more})


def test_an_l40_with_the_images_own_parts_serves_both_backends():
    facts = _machine(GOOD)
    assert find_problems(facts) == []
    assert list_backends(facts) == ["cpu", "seedvr2"]
    assert report(facts, [])["worker"] == "starting"


def test_the_image_on_a_machine_without_a_gpu_serves_the_cpu_and_says_so():
    facts = _machine(IMAGE_WITHOUT_GPU, gpu_devices=())
    assert find_problems(facts) == []
    assert list_backends(facts) == ["cpu"]
    assert "no GPU" in report(facts, [])["note"]


def test_a_plain_copy_of_the_folder_serves_the_cpu_and_is_asked_for_nothing_else():
    facts = Facts(gpu_devices=DEVICES)
    assert find_problems(facts) == []
    assert list_backends(facts) == ["cpu"]
    assert "note" not in report(facts, [])


NO_KERNEL = "AcceleratorError: CUDA error: no kernel image is available for execution on the device"


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (_machine(None, probe_error="the probe ended with signal 11: it said nothing"), ["signal 11"]),
        (_machine(None, probe_error="no answer in 180 s"), ["no answer in 180 s"]),
        (
            _machine({"torch_error": "ImportError: libcudnn.so.9: cannot open shared object file"}),
            ["torch can't be imported", "libcudnn.so.9"],
        ),
        (_machine(_good(torch="2.13.0+cpu", cuda=None)), ["2.13.0+cpu", "without CUDA"]),
        (
            _machine(_good(["flash_attn"], flash_attn_error="ImportError: undefined symbol: _ZN3c104impl3cow", torch="2.6.0")),
            ["flash-attn can't be imported", "undefined symbol", "torch 2.6.0", "C++11 ABI TRUE"],
        ),
        (
            _machine({**IMAGE_WITHOUT_GPU, "driver_cuda": "11.4"}),
            ["470.82.01 is too old", "CUDA 11.4", "needs 12.6", "CUDA filter"],
        ),
        (_machine(IMAGE_WITHOUT_GPU), ["/dev/nvidia0", "libcuda.so.1", "--gpus all"]),
        (
            _machine({**IMAGE_WITHOUT_GPU, "driver_cuda": "12.8", "driver_error": "cuInit answers 802"}),
            ["/dev/nvidia0", "cuInit answers 802"],
        ),
        (
            _machine({**IMAGE_WITHOUT_GPU, "driver_cuda": "12.8", "gpu_error": "RuntimeError: CUDA unknown error"}),
            ["CUDA unknown error"],
        ),
        (
            _machine(_good(["kernel", "attention"], gpu={**L40, "name": "NVIDIA GeForce RTX 5090", "capability": "12.0"})),
            ["no kernel for NVIDIA GeForce RTX 5090", "12.0", "sm_90"],
        ),
        (_machine(_good(["kernel", "attention"], kernel_error=NO_KERNEL)), ["NVIDIA L40", "no kernel image"]),
        (
            _machine(
                _good(
                    ["attention"],
                    gpu={**L40, "name": "Tesla T4", "capability": "7.5"},
                    attention_error="RuntimeError: FlashAttention only supports Ampere GPUs or newer.",
                )
            ),
            ["flash-attn 2.8.3 does not work on Tesla T4", "only supports Ampere"],
        ),
        (_machine(_good(["attention"], attention_error="its result is 0.5 off")), ["0.5 off"]),
        (Facts(python=(3, 10, 12)), ["3.11", "3.10.12"]),
        (Facts(video_error="PyAV can't be imported: no"), ["PyAV"]),
        (Facts(scratch_error="the scratch folder /tmp can't be written: Read-only file system"), ["/tmp", "Read-only"]),
    ],
)  # fmt: skip
def test_a_bad_machine_is_refused_with_one_clear_line(facts, words):
    problems = find_problems(facts)
    assert len(problems) == 1
    assert "\n" not in problems[0]
    for word in words:
        assert word in problems[0]
    said = report(facts, problems)
    assert (said["worker"], said["serves"], said["problems"]) == ("cannot start", [], problems)


def test_a_kernel_that_runs_counts_more_than_a_list_of_architectures():
    assert find_problems(_machine(_good(kernels=["sm_50"]))) == []


@pytest.mark.parametrize("hidden", ["", "-1"])
def test_a_gpu_that_is_hidden_on_purpose_is_none(monkeypatch, hidden):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert selftest._find_devices() == ()


def test_what_is_wrong_with_the_machine_and_with_the_gpu_are_both_told():
    assert len(find_problems(_machine({"torch_error": "no"}, scratch_error="full"))) == 2


@pytest.mark.parametrize(
    ("driver_cuda", "needs"), [("12.0", "12.6"), ("12.6", "12.6"), ("12.9", "12.6"), ("13.0", "12.6")]
)
def test_a_driver_of_the_same_major_or_newer_is_not_called_too_old(driver_cuda, needs):
    probe = {**IMAGE_WITHOUT_GPU, "cuda": needs, "driver_cuda": driver_cuda, "driver_error": "cuInit answers 999"}
    assert "too old" not in find_problems(_machine(probe))[0]


@pytest.mark.parametrize(
    ("kernels", "capability", "runs"),
    [
        (KERNELS, "8.9", True),  # the L40 runs sm_80's and sm_86's code
        (KERNELS, "8.0", True),
        (KERNELS, "9.0", True),
        (KERNELS, "7.5", True),
        (KERNELS, "10.0", False),
        (KERNELS, "12.0", False),
        (["sm_86"], "8.0", False),  # never backwards
        (["sm_80"], "9.0", False),  # a binary stays in its major
        (["compute_80"], "9.0", True),  # PTX does not
        (["compute_90"], "8.9", False),
        (["sm_90a"], "9.0", True),
        (["sm_90a", "compute_90a"], "10.0", False),
        (["sm_100f"], "10.3", True),
        (["sm_120"], "12.0", True),
        ([], "8.9", True),  # nothing is known: the kernel that is run decides
        (["gfx942"], "8.9", True),
    ],
)
def test_a_kernel_runs_where_cuda_says_it_runs(kernels, capability, runs):
    assert has_kernel(kernels, capability) is runs


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\n", "550.54.15"),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  560.35.03  Release Build\n", "560.35.03"),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  570.86.15  Release\n", "570.86.15"),
        ("", None),
    ],
)
def test_the_drivers_version_is_read_from_either_kernel_module(tmp_path, text, version):
    (tmp_path / "version").write_text(text)
    assert selftest._read_driver(tmp_path / "version") == version
    assert selftest._read_driver(tmp_path / "missing") is None


def _start(program, libraries=None, python=sys.executable, options="", **environment):
    """Run the self-test as the handler does, with a program where the image has it."""
    call = f"selftest.check_machine(Path({str(program)!r}), {options})"
    code = f"from pathlib import Path; from worker import selftest; {call}"
    path = os.pathsep.join(str(part) for part in (libraries, IMAGE) if part)
    done = subprocess.run(
        [python, "-c", code],
        cwd=IMAGE,
        env={**os.environ, "PYTHONPATH": path, "CONDUCTOR_REVISION": REVISION, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, [json.loads(line) for line in done.stderr.splitlines()]


@pytest.fixture
def program(tmp_path):
    folder = tmp_path / "seedvr2"
    folder.mkdir()
    (folder / "inference_cli.py").write_text("")
    return folder


FLASH_ATTN = "__version__ = '2.8.3'\nflash_attn_func = flash_attn_varlen_func = print\n"


def _write_libraries(folder, torch, flash_attn=FLASH_ATTN):
    (folder / "torch.py").write_text(torch)
    (folder / "flash_attn.py").write_text(flash_attn)
    return folder


# What torch 2.7.1+cu126 answers on a machine without a GPU.
TORCH = """
import types
__version__ = "2.7.1+cu126"
version = types.SimpleNamespace(cuda="12.6")
cuda = types.SimpleNamespace(is_available=lambda: False, get_arch_list=lambda: [])
_C = types.SimpleNamespace(_cuda_getArchFlags=lambda: "sm_80 sm_90")
compiled_with_cxx11_abi = lambda: True
"""


def test_the_report_of_a_real_process_names_every_part(tmp_path, program):
    code, lines = _start(program, _write_libraries(tmp_path, TORCH), SEEDVR2_COMMIT="4490bd1")
    assert code == 0
    assert lines[0] == {"worker": "checking", "revision": REVISION}
    said = lines[-1]
    assert (said["worker"], said["serves"], said["revision"]) == ("starting", ["cpu"], REVISION)
    assert (said["torch"], said["cuda"], said["cxx11abi"]) == ("2.7.1+cu126", "12.6", True)
    assert (said["flash_attn"], said["program"], said["kernels"]) == ("2.8.3", "4490bd1", ["sm_80", "sm_90"])
    assert said["packages"].keys() == {"runpod", "av"}
    assert said["scratch"]["free_gib"] > 0
    assert said.keys() >= {"python", "machine", "user", "driver", "volume", "context"}


@pytest.mark.parametrize(
    ("torch", "flash_attn", "words"),
    [
        ("raise ImportError('libtorch_cuda.so: no')", "", ["torch can't be imported", "libtorch_cuda.so"]),
        (TORCH, "raise ImportError('undefined symbol: _ZN2at4')", ["flash-attn", "undefined symbol", "ABI TRUE"]),
        (TORCH, "", ["flash-attn can't be imported", "flash_attn_func"]),
        (TORCH, "flash_attn_func = print", ["flash-attn can't be imported", "flash_attn_varlen_func"]),
        (TORCH, "import os; os.kill(os.getpid(), 11)", ["signal 11"]),
        (TORCH, "import os; os._exit(3)", ["code 3"]),
        (TORCH, "raise SystemExit('bye')", ["code 1", "bye"]),
        (TORCH.replace('"12.6"', "None"), "", ["without CUDA"]),
        ("raise RuntimeError('two\\nlines')", "", ["two lines"]),
    ],
)
def test_a_worker_that_can_not_use_its_parts_says_why_and_does_not_serve(tmp_path, program, torch, flash_attn, words):
    code, lines = _start(program, _write_libraries(tmp_path, torch, flash_attn))
    assert code == 1
    assert lines[-1]["worker"] == "cannot start"
    (problem,) = lines[-1]["problems"]
    for word in words:
        assert word in problem


@pytest.mark.parametrize(
    ("code", "word"),
    [("import a_package_that_is_missing", "a_package_that_is_missing"), ("raise SystemExit(3)", "it said nothing")],
)
def test_the_build_imports_the_program_and_names_what_it_lacks(tmp_path, program, code, word):
    libraries = _write_libraries(tmp_path, TORCH)
    (program / "inference_cli.py").write_text("print('usage')")
    assert _start(program, libraries, options="import_program=True")[0] == 0
    (program / "inference_cli.py").write_text(code)
    assert _start(program, libraries)[0] == 0
    code, lines = _start(program, libraries, options="import_program=True")
    (problem,) = lines[-1]["problems"]
    assert (code, lines[-1]["serves"]) == (1, [])
    assert word in problem


def test_what_libraries_print_on_their_way_is_not_taken_for_the_answer(tmp_path, program):
    noisy = TORCH + "print('{}', end='')\nimport atexit\natexit.register(print, '{\\xff', flush=True)\n"
    code, lines = _start(program, _write_libraries(tmp_path, noisy))
    assert (code, lines[-1]["torch"]) == (0, "2.7.1+cu126")


def test_no_secret_of_the_environment_reaches_the_log(tmp_path, program):
    secret = "rpa_0123456789abcdef"
    code, lines = _start(program, _write_libraries(tmp_path, TORCH), RUNPOD_API_KEY=secret, CONDUCTOR_POD_TOKEN=secret)
    assert code == 0
    assert secret not in json.dumps(lines)


def test_without_any_folder_for_scratch_the_reason_is_told(tmp_path):
    """Python finds no temporary folder at all, as in a container whose file system is read-only and full."""
    code = "import tempfile; tempfile._candidate_tempdir_list = lambda: []; from worker import selftest; selftest.check_machine()"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=IMAGE, capture_output=True, text=True, check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 1
    (problem,) = json.loads(done.stderr)["problems"]
    assert f"the scratch folder {tmp_path} can't be written" in problem


@pytest.mark.skipif(
    "CONDUCTOR_TORCH_PYTHON" not in os.environ, reason="CONDUCTOR_TORCH_PYTHON names no Python with torch"
)
def test_a_real_torch_is_read(tmp_path, program):
    """Real torch with CUDA, without a GPU; only flash-attn is a stand-in."""
    (tmp_path / "flash_attn.py").write_text(FLASH_ATTN)
    code, lines = _start(program, tmp_path, os.environ["CONDUCTOR_TORCH_PYTHON"])
    assert code == 0
    assert (lines[-1]["serves"], lines[-1]["flash_attn"]) == (["cpu"], "2.8.3")
    assert has_kernel(lines[-1]["kernels"], "8.9")


def test_the_program_stands_where_the_dockerfile_puts_it():
    dockerfile = (IMAGE / "Dockerfile").read_text(encoding="utf-8")
    assert any(
        line.startswith("ADD ") and Path(line.split()[-1]) == selftest.PROGRAM for line in dockerfile.splitlines()
    )
