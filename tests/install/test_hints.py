"""No hint names an installation by itself: `conductor/config/distribution.py` makes them all."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INSTALLS = re.compile(
    r"\b(?:pip3?|pipx|uvx?|uv tool|uv pip|conda|poetry|make)\s+(?:install|inject|upgrade|reinstall|sync|add|run)\b"
)
# Where an installation is what is talked about, and not what a reader of a hint should type for Conductor.
ABOUT_OTHERS = {
    "conductor/cli/guard.py": "a command to be judged",
    "conductor/rehearsal/drills.py": "lines of a Dockerfile and of a build's log",
    "conductor/rehearsal/edits.py": "lines of a Dockerfile that a drill breaks",
    "conductor/rules/host_pip.py": "the rule's example",
    "conductor/rules/judge/host_pip.py": "what an agent may do in place of what was refused",
    "conductor/rules/judge/python_managers.py": "what an agent may do in place of what was refused",
    "conductor/rules/context_lookup.py": "a line of the example's Dockerfile",
    "conductor/diagnosis/said.py": "lines for an image",
    "conductor/preflight/remedied.py": "remedies of an image, and the lines they become",
    **{str(path.relative_to(ROOT)): "words of a program" for path in ROOT.glob("conductor/programs/table/*.py")},
    **{str(path.relative_to(ROOT)): "lines for an image" for path in ROOT.glob("conductor/preflight/checks/*.py")},
}
MAKER = "conductor/config/distribution.py"
SOURCES = sorted([*ROOT.glob("conductor/**/*.py"), ROOT / "worker_conductor.py"])
# Neither the old name nor an extra of it; `worker-conductor` and the command's own name are meant to be there.
OLD_NAME = re.compile(r"(?<![\w-])conductor\[|\b(?:install|inject|add)\s+(?:-\S+\s+)*['\"]?conductor\b(?!\s*/)")


def texts_of(path):
    """Yield each text that the program can show: every string but the docstrings, f-strings with their values left out."""
    tree = ast.parse(path.read_text())
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
            yield node.lineno, "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings | inside:
            yield node.lineno, node.value


def hand_written(path):
    name = str(path.relative_to(ROOT))
    if name == MAKER or name in ABOUT_OTHERS:
        return []
    return [f"{name}:{line}: {text}" for line, text in texts_of(path) if INSTALLS.search(text)]


def test_no_text_of_the_program_tells_an_installation_but_those_that_are_made():
    assert [found for path in SOURCES for found in hand_written(path)] == []


def test_what_is_excepted_is_still_there():
    for name in (MAKER, *ABOUT_OTHERS):
        assert (ROOT / name).is_file(), name


@pytest.mark.parametrize(
    "line",
    [
        "hint='pip install requests'",
        "raise E(hint=f'{sys.executable} -m pip install shfmt-py')",
        "print('run pipx inject it docker')",
        "X = {'remedy': 'uv pip install runpod'}",
        "f(a + 'make install')",
        'hint = f"in {x}: uv tool upgrade {y}"',
    ],
)
def test_a_hand_written_one_would_be_seen(tmp_path, line):
    tree = tmp_path / "one.py"
    tree.write_text(f'"""pip install x is a docstring."""\n\n\ndef f():\n    """Or pip install y."""\n    {line}\n')
    assert [text for _, text in texts_of(tree) if INSTALLS.search(text)]


def test_nothing_is_installed_by_the_name_that_is_somebody_else_s():
    pages = [
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("*.md"),
        *ROOT.glob("templates/*.j2"),
        *ROOT.glob("conductor/**/*.yaml"),
    ]
    lines = [f"{path}: {line}" for path in (*SOURCES, *pages) for line in path.read_text().splitlines()]
    assert [line for line in lines if OLD_NAME.search(line)] == []


def test_the_old_name_would_be_seen():
    for line in (
        "pip install 'conductor[release]'",
        "pipx install conductor",
        "uv tool install --force conductor",
        "conductor[all]",
    ):
        assert OLD_NAME.search(line), line
    for line in (
        "pipx install worker-conductor",
        "'worker-conductor[release]'",
        "run conductor hooks install --agent claude",
    ):
        assert not OLD_NAME.search(line), line
