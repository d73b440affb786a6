import pytest

from conductor.preflight.wheels import Environment, Reason, judge

RELEASES = "https://github.com/Dao-AILab/flash-attention/releases/download"
SEED_IMAGE = "pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime"
FITTING = "flash_attn-2.8.3+cu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl"
L40 = Environment.from_image(SEED_IMAGE, gpu="L40")


def flash(version="2.8.3", cuda="12", torch="2.7", label="TRUE", python="311", platform="linux_x86_64"):
    return f"flash_attn-{version}+cu{cuda}torch{torch}cxx11abi{label}-cp{python}-cp{python}-{platform}.whl"


def reasons(wheel, environment, url=None):
    return [fault.reason for fault in judge(wheel, environment, url).faults]


def test_a_wheel_that_fits_is_ok_and_needs_no_remedy():
    judgement = judge(FITTING, L40, f"{RELEASES}/v2.8.3/{FITTING.replace('+', '%2B')}")
    assert (judgement.verdict, judgement.reason, judgement.remedy) == ("ok", None, None)


def test_a_wheel_for_another_python_is_refused_and_the_right_one_named():
    judgement = judge(flash(label="FALSE", python="310"), L40)
    assert judgement.reason is Reason.PYTHON_TAG
    assert judgement.faults[0].message == "wheel is for CPython 3.10, the environment has 3.11"
    assert judgement.remedy.file == FITTING
    assert judgement.remedy.sha256.startswith("cd1a45ebfc17")


def test_the_replacement_of_the_seed_was_never_published():
    wheel = flash("2.5.8", "121", "2.3", "FALSE", "310")
    url = f"https://huggingface.co/ByteDance-Seed/SeedVR2-3B/resolve/main/{wheel}"
    found = judge(wheel, L40, url).faults
    assert [fault.reason for fault in found[:2]] == [Reason.URL_404, Reason.PYTHON_TAG]
    assert "no release of flash-attn ever had this one" in found[0].message
    assert reasons(wheel, L40)[0] is Reason.NOT_PUBLISHED


@pytest.mark.parametrize(
    ("wheel", "environment", "expected"),
    [
        (flash(platform="linux_aarch64", torch="2.9", python="312"), {}, [Reason.PYTHON_TAG, Reason.PLATFORM, Reason.TORCH_MINOR]),
        (FITTING, {"machine": "aarch64"}, [Reason.PLATFORM]),
        (FITTING, {"os": "windows", "machine": "AMD64"}, [Reason.PLATFORM]),
        (FITTING, {"glibc": "2.31"}, [Reason.PLATFORM]),
        (FITTING, {"glibc": "2.32"}, []),
        (FITTING, {"torch": "2.7.0"}, []),
        (FITTING, {"torch": "2.8.0+cu128", "cuda": "12.8"}, [Reason.TORCH_MINOR]),
        (FITTING, {"torch": "2.7.1+cu118", "cuda": "11.8"}, [Reason.CUDA_MAJOR]),
        (FITTING, {"torch": "2.7.1+cpu", "cuda": None}, [Reason.CUDA_MAJOR]),
        (FITTING, {"cxx11abi": False}, [Reason.ABI]),
        (FITTING, {"gpu": "T4"}, [Reason.ARCH]),
        (FITTING, {"gpu": "RTX 5090"}, []),
        (flash("2.7.4.post1"), {"gpu": "RTX 5090"}, [Reason.ARCH]),
        (flash(label="FALSE"), {}, []),
        (flash("2.7.4.post1", torch="2.6", label="FALSE"), {"torch": "2.6.0+cu126"}, [Reason.ABI]),
        (flash("2.7.4.post1", torch="2.6", label="FALSE"), {"torch": "2.6.0+cu124", "cuda": "12.4"}, []),
        (flash("2.8.3", torch="2.6", label="FALSE"), {"torch": "2.6.0+cu124", "cuda": "12.4"}, [Reason.ABI]),
        (flash("2.5.8", "122", "2.3", "FALSE"), {"torch": "2.3.0", "cuda": "12.1", "cxx11abi": False}, []),
        (flash("2.5.7", "122", "2.3", "FALSE"), {"torch": "2.3.0", "cuda": "12.1", "cxx11abi": False}, [Reason.TORCH_MINOR]),
        (flash("2.5.8", "122", "2.2", "FALSE"), {"torch": "2.2.0", "cuda": "12.1", "cxx11abi": False}, [Reason.TORCH_MINOR]),
        (flash("2.5.8", "122", "2.2", "FALSE"), {"torch": "2.2.2", "cuda": "12.1", "cxx11abi": False}, []),
        (FITTING, {"torch": None}, [Reason.TORCH_MISSING]),
        (FITTING, {"glibc": "musl", "image": "python:3.11-alpine", "torch": "2.7.1"}, [Reason.PLATFORM]),
    ],
)  # fmt: skip
def test_each_way_to_fail_is_told_apart(wheel, environment, expected):
    row = {"image": SEED_IMAGE, "python": "3.11", "torch": "2.7.1", "cuda": "12.6", "glibc": "2.35", "gpu": "L40"}
    assert reasons(wheel, Environment.from_mapping({**row, **environment})) == expected


