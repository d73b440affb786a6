"""What the documentation repeats from the code is the same as in the code; `--update-golden` writes it anew."""

import re
from pathlib import Path

import pytest

from conductor.errors import MEANING

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "configuration.md"


def fill(page: str, marker: str, content: str) -> str:
    return re.sub(
        rf"(<!-- {marker} -->\n).*?(<!-- /)",
        lambda found: found[1] + content + found[2],
        page,
        count=1,
        flags=re.DOTALL,
    )


def render(page: str) -> str:
    for name in ("project", "user"):
        example = (ROOT / f"conductor/config/{name}.example.yaml").read_text()
        page = fill(page, f"example: {name}", f"```yaml\n{example}```\n")
    rows = "".join(f"| {int(code)} | {meaning} |\n" for code, meaning in MEANING.items())
    return fill(page, "exit codes", f"| code | meaning |\n| --- | --- |\n{rows}")


def test_the_configuration_page_holds_the_examples_and_the_exit_codes(request):
    page = PAGE.read_text()
    if request.config.getoption("--update-golden"):
        PAGE.write_text(render(page))
        pytest.skip("written anew")
    assert page == render(page)


@pytest.mark.parametrize("page", [*sorted(ROOT.glob("docs/**/*.md")), ROOT / "README.md"], ids=lambda path: path.name)
def test_links_between_pages_lead_somewhere(page):
    prose = re.sub(r"^(`{3,}).*?^\1", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\((?!https?:)([^)#\s]+)", prose):
        assert (page.parent / target).exists(), target
