"""Draw docs/images/rehearsal.svg from a real rehearsal: what it prints, as a terminal shows it."""

from __future__ import annotations

import html
import subprocess
import sys
import tempfile
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "images" / "rehearsal.svg"
CHARACTER_PX, LINE_PX, MARGIN_PX = 7.8, 18, 20
STYLE = (
    "text{font:13px ui-monospace,Menlo,Consolas,monospace;white-space:pre;fill:#d8dee9}.d{fill:#8892a0}.g{fill:#a3be8c}"
)


def run_rehearsal() -> list[str]:
    """Return the lines that a rehearsal prints in an empty folder, the home folder shown as `~`."""
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "conductor", "rehearse"]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True)
    return ["$ conductor rehearse", *done.stdout.rstrip().splitlines()]


def draw(lines: list[str]) -> str:
    """Return the lines as an SVG; the prompt and what is left out are dim, the verdict is green."""
    width = int(max(map(len, lines)) * CHARACTER_PX) + 2 * MARGIN_PX
    height = len(lines) * LINE_PX + 2 * MARGIN_PX
    rows = [
        f'<text x="{MARGIN_PX}" y="{MARGIN_PX + LINE_PX * number - 4}"{colour_of(line)}>{html.escape(line)}</text>'
        for number, line in enumerate(lines, start=1)
        if line
    ]
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" {size}>'
    ground = '<rect width="100%" height="100%" rx="8" fill="#20242c"/>'
    return "\n".join([head, f"<title>A rehearsed release</title><style>{STYLE}</style>", ground, *rows, "</svg>\n"])


def colour_of(line: str) -> str:
    """Return the class of a line as an attribute."""
    if line.startswith("Verified"):
        return ' class="g"'
    return ' class="d"' if line.startswith(("$", "Rehears", "Everything")) else ""


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(draw(run_rehearsal()), encoding="utf-8")
