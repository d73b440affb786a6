"""Read the labelled projects: files, then cases `verdict [rule] [facts] :: command`, one a line.

A file begins at `=== NAME` and ends at the next one; the cases stand below `=== cases`. `stop` is ask or block, and a
verdict but `allow` is followed by the rule. Facts are as in `cases`.
"""

import pathlib

from conductor.rules.judge.call import Facts
from tests.guard.cases import FILES, FOLDER, PROJECT, READ, split

PROJECTS = FOLDER / "projects"
NAMES = sorted(path.stem for path in PROJECTS.glob("*.txt"))


def read_project(name):
    """Return a project's files with their texts, and its cases as (verdict, rule, settings, command)."""
    files, cases, current = {}, [], ""
    for line in (PROJECTS / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("=== "):
            current = line.removeprefix("=== ")
            files.setdefault(current, [])
        elif current == "cases":
            cases += [read_case(line)] if line and not line.startswith("#") else []
        else:
            files[current].append(line)
    del files["cases"]
    texts = {path: "".join(f"{line}\n" for line in lines).replace("\\0", "\0") for path, lines in files.items()}
    return texts, cases


def read_case(line):
    head, _, command = line.partition(" :: ")
    verdict, *tokens = head.split()
    rule = "none" if verdict == "allow" else tokens.pop(0)
    settings = {}
    for token in tokens:
        key, _, value = token.partition("=")
        settings[{"container": "in_container"}.get(key, key)] = READ.get(key, split)(value)
    return verdict, rule, settings, command.replace("⏎", "\n")


def make_project_facts(texts, settings):
    return Facts(project=PROJECT, files=[*FILES, *texts], contents=texts, **settings)


def write_project(root: pathlib.Path, texts):
    """Put the files of a project on the disk."""
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
