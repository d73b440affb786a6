"""What the documentation repeats from the code is the same as in the code; `--update-golden` writes it anew."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

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


def test_the_picture_of_the_house_shows_the_layers_that_are_held_and_each_room_has_its_paragraph():
    (layers,) = [
        contract["layers"]
        for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    ]
    held = [floor.split(" | ") for floor in layers if floor != "__main__"]
    page = (ROOT / "docs" / "architecture.md").read_text()
    floors = [line.partition("│")[2] for line in page.splitlines() if "│" in line]
    shown = [re.findall(r"[a-z]+", floor) for floor in floors]
    assert shown[:-1] + [[room] for room in shown[-1]] == held
    assert {room for floor in held for room in floor} <= set(re.findall(r"\*\*`([a-z]+)`\*\*", page))


def links(page: Path) -> list[str]:
    """Return where the page's links and pictures lead, those that a reader could follow."""
    found = []
    for block in MarkdownIt("commonmark").enable("table").parse(page.read_text()):
        for token in block.children or ():
            found += [str(token.attrs[name]) for name in ("href", "src") if name in token.attrs]
    return found


def anchors(page: Path) -> set[str]:
    """Return the names that GitHub gives the page's headings."""
    tokens = MarkdownIt("commonmark").parse(page.read_text())
    titles = [inside.content for token, inside in pairwise(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", title.casefold()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", [*sorted(ROOT.glob("docs/**/*.md")), ROOT / "README.md"], ids=lambda path: path.name)
def test_links_between_pages_lead_somewhere(page):
    for target in links(page):
        if not re.match("[a-z]+:", target):
            path, _, anchor = target.partition("#")
            place = (page.parent / path) if path else page
            assert place.exists(), target
            assert not anchor or anchor in anchors(place), target
