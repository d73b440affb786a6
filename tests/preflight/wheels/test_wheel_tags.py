"""Tags against an environment: every bound is met by what is exactly on it."""

import pytest
from packaging.tags import Tag
from packaging.utils import parse_wheel_filename

from conductor.preflight.wheels import Environment, parse_wheel
from conductor.preflight.wheels.tags import platform_problem, python_fits, versions_of


def fits(tags, python):
    interpreter, abi = tags.split("-")
    return python_fits(Tag(interpreter, abi, "any"), python)


@pytest.mark.parametrize(
    ("tags", "python"),
    [
        ("cp39-abi3", "3.9"),
        ("cp39-abi3", "3.10"),
        ("cp32-abi3", "3.12"),
        ("py3-none", "3.11"),
        ("py3-none", "3.0"),
        ("py38-none", "3.8"),
        ("py38-none", "3.14"),
        ("cp311-cp311", "3.11"),
        ("cp311-none", "3.11"),
        ("cp37-cp37m", "3.7"),
    ],
)
def test_a_python_that_a_tag_allows_fits(tags, python):
    assert fits(tags, python)


@pytest.mark.parametrize(
    ("tags", "python"),
    [
        ("cp39-abi3", "3.8"),
        ("py38-none", "3.7"),
        ("py2-none", "3.11"),
        ("cp27-cp27mu", "3.7"),
        ("pp310-pypy310_pp73", "3.10"),
        ("cp311-cp311", "3.10"),
        ("cp311-cp311", "3.12"),
        ("cp311-none", "3.12"),
        ("cp313-cp313t", "3.13"),
        ("cp311-cp310", "3.11"),
        ("py3-cp311", "3.11"),
        ("cp3-cp3", "3.11"),
    ],
)
def test_a_python_that_a_tag_does_not_name_does_not_fit(tags, python):
    assert not fits(tags, python)


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ("cp310-cp310", "CPython 3.10"),
        ("py3-none", "Python 3"),
        ("py2.py3-none", "Python 2 or Python 3"),
        ("pp310-pypy310_pp73", "PyPy 3.10"),
        ("jy27-none", "jy 2.7"),
        ("x-none", "another Python"),
    ],
)
def test_tags_are_said_as_a_person_says_them(tags, said):
    assert versions_of(parse_wheel(f"a-1-{tags}-any.whl")) == said


def problem(platform, *, hidden=None, **environment):
    wheel = parse_wheel(f"a-1-cp311-cp311-{platform}.whl")
    assert wheel.tags == parse_wheel_filename(wheel.file)[3]
    return platform_problem(wheel, hidden, Environment(**{"glibc": "2.28", **environment}))


@pytest.mark.parametrize(
    ("platform", "environment"),
    [
        ("manylinux_2_28_x86_64", {}),
        ("manylinux_2_5_x86_64", {}),
        ("manylinux_2_39_x86_64", {"glibc": None}),
        ("manylinux1_x86_64", {"glibc": "2.5"}),
        ("manylinux2010_x86_64", {"glibc": "2.12"}),
        ("manylinux2014_x86_64", {"glibc": "2.17"}),
        ("manylinux_2_39_x86_64.manylinux2014_x86_64", {}),
        ("manylinux2014_aarch64", {"machine": "aarch64"}),
        ("linux_x86_64", {"glibc": "2.2"}),
        ("manylinux_3_0_x86_64", {"glibc": "3.0"}),
        ("manylinux_2_28_x86_64", {"glibc": "3.0"}),
        ("musllinux_1_2_x86_64", {"musl": True, "glibc": None}),
        ("any", {"system": "windows", "machine": "riscv64"}),
        ("win_amd64", {"system": "windows"}),
        ("win_arm64", {"system": "windows", "machine": "aarch64"}),
        ("win32", {"system": "windows", "machine": "x86"}),
        ("macosx_11_0_arm64", {"system": "macos", "machine": "aarch64"}),
        ("macosx_10_9_x86_64", {"system": "macos"}),
        ("macosx_10_9_universal2", {"system": "macos", "machine": "aarch64"}),
        ("manylinux2014_x86_64", {"system": None}),
        ("manylinux2014_x86_64", {"machine": None}),
        ("linux_x86_64", {"hidden": "2.28"}),
        ("linux_x86_64", {"hidden": "2.32", "glibc": None}),
    ],
)
def test_an_environment_on_the_bound_or_above_it_has_no_problem(platform, environment):
    assert problem(platform, **environment) is None


@pytest.mark.parametrize(
    ("platform", "environment", "said"),
    [
        ("manylinux_2_28_x86_64", {"glibc": "2.27"}, "wheel needs glibc 2.28, the environment has 2.27"),
        ("manylinux1_x86_64", {"glibc": "2.4"}, "wheel needs glibc 2.5, the environment has 2.4"),
        ("manylinux2010_x86_64", {"glibc": "2.11"}, "wheel needs glibc 2.12, the environment has 2.11"),
        ("manylinux2014_x86_64", {"glibc": "2.16"}, "wheel needs glibc 2.17, the environment has 2.16"),
        ("manylinux_3_0_x86_64", {"glibc": "2.99"}, "wheel needs glibc 3.0, the environment has 2.99"),
        ("manylinux2014_aarch64", {}, "wheel is for aarch64, the environment is x86_64"),
        ("linux_aarch64", {}, "wheel is for aarch64, the environment is x86_64"),
        ("win_amd64", {}, "wheel is for windows, the environment is linux"),
        ("win32", {"system": "windows"}, "wheel is for x86, the environment is x86_64"),
        ("win_arm64", {"system": "windows"}, "wheel is for aarch64, the environment is x86_64"),
        ("win_amd64", {"system": "windows", "machine": "aarch64"}, "wheel is for x86_64, the environment is aarch64"),
        ("macosx_11_0_arm64", {"system": "macos"}, "wheel is for aarch64, the environment is x86_64"),
        ("macosx_11_0_arm64", {}, "wheel is for macos, the environment is linux"),
        ("musllinux_1_2_x86_64", {}, "wheel is linked against musl, the environment has glibc"),
        ("manylinux2014_x86_64", {"musl": True}, "wheel is linked against glibc, the environment has musl"),
        ("emscripten_3_1_wasm32", {}, "wheel is for emscripten_3_1_wasm32, the environment is linux"),
    ],
)  # fmt: skip
def test_what_is_beyond_a_bound_is_said_with_both_sides(platform, environment, said):
    assert problem(platform, **environment) == said


def test_a_glibc_that_the_tag_hides_is_told_apart():
    assert problem("linux_x86_64", hidden="2.32", glibc="2.31") == (
        "the binary needs glibc 2.32, which its tag does not say; the environment has 2.31"
    )
    assert problem("manylinux_2_39_x86_64", hidden="2.40") == "wheel needs glibc 2.39, the environment has 2.28"


def test_musl_asks_for_no_glibc():
    assert problem("musllinux_1_2_x86_64", musl=True, glibc="1.0") is None