def test_a_nightly_wheel_is_not_the_release():
    judgement = judge(
        flash("2.7.3", torch="2.6", label="FALSE"),
        Environment.from_image("pytorch/pytorch:2.6.0-cuda12.4-cudnn9-devel"),
    )
    assert judgement.reason is Reason.TORCH_MINOR
    assert "nightly" in judgement.faults[0].message
    assert judgement.remedy.file == flash("2.7.4.post1", torch="2.6", label="FALSE")


def test_a_release_wheel_does_not_fit_the_alpha_torch_of_nvidia():
    environment = Environment.from_mapping(
        {"image": "nvcr.io/nvidia/pytorch:24.01-py3", "torch": "2.2.0a0+81ea7a4", "cuda": "12.3"}
    )
    assert reasons(flash("2.5.8", "122", "2.2", python="310"), environment) == [Reason.TORCH_MINOR]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"{RELEASES}/v2.8.3/{FITTING}", []),
        (f"{RELEASES}/v2.8.2/{FITTING}", [Reason.URL_404]),
        (f"https://github.com/HazyResearch/flash-attention/releases/download/v2.8.3-cu12/{FITTING}", [Reason.URL_404]),
        (f"https://github.com/Dao-AILab/flash-attention/raw/main/{FITTING}", [Reason.URL_404]),
        (f"https://download.pytorch.org/whl/cu126/{FITTING}", [Reason.URL_404]),
        (f"https://github.com/Dao-AILab/flash-attn/releases/download/v2.8.3/{FITTING}", [Reason.URL_404]),
        (f"https://huggingface.co/ByteDance-Seed/SeedVR2-3B/resolve/main/{FITTING}", [Reason.URL_404]),
        (f"{RELEASES}/v2.8.3/{flash(python='312')}", [Reason.URL_404]),
        (f"https://example.com/mirror/{FITTING}", []),
        (f"https://github.com/somebody/wheels/releases/download/1/{FITTING}", []),
    ],
)
def test_an_address_is_judged_where_the_facts_know_the_host(url, expected):
    assert reasons(FITTING, L40, url) == expected


def test_a_wrong_address_of_a_fitting_wheel_is_put_right_with_the_same_wheel():
    remedy = judge(FITTING, L40, f"{RELEASES}/v2.8.2/{FITTING}").remedy
    assert (remedy.file, remedy.url) == (FITTING, f"{RELEASES}/v2.8.3/{FITTING.replace('+', '%2B')}")


@pytest.mark.parametrize(
    "wheel",
    [
        flash("2.8.2", torch="2.8"),
        flash("2.6.3", "123", "2.7"),
        flash("2.8.3", "124"),
        flash("2.8.3", torch="2.9"),
        "torch-2.9.1-cp39-cp39-manylinux_2_28_x86_64.whl",
        "torch-2.7.9-cp311-cp311-manylinux_2_28_x86_64.whl",
        "torch-2.7.1+cu124-cp311-cp311-manylinux_2_28_x86_64.whl",
        "torchvision-0.24.1-cp39-cp39-manylinux_2_28_x86_64.whl",
        "apex-0.1-cp311-cp311-linux_x86_64.whl",
        "flash_attn-2.8.3+cu12torch2.7cxx11abiTRUE-cp311-linux_x86_64.whl",
    ],
)
def test_a_name_that_no_release_had_is_not_published(wheel):
    assert reasons(wheel, L40)[0] is Reason.NOT_PUBLISHED


@pytest.mark.parametrize(
    "wheel",
    [
        flash("2.8.0"),
        flash("2.8.3", "13", "2.10", python="312"),
        "flash_attn-2.7.4.post1+cu126torch2.7-cp311-cp311-linux_x86_64.whl",
        "torch-2.14.3-cp311-cp311-manylinux_2_28_x86_64.whl",
        "numpy-9.9.9-cp311-cp311-manylinux_2_17_x86_64.whl",
    ],
)
def test_what_the_facts_do_not_know_is_not_called_unpublished(wheel):
    assert Reason.NOT_PUBLISHED not in reasons(wheel, L40)


