"""Files of the project that a command runs are judged by what they would run."""

import os
import pathlib
import subprocess
import sys

import pytest

from conductor.guard.call import Call
from conductor.guard.decide import find_rulings
from conductor.guard.judge.command import judge, read_facts
from conductor.guard.texts import read_text
from conductor.rules.judge.call import Facts
from tests.guard.project_cases import NAMES, make_project_facts, read_project, write_project

CASES = [(name, texts, *case) for name in NAMES for texts, cases in [read_project(name)] for case in cases]


@pytest.mark.parametrize(("name", "texts", "wanted", "rule", "settings", "command"), CASES)
def test_a_command_that_runs_a_file_gets_the_verdict_of_what_the_file_runs(
    name, texts, wanted, rule, settings, command
):
    verdict = judge(command, make_project_facts(texts, settings))
    assert verdict.verdict in {"stop": ("ask", "block")}.get(wanted, (wanted,)), verdict.reason
    assert verdict.rule == rule, verdict.reason


def test_both_verdicts_are_labelled_often():
    verdicts = [case[2] for case in CASES]
    assert verdicts.count("allow") >= 90
    assert len(verdicts) - verdicts.count("allow") >= 110


def test_a_reason_names_the_file_and_the_line():
    texts = {"scripts/a.sh": "set -e\n. scripts/b.sh\n", "scripts/b.sh": "\n\nf() {\n  git push\n}\nf\n"}
    assert judge("bash scripts/a.sh", make_project_facts(texts, {})).reason.startswith("scripts/b.sh:4: `git push`")
    texts = {
        "Makefile": "x: y\ny:\n\t@echo \\\n\t  hi\n\t@docker build .\n",
        "t.py": "import os\n\nos.system('git push')\n",
    }
    assert judge("make", make_project_facts(texts, {})).reason.startswith("Makefile:5: `docker build .`")
    assert judge("python3 t.py", make_project_facts(texts, {})).reason.startswith("t.py:3: `git push`")


def test_files_are_followed_three_deep():
    texts = {f"{n}.sh": f"bash {n + 1}.sh\n" for n in range(1, 4)} | {"4.sh": "git push\n"}
    assert judge("bash 2.sh", make_project_facts(texts, {})).verdict == "block"
    assert judge("bash 1.sh", make_project_facts(texts, {})).verdict == "allow"


@pytest.mark.parametrize(
    "text",
    ["bash loop.sh\n", "while :; do ./loop.sh; done\n", "f() { f; }; f\n", "for a in {1..99}; do for b in {1..99}; do x; done; done\n"],
)  # fmt: skip
def test_a_file_without_end_is_left_unread_and_what_was_typed_still_counts(text):
    facts = make_project_facts({"loop.sh": text}, {})
    assert judge("bash loop.sh", facts).verdict == "allow"
    assert judge("bash loop.sh && git push", facts).verdict == "block"


def test_a_large_file_and_one_that_is_no_text_are_not_read():
    row = {
        "contents": {"a.sh": "git push\n" + "#" * (1 << 16), "b.sh": "git push\n\0", "c.sh": "git push\r\n", "d.sh": 3}
    }
    verdicts = [judge(f"bash {name}.sh", read_facts({"project": "/p", **row})).verdict for name in "abcd"]
    assert verdicts == ["allow", "allow", "block", "allow"]


def test_the_disk_is_read_in_the_project_only(tmp_path):
    root = tmp_path / "project"
    write_project(tmp_path, {"project/scripts/in.sh": "git push\n", "outside.sh": "git push\n"})
    (root / "leads-out.sh").symlink_to(tmp_path / "outside.sh")
    (root / "leads-in.sh").symlink_to("scripts/in.sh")
    (root / "folder-out").symlink_to(tmp_path)
    (root / "itself.sh").symlink_to("itself.sh")
    assert read_text(str(root), "scripts/in.sh") == "git push\n"
    assert read_text(str(root), "leads-in.sh") == "git push\n"
    names = ("leads-out.sh", "folder-out/outside.sh", "itself.sh", "../outside.sh", "scripts", "missing.sh", "a\0b")
    assert [read_text(str(root), name) for name in names] == [None] * len(names)
    (root / "large.sh").write_text("x" * ((1 << 16) + 1))
    (root / "binary").write_bytes(b"a\0b")
    assert read_text(str(root), "large.sh") is None
    assert read_text(str(root), "binary") is None


def test_a_pipe_in_the_project_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert read_text(str(tmp_path), "pipe") is None


