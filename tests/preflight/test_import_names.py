"""Which distribution a remedy names for a module: from a table, never by guess."""

import re

import pytest

from conductor.preflight.environment.distributions import distributions_of


@pytest.mark.parametrize(
    ("module", "distribution"),
    [
        ("docx", "python-docx"), ("telegram", "python-telegram-bot"), ("magic", "python-magic"), ("umap", "umap-learn"),
        ("fitz", "pymupdf"), ("Crypto", "pycryptodome"), ("serial", "pyserial"), ("git", "gitpython"), ("yaml", "pyyaml"),
        ("PIL", "pillow"), ("sklearn", "scikit-learn"), ("decord", "decord"), ("pytesseract", "pytesseract"),
        ("Levenshtein", "levenshtein"), ("attr", "attrs"), ("bs4", "beautifulsoup4"), ("jwt", "pyjwt"),
        ("dateutil", "python-dateutil"), ("dotenv", "python-dotenv"), ("skimage", "scikit-image"),
        ("docx.shared", "python-docx"),
    ],
)  # fmt: skip
def test_a_module_has_the_distribution_that_brings_it(module, distribution):
    assert distributions_of(module) == (distribution,)


@pytest.mark.parametrize(
    "module", ["worker", "utils", "helpers", "my_models", "handler", "tests", "src", "config", "docs"]
)
def test_a_name_that_no_table_has_gets_no_distribution(module):
    assert distributions_of(module) == ()


@pytest.mark.parametrize("module", ["worker", "pkg_helpers", "telegram_bot_of_ours"])
def test_a_remedy_without_a_table_names_no_command(image, module):
    files = {"h.py": f"import {module}\n"}
    report = image.judge('FROM python:3.12-slim\nCOPY h.py /h.py\nCMD ["python", "-u", "/h.py"]\n', files)
    found = [finding for finding in report.findings if finding.code == "PF-START-006"]
    assert found
    assert not any(re.search(r"pip install", finding.remedy) for finding in found)
