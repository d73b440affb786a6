"""Read the labelled cases: `verdict [facts] :: command`, one a line; `stop` is ask or block.

Facts are words before `::`: venv=exists, container, origin=https, and lists with commas: grant, files, dirty (`dirty=`
is a clean tree), unmerged; stashes is a number.
"""

import pathlib

from conductor.rules.judge.call import Facts

FOLDER = pathlib.Path(__file__).parent / "cases"
FILES = ["Dockerfile", "app.py", "TASKS.md", "JOURNAL.md", "README.md", "docker-compose.yml"]
PROJECT = "/home/dev/proj"


def make_facts(*, venv="none", container=False, origin="ssh", grant=(), files=(), **work):
    known = [*FILES, *files]
    return Facts(venv=venv, in_container=container, origin=origin, grant=grant, files=known, project=PROJECT, **work)


def split(value):
    return [word for word in value.split(",") if word]


READ = {"venv": str, "origin": str, "container": lambda _: True, "stashes": int}


def read_cases(name):
    """Yield (verdict, facts, command) of a file of cases."""
    for line in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        head, _, command = line.partition(" :: ")
        verdict, *tokens = head.split()
        settings = {}
        for token in tokens:
            key, _, value = token.partition("=")
            settings[key] = READ.get(key, split)(value)
        yield verdict, make_facts(**settings), command.replace("⏎", "\n")


NAMES = sorted(path.stem for path in FOLDER.glob("*.txt"))
POLICY_NAMES = sorted(path.stem for path in (FOLDER / "policy").glob("*.txt"))
