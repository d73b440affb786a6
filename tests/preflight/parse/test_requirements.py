import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.preflight.parse.requirements import parse_requirement, parse_requirements


@pytest.mark.parametrize(
    ("text", "name", "specifier", "pinned"),
    [
        ("torch==2.7.1+cu126", "torch", "==2.7.1+cu126", "2.7.1+cu126"),
        ("Flash_Attn", "flash-attn", "", None),
        ("uvicorn[standard]>=0.30,<1", "uvicorn", ">=0.30,<1", None),
        ("numpy (==1.26.4)", "numpy", "==1.26.4", "1.26.4"),
        ("av ; python_version < '3.13'", "av", "", None),
    ],
)
def test_a_requirement_is_read(text, name, specifier, pinned):
    found = parse_requirement(text)
    assert (found.name, found.specifier, found.pinned) == (name, specifier, pinned)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "https://example.invalid/flash_attn-2.8.3+cu12torch2.7cxx11abiFALSE-cp310-cp310-linux_x86_64.whl",
            "flash-attn",
        ),
        ("git+https://github.com/a/b.git@v1#egg=b_c", "b-c"),
        ("pkg @ https://example.invalid/pkg.zip", "pkg"),
        ("./local/pkg-1.0.tar.gz", "pkg"),
    ],
)
def test_an_address_names_what_it_installs(text, name):
    found = parse_requirement(text)
    assert found.name == name
    assert found.address


def test_a_file_gives_its_lines_options_and_hashes():
    read = parse_requirements(
        "# top\n--extra-index-url https://download.pytorch.org/whl/cu126\ntorch==2.7.1 \\\n    --hash=sha256:aa \\\n"
        "    --hash=sha256:bb\n-r more.txt  # why\n-e ./src\nnot a requirement !!\n"
    )
    first = read.requirements[0]
    assert (first.name, first.line, first.hashes) == ("torch", 3, ("sha256:aa", "sha256:bb"))
    assert [(o.name, o.value) for o in read.options] == [
        ("--extra-index-url", "https://download.pytorch.org/whl/cu126"),
        ("--requirement", "more.txt"),
    ]
    assert [line for line, _ in read.problems] == [8]


@given(st.text(max_size=200))
def test_any_text_is_read(text):
    parse_requirements(text)
