"""The guard reads a program's words as the table of programs says."""

import pytest

from conductor.guard.judge import judge
from tests.guard.cases import make_facts


def verdict(command, venv="none"):
    return judge(command, make_facts(venv=venv)).verdict


@pytest.mark.parametrize(
    "options",
    [
        "--uploaded-prior-to --user",
        "--requirements-from-script --user",
        "--source --user",
        "--client-cert --user",
        "--local-log --user",
    ],
)
def test_the_value_of_an_option_of_pip_is_no_option(options):
    assert verdict(f"pip install {options} torch", "active") == "allow"
    assert verdict(f"pip install {options} --user torch", "active") == "block"


@pytest.mark.parametrize("options", ["--torch-backend auto", "--overrides o.txt", "--config-settings a=b", "-P torch"])
def test_the_value_of_an_option_of_uv_is_no_word(options):
    assert verdict(f"uv --color never pip {options} install --system torch") == "block"
    assert verdict(f"uv pip install {options} --system torch") == "block"
    assert verdict(f"uv --directory . pip compile {options} r.in") == "allow"