@pytest.mark.parametrize(
    ("wheel", "environment", "remedy"),
    [
        ("torch-2.9.1-cp39-cp39-manylinux_2_28_x86_64.whl", {"python": "3.9"}, "torch-2.8.0-cp39-cp39-manylinux_2_28_x86_64.whl"),
        ("torch-2.7.1-cp310-cp310-manylinux_2_28_x86_64.whl", {"python": "3.10", "glibc": "2.27"}, "torch-2.6.0-cp310-cp310-manylinux1_x86_64.whl"),
        ("torch-2.7.1-cp310-cp310-manylinux_2_28_x86_64.whl", {"python": "3.12"}, "torch-2.7.1-cp312-cp312-manylinux_2_28_x86_64.whl"),
        ("torch-2.6.0-cp311-cp311-manylinux1_x86_64.whl", {"python": "3.11", "sm": "12.0"}, "torch-2.8.0-cp311-cp311-manylinux_2_28_x86_64.whl"),
        ("torch-2.1.2-cp313-cp313-manylinux1_x86_64.whl", {"python": "3.13"}, "torch-2.5.1-cp313-cp313-manylinux1_x86_64.whl"),
    ],
)  # fmt: skip
def test_the_remedy_for_torch_is_the_nearest_version_that_fits(wheel, environment, remedy):
    row = Environment.from_mapping({"torch": None, "glibc": "2.35", **environment})
    assert judge(wheel, row).remedy.file == remedy


@pytest.mark.parametrize(
    ("wheel", "row", "reason", "remedy"),
    [
        ("xformers-0.0.24-cp310-cp310-manylinux2014_x86_64.whl", {"python": "3.10", "torch": "2.3.0+cu121"}, Reason.TORCH_MINOR, "xformers-0.0.26.post1-cp310-cp310-manylinux2014_x86_64.whl"),
        ("xformers-0.0.29.post3-cp311-cp311-manylinux_2_28_x86_64.whl", {"python": "3.12", "torch": "2.7.1+cu128"}, Reason.PYTHON_TAG, "xformers-0.0.31.post1-cp39-abi3-manylinux_2_28_x86_64.whl"),
        ("torchvision-0.20.1+cu124", {"python": "3.10", "torch": "2.4.0+cu121"}, Reason.TORCH_MINOR, None),
        ("xformers-0.0.22.post4+cu118-cp38-cp38-manylinux2014_x86_64.whl", {"python": "3.10", "torch": "2.1.0+cu118"}, Reason.PYTHON_TAG, None),
        ("bitsandbytes-0.49.2-py3-none-manylinux_2_24_x86_64.whl", {"python": "3.11", "torch": "2.2.0+cu121"}, Reason.TORCH_MINOR, "bitsandbytes-0.47.0-py3-none-manylinux_2_24_x86_64.whl"),
        ("triton-3.1.0-cp311-cp311-manylinux_2_17_x86_64.whl", {"python": "3.11", "torch": "2.7.1"}, Reason.TORCH_MINOR, None),
        ("mamba_ssm-2.2.4+cu12torch2.5cxx11abiTRUE-cp311-cp311-linux_x86_64.whl", {"python": "3.11", "torch": "2.5.1"}, Reason.ABI, None),
        ("sageattention-2.2.0+cu128.torch2.11-cp311-cp311-win_amd64.whl", {"python": "3.12", "os": "windows", "torch": "2.11.0"}, Reason.PYTHON_TAG, None),
        ("apex-0.1-cp310-cp310-linux_x86_64.whl", {"python": "3.9", "torch": "2.4.0+cu124"}, Reason.PYTHON_TAG, "apex-0.1-cp39-cp39-linux_x86_64.whl"),
        ("torch_scatter-2.1.2+pt25cu124-cp311-cp311-linux_x86_64.whl", {"python": "3.11", "torch": "2.6.0+cu124"}, Reason.TORCH_MINOR, None),
        ("flash-attn (sdist, pip install flash-attn)", {"python": "3.11", "torch": None}, Reason.TORCH_MISSING, None),
    ],
)  # fmt: skip
def test_other_packages_are_judged_by_what_fits_their_torch(wheel, row, reason, remedy):
    judgement = judge(wheel, Environment.from_mapping({"glibc": "2.35", **row}))
    assert judgement.reason is reason
    assert (judgement.remedy.file if judgement.remedy else None) == remedy


def test_nothing_is_a_fault_where_nothing_is_known():
    assert judge(FITTING, Environment()).verdict == "ok"


def test_no_remedy_is_offered_where_none_fits():
    environment = Environment.from_image("pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime", gpu="T4")
    assert judge(FITTING, environment).remedy is None