OWN = (
    "make", "make test", "make rehearse", "make lint", "make install", "make coverage", "make wheel", "make bench",
    "make wheel-test", "make agents", "make mutants", "make help", "make requirements", "make clean",
    "sh scripts/make-venv.sh", "sh scripts/make-venv.sh .venv python3.11", "make -j2 lint test",
    "python3 scripts/mutate.py", "python3 scripts/compile_knowledge.py", "python3 benchmarks/bench_guard.py",
    ".venv/bin/python scripts/play_on_pythons.py", "python3 scripts/generate_check_pages.py",
    ".venv/bin/python -m conductor rehearse", "sh image/make-requirements.sh",
)  # fmt: skip


@pytest.mark.parametrize("command", OWN)
def test_this_projects_own_commands_are_allowed_by_its_own_guard(command):
    root = pathlib.Path(__file__).parents[2]
    facts = Facts(project=str(root))
    facts.read = lambda name: read_text(str(root), name)
    verdict = judge(command, facts)
    assert verdict.verdict == "allow", verdict.reason


@pytest.mark.parametrize("command", ["make rehearse-real", "make test-real", ".ci/run", "bash .ci/run"])
def test_what_brings_an_engine_onto_the_machine_asks_first(command):
    root = pathlib.Path(__file__).parents[2]
    facts = Facts(project=str(root))
    facts.read = lambda name: read_text(str(root), name)
    verdict = judge(command, facts)
    assert verdict.verdict in {"ask", "block"}
    assert "scripts/real-parts.sh" in verdict.reason


def test_this_projects_own_makefile_is_followed():
    root = pathlib.Path(__file__).parents[2]
    facts = Facts(project=str(root))
    facts.read = lambda name: read_text(str(root), name)
    assert ".venv/bin/python -m pytest -n 2 --dist worksteal" in {step.text for step in judge("make test", facts).steps}


@pytest.mark.parametrize("agent", ["claude", "codex"])
def test_the_hook_reads_the_file_on_the_disk(tmp_path, agent):
    call = Call(agent, "PreToolUse", "Bash", "shell", cwd=str(tmp_path))
    call.command = "make deps"
    write_project(tmp_path, {"Makefile": "deps:\n\tgit push\n"})
    policy = {"root": str(tmp_path), "common_dir": f"{tmp_path}/.git", "grants": ""}
    rulings = find_rulings(call, policy)
    assert [ruling.rule for ruling in rulings] == ["commit_push"]
    assert rulings[0].reason.startswith("Makefile:2: ")


def test_what_reads_files_is_imported_only_once_there_is_one_to_read():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from conductor.guard.judge.command import judge, read_facts\n"
        "judge('make test; ./x.sh; python3 x.py; npm test; just', read_facts({'project': '/p'}))\n"
        "print(*sys.modules)"
    )
    root = str(pathlib.Path(__file__).parents[2])
    run = subprocess.run([sys.executable, "-I", "-S", "-c", code, root], capture_output=True, text=True, check=True)
    loaded = run.stdout.split()
    readers = {name for name in loaded if name.startswith(("conductor.guard.judge.project", "conductor.recipes"))}
    assert readers - {"conductor.recipes", "conductor.recipes.calls"} == set()  # the words of a call, and no file
    assert not {"re", "json", "os"} & set(loaded)


@pytest.mark.parametrize(
    ("name", "text", "command"),
    [
        ("Makefile", "ifndef X\nX := $(X)\nendif\nA = $(B)\nB = $(A)\nall: all\n\t$(A) $(X) $(MAKE) all\n", "make"),
        ("Makefile", "include Makefile\nifeq (,\nelse\nelse\nendif\nendif\ndefine x\n:\n\t\n= 1\n", "make x"),
        ("justfile", "a := b\nb := a\nx y=a: x (x 'z'\n  {{ a + }} {{\n", "just x 1 2"),
        ("package.json", '{"scripts": {"x": "npm run x"}}', "npm run x"),
        ("package.json", "[", "npm test"),
        ("x.py", "def f():\n    f()\nf()\nfor a in range(9):\n    while a:\n        g(a)\n", "python3 x.py"),
        ("x.py", "class A:\n    def __init__(self): A()\nA()\n(lambda: 1)()\n{}[1]()\n", "python3 x.py"),
        ("x.js", "exec('a\nspawn([`${x}`, exec(", "node x.js"),
        (
            "x.sh",
            "while getopts ab: o; do case $o in a) ;; esac; done; until false; do continue; done\n",
            "sh x.sh -ab c",
        ),
    ],
)
def test_a_file_made_to_confuse_the_reader_is_answered(name, text, command):
    assert judge(command, make_project_facts({name: text}, {})).verdict == "allow"
