import pytest

from conductor.knowledge import (
    companion,
    driver_rule,
    gpu,
    library_for,
    package_facts,
    published,
    published_wheels,
    runs_on,
    system_facts,
    torch_build,
    torch_builds,
    torch_cxx11abi,
)


@pytest.mark.parametrize(
    ("name", "capability"),
    [
        ("L40", "8.9"),
        ("nvidia l40s", "8.9"),
        ("NVIDIA GeForce RTX 4090", "8.9"),
        ("A100-SXM4-80GB", "8.0"),
        ("NVIDIA A100 80GB PCIe", "8.0"),
        ("H100 NVL", "9.0"),
        ("Tesla T4", "7.5"),
        ("NVIDIA RTX 6000 Ada Generation", "8.9"),
    ],
)
def test_a_gpu_is_found_however_it_is_spelled(name, capability):
    assert gpu(name).capability == capability


def test_an_unknown_gpu_is_unknown():
    assert gpu("RTX 1") is None


@pytest.mark.parametrize(
    ("kernels", "capability", "runs"),
    [
        ((80, 90), "8.9", True),
        ((80, 90), "8.6", True),
        ((86,), "8.0", False),
        ((80,), "9.0", False),
        ((80, 90), "7.5", False),
        ((100,), "10.3", True),
        ((100,), "12.0", False),
        ((), "8.9", False),
    ],
)
def test_binary_code_runs_on_the_same_major_from_its_minor_on(kernels, capability, runs):
    assert runs_on(kernels, capability) is runs


def test_a_cuda_version_names_its_least_driver():
    assert driver_rule("12.6").min_driver == "525"
    assert driver_rule("13.0").min_driver == "580"
    assert driver_rule("9.2") is None


@pytest.mark.parametrize(
    ("version", "abi"),
    [
        ("2.5.1", False),
        ("2.6.0", False),
        ("2.6.0+cu124", False),
        ("2.6.0+cu126", True),
        ("2.7.0+cu118", True),
        ("2.11.0.dev20251231+cu128", True),
        ("2.6.0.dev20241001", None),
        ("not a version", None),
    ],
)
def test_the_cxx_abi_of_an_official_torch(version, abi):
    assert torch_cxx11abi(version) is abi


def test_a_torch_build_knows_its_cuda_and_kernels():
    build = torch_build("2.7.1+cu128")
    assert (build.cuda, build.cxx11abi, 120 in build.kernels) == ("12.8", True, True)
    assert 120 not in torch_build("2.7.1").kernels
    assert torch_build("2.7.1+cu124") is None
    assert torch_build("2.7.9") is None
    assert torch_build("2.7.1").supports("3.13")
    assert not torch_build("2.9.1").supports("3.9")


def test_torch_builds_come_oldest_first():
    versions = [build.version for build in torch_builds()]
    assert versions.index("2.9.1") < versions.index("2.10.0")


def test_a_companion_is_the_one_made_for_that_torch():
    assert companion("torchvision", "2.4.0+cu121").version == "0.19.0"
    assert companion("xformers", "2.7.1").wheel("3.12") == "xformers-0.0.31.post1-cp39-abi3-manylinux_2_28_x86_64.whl"
    assert companion("xformers", "2.3.0").wheel("3.10") == "xformers-0.0.26.post1-cp310-cp310-manylinux2014_x86_64.whl"
    assert companion("torchvision", "1.0.0") is None


def test_the_wheel_of_the_seed_is_published_and_its_address_known():
    wheel = published("flash_attn-2.8.3%2Bcu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl")
    assert (wheel.size_bytes, wheel.glibc, wheel.kernels) == (256027206, "2.32", (80, 90, 100, 120))
    assert wheel.url == (
        "https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/"
        "flash_attn-2.8.3%2Bcu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl"
    )


def test_a_label_is_not_the_abi():
    lying = [wheel for wheel in published_wheels().values() if wheel.label != wheel.cxx11abi]
    assert {wheel.torch for wheel in lying} == {"2.6", "2.7", "2.8"}
    assert all(wheel.cxx11abi for wheel in lying)


def test_wheels_that_no_release_had_are_not_published():
    assert published("flash_attn-2.5.8+cu121torch2.3cxx11abiFALSE-cp310-cp310-linux_x86_64.whl") is None
    assert len(published_wheels()) > 5000


def test_a_system_is_found_by_name_and_codename():
    assert system_facts("ubuntu2204") == system_facts("jammy") == system_facts("ubuntu22.04")
    assert system_facts("bookworm").python3 == "3.11"
    assert system_facts("plan9") is None


@pytest.mark.parametrize(
    ("system", "package", "available", "instead"),
    [
        ("ubuntu22.04", "python3.10", True, None),
        ("ubuntu24.04", "python3.10", False, "python3.12"),
        ("ubuntu24.04", "python3.11-venv", False, "python3.12-venv"),
        ("debian13", "libgl1-mesa-glx", False, "libgl1"),
        ("ubuntu22.04", "libgl1-mesa-glx", True, None),
    ],
)
def test_a_release_carries_a_package_or_names_its_successor(system, package, available, instead):
    facts = package_facts(system, package)
    assert (facts.available, facts.instead) == (available, instead)


def test_a_package_nobody_looked_up_is_unknown():
    assert package_facts("ubuntu22.04", "cowsay") is None
    assert package_facts("plan9", "python3.10") is None


def test_a_module_names_the_libraries_it_opens():
    found = {item.distribution: dict(item.libraries) for item in library_for("cv2")}
    assert found["opencv-python"]["libGL.so.1"] == "libgl1"
    assert library_for("numpy") == ()
