"""Run the example of every check, put what it prints into the check's docstring, and write docs/checks.

usage: python scripts/generate_check_pages.py [--check]

With --check nothing is written; the exit code is 1 where a page or an output is not what the code says.
"""

from __future__ import annotations

import importlib
import inspect
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from conductor.cli.output import render_finding  # noqa: E402
from conductor.config.settings import load_settings  # noqa: E402
from conductor.preflight.api import judge_subject  # noqa: E402
from conductor.preflight.check import Check, load_check  # noqa: E402
from conductor.preflight.checks import load_checks  # noqa: E402
from conductor.preflight.load import load_subject  # noqa: E402
from conductor.preflight.pages import example_files, expected_output, render_index, render_page  # noqa: E402


class Nothing:
    """An outside world that has nothing: what the examples of online checks are shown against."""

    def serves(self, address: str) -> bool | None:
        """Answer that no address serves anything."""
        return False

    def has_image(self, reference: str) -> bool | None:
        """Answer that no registry has anything."""
        return False


def run_example(check: Check, heading: str) -> str:
    """Return what this check alone prints for the files below a heading."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in example_files(check, heading).items():
            target = Path(folder) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode())
        lookup = None if check.meta.offline else Nothing()
        report = judge_subject(load_subject(Path(folder), load_settings(Path(folder)), lookup=lookup), [check])
    return "\n".join(render_finding(finding) for finding in report.findings)


def rewrite(check: Check, module_file: Path) -> bool:
    """Put the example's output into the docstring; tell whether that changed it."""
    output = run_example(check, "Example")
    text = module_file.read_text()
    before = text[text.index("\n## Output\n") :].partition("\n## Use instead")[0]
    shown = output.replace("\\", "\\\\") if not text.startswith('r"""') else output
    after = f"\n## Output\n```text\n{shown}\n```\n"
    if before == after:
        return False
    module_file.write_text(text.replace(before, after, 1))
    return True


def main(arguments: list[str]) -> int:
    """Write, or compare with --check."""
    only_check = "--check" in arguments
    stale: list[str] = []
    checks = []
    for found in load_checks():
        check, module = found, importlib.import_module(f"conductor.preflight.checks.{found.module}")
        if only_check:
            if expected_output(check) != run_example(check, "Example"):
                stale.append(f"{check.module}: the output of its example")
        elif rewrite(check, Path(inspect.getfile(module))):
            check = load_check(importlib.reload(module))
        checks.append(check)
    pages = {f"{check.meta.id}.md": render_page(check) for check in checks}
    pages["README.md"] = render_index(checks)
    folder = ROOT / "docs" / "checks"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in pages.items():
        target = folder / name
        if only_check:
            if not target.exists() or target.read_text() != content:
                stale.append(f"docs/checks/{name}")
        else:
            target.write_text(content)
    stale += [f"docs/checks/{path.name} belongs to no check" for path in folder.glob("*.md") if path.name not in pages]
    for line in stale:
        print(line)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
