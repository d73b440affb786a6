"""What selects what a command runs, then and now: what decides, what is a notice, what is neither."""

from __future__ import annotations

import json

import pytest

from conductor.providers.git import GitRepository
from conductor.records.beginning import Start
from conductor.sessions.selection.compare import compare_selection

TEST = "def test_a():\n    assert 1 + 1 == 2\n\n\ndef test_b():\n    assert 2 + 2 == 4\n"
MAKE = "test:\n\tpython3 -m pytest -q tests\n"
PYPROJECT = '[project]\nname = "x"\nversion = "1"\n\n[tool.pytest.ini_options]\ntestpaths = ["tests"]\n'
BASE = {"src.py": "x = 1\n", "tests/test_x.py": TEST}


def configuration(command):
    return f"---\nconductor: 1\ncommands: {{unit: {json.dumps(command)}}}\n---\n# Work\n"


@pytest.fixture
def compare(repository, git):
    def write(files):
        for name, text in files.items():
            path = repository / name
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)

    def run(command, files, changes, *, now=None, commit=True):
        write({"CONDUCTOR.md": configuration(command), **BASE, **files})
        git("add", "-A", cwd=repository)
        git("commit", "-qm", "Begin", cwd=repository)
        revision = git("rev-parse", "HEAD", cwd=repository)
        write({"src.py": "x = 2\n", **({"CONDUCTOR.md": configuration(now)} if now else {}), **changes})
        if commit:
            git("add", "-A", cwd=repository)
            git("commit", "-qm", "Change", cwd=repository)
        return compare_selection(GitRepository.find(repository), "unit", now or command, Start(revision))

    return run


DECIDES = {
    "the recipe": ("make test", {"Makefile": MAKE}, {"Makefile": "test:\n\ttrue\n"}, "Makefile: the recipe of make test was changed"),
    "a failure that is ignored": ("make test", {"Makefile": MAKE}, {"Makefile": MAKE.replace("\tpy", "\t-py")}, "recipe of make test"),
    "or true": ("make test", {"Makefile": MAKE}, {"Makefile": MAKE.replace("tests", "tests || true")}, "recipe of make test"),
    "the default target": ("make", {"Makefile": MAKE}, {"Makefile": "all:\n\ttrue\n" + MAKE}, "make all is new"),
    "a makefile that make reads first": ("make test", {"Makefile": MAKE}, {"GNUmakefile": "test:\n\ttrue\n"}, "GNUmakefile: the recipe of make test was changed"),
    "a makefile with another name": ("make -f ci.mk test", {"ci.mk": MAKE}, {"ci.mk": "test: ;\n"}, "ci.mk: the recipe"),
    "a makefile in a folder": ("make -C sub test", {"sub/Makefile": MAKE}, {"sub/Makefile": "test:\n"}, "make sub/test"),
    "cd before make": ("cd sub && make test", {"sub/Makefile": MAKE}, {"sub/Makefile": "test:\n"}, "make sub/test"),
    "cd in a subshell": ("(cd ./sub; make test)", {"sub/Makefile": MAKE}, {"sub/Makefile": "test:\n"}, "make sub/test"),
    "make in make": ("make test", {"Makefile": "test:\n\t$(MAKE) -C sub test\n", "sub/Makefile": MAKE}, {"sub/Makefile": "test:\n"}, "make sub/test"),
    "a variable of the recipe": ("make test", {"Makefile": "PYTEST_ARGS = -q tests\ntest:\n\tpython3 -m pytest $(PYTEST_ARGS)\n"}, {"Makefile": "PYTEST_ARGS = -q --co\ntest:\n\tpython3 -m pytest $(PYTEST_ARGS)\n"}, "recipe of make test"),
    "a variable behind a variable": ("make test", {"Makefile": "A = $(B)\nB = tests\ntest:\n\tpytest ${A}\n"}, {"Makefile": "A = $(B)\nB = --help\ntest:\n\tpytest ${A}\n"}, "recipe of make test"),
    "a variable appended to": ("make test", {"Makefile": "A = tests\ntest:\n\tpytest $(A)\n"}, {"Makefile": "A = tests\nA += --co\ntest:\n\tpytest $(A)\n"}, "recipe of make test"),
    "a variable in an included file": ("make test", {"Makefile": "include v.mk\ntest:\n\tpytest $(A)\n", "v.mk": "A = tests\n"}, {"v.mk": "A = -h\n"}, "recipe of make test"),
    "a variable of one target": ("make test", {"Makefile": "A = tests\ntest:\n\tpytest $(A)\n"}, {"Makefile": "A = tests\ntest: A = -h\ntest:\n\tpytest $(A)\n"}, "recipe of make test"),
    "the shell of all recipes": ("make test", {"Makefile": MAKE}, {"Makefile": "SHELL = /bin/true\n" + MAKE}, "recipe of make test"),
    "a path that is exported": ("make test", {"Makefile": MAKE}, {"Makefile": "export PATH := fake:$(PATH)\n" + MAKE}, "recipe of make test"),
    "options for pytest that are exported": ("make test", {"Makefile": MAKE}, {"Makefile": "export PYTEST_ADDOPTS = --co\n" + MAKE}, "recipe of make test"),
    "failures of the target ignored": ("make test", {"Makefile": MAKE}, {"Makefile": MAKE + ".IGNORE: test\n"}, "recipe of make test"),
    "a condition around the recipe": ("make test", {"Makefile": MAKE}, {"Makefile": "test:\nifdef CI\n\tpython3 -m pytest -q tests\nendif\n"}, "recipe of make test"),
    "a recipe in an included file": ("make test", {"Makefile": "include mk/*.mk\n", "mk/test.mk": MAKE}, {"mk/test.mk": "test:\n"}, "mk/test.mk: the recipe"),
    "a recipe that an include takes over": ("make test", {"Makefile": MAKE + "-include local.mk\n"}, {"local.mk": "test:\n\ttrue\n"}, "recipe of make test"),
    "a prerequisite that runs the tests": ("make check", {"Makefile": "check: lint unit\nlint:\n\ttrue\nunit:\n\tpytest\n"}, {"Makefile": "check: lint unit\nlint:\n\ttrue\nunit:\n\ttrue\n"}, "recipe of make unit"),
    "a prerequisite that is left out": ("make check", {"Makefile": "check: lint unit\nlint:\n\ttrue\nunit:\n\tpytest\n"}, {"Makefile": "check: lint\nlint:\n\ttrue\nunit:\n\tpytest\n"}, "recipe of make check"),
    "a prerequisite that runs tests beside a recipe": ("make test", {"Makefile": "test: quick\n\techo done\nquick:\n\tpytest\n"}, {"Makefile": "test: quick\n\techo done\nquick:\n\techo\n"}, "recipe of make quick"),
    "a pattern rule": ("make test-fast", {"Makefile": "test-%:\n\tpytest -k $*\n"}, {"Makefile": "test-%:\n\techo $*\n"}, "make test-fast"),
    "a multi-line variable": ("make test", {"Makefile": "define RUN\npytest\nendef\ntest:\n\t$(RUN)\n"}, {"Makefile": "define RUN\ntrue\nendef\ntest:\n\t$(RUN)\n"}, "recipe of make test"),
    "a function that is called": ("make test", {"Makefile": "run = pytest $(1)\ntest:\n\t$(call run,tests)\n"}, {"Makefile": "run = echo $(1)\ntest:\n\t$(call run,tests)\n"}, "recipe of make test"),
    "a recipe on the rule's line": ("make test", {"Makefile": "test: ; pytest\n"}, {"Makefile": "test: ; true\n"}, "recipe of make test"),
    "a wrapper script": ("./run_tests.sh", {"run_tests.sh": "#!/bin/sh\npytest\n"}, {"run_tests.sh": "#!/bin/sh\nexit 0\n"}, "the script run_tests.sh was changed"),
    "a script without an ending": ("ci/unit", {"ci/unit": "#!/usr/bin/env bash\npytest\n"}, {"ci/unit": "#!/usr/bin/env bash\n"}, "the script ci/unit"),
    "a script that the recipe calls": ("make test", {"Makefile": "test:\n\tbash scripts/t.sh\n", "scripts/t.sh": "pytest\n"}, {"scripts/t.sh": "true\n"}, "the script scripts/t.sh"),
    "a script that a script calls": ("sh a.sh", {"a.sh": "cd sub\n. ./b.sh\n", "sub/b.sh": "pytest\n"}, {"sub/b.sh": ":\n"}, "the script sub/b.sh"),
    "a script that is deleted": ("[ -f t.sh ] && sh t.sh; true", {"t.sh": "pytest\n"}, {"t.sh": None}, "the script t.sh is gone"),
    "a test program in Python": ("python run_tests.py", {"run_tests.py": "import pytest\npytest.main()\n"}, {"run_tests.py": "print('ok')\n"}, "the script run_tests.py"),
    "a module of the project": ("python -m tests.run", {"tests/run.py": "import pytest\n"}, {"tests/run.py": "\n"}, "the script tests/run.py"),
    "a shell in the command": ("bash -euc 'make test'", {"Makefile": MAKE}, {"Makefile": "test:\n"}, "recipe of make test"),
    "uv run": ("uv run --group dev make test", {"Makefile": MAKE}, {"Makefile": "test:\n"}, "recipe of make test"),
    "wrappers in wrappers": ("env A=1 timeout 60 nice -n 5 make test", {"Makefile": MAKE}, {"Makefile": "test:\n"}, "recipe of make test"),
    "poetry run a script": ("poetry run ./t.sh", {"t.sh": "#!/bin/sh\npytest\n"}, {"t.sh": "#!/bin/sh\n"}, "the script t.sh"),
    "npm test": ("npm test", {"package.json": '{"scripts": {"test": "jest"}}'}, {"package.json": '{"scripts": {"test": "exit 0"}}'}, "the script test of package.json"),
    "npm run in a folder": ("npm --prefix web run unit", {"web/package.json": '{"scripts": {"unit": "vitest"}}'}, {"web/package.json": '{"scripts": {"unit": ":"}}'}, "the script unit of web/package.json"),
    "a script of package.json that runs another": ("npm t", {"package.json": '{"scripts": {"test": "npm run unit", "unit": "jest"}}'}, {"package.json": '{"scripts": {"test": "npm run unit", "unit": "true"}}'}, "the script unit of"),
    "what runs before npm's script": ("yarn unit", {"package.json": '{"scripts": {"unit": "jest"}}'}, {"package.json": '{"scripts": {"preunit": "rm -r tests", "unit": "jest"}}'}, "the script unit of"),
    "an included file that a function finds": ("make test", {"Makefile": "include $(wildcard mk/*.mk)\n", "mk/test.mk": MAKE}, {"mk/test.mk": "test:\n"}, "mk/test.mk: the recipe"),
    "a folder as make calls it": ("make test", {"Makefile": "include $(CURDIR)/mk/t.mk\n", "mk/t.mk": MAKE}, {"mk/t.mk": "test:\n"}, "recipe of make test"),
    "a module that Python finds before pytest": ("python -m pytest", {}, {"pytest.py": "print('ok')\n"}, "the script pytest.py is new"),
    "a package that Python finds before unittest": ("python3 -m unittest", {}, {"unittest/__main__.py": "\n"}, "the script unittest/__main__.py is new"),
    "eval": ("eval make test", {"Makefile": MAKE}, {"Makefile": "test:\n"}, "recipe of make test"),
    "just": ("just test", {"justfile": "test:\n    pytest\n"}, {"justfile": "test:\n    true\n"}, "justfile: the recipe of just test"),
    "just's variable": ("just test", {"justfile": "args := 'tests'\ntest:\n    pytest {{args}}\n"}, {"justfile": "args := '--co'\ntest:\n    pytest {{args}}\n"}, "just test"),
    "what follows a recipe of just": ("just", {"justfile": "default: && test\n    echo\n\ntest:\n    pytest\n"}, {"justfile": "default: && test\n    echo\n\ntest:\n    echo\n"}, "just test"),
    "a dependency of just with arguments": ("just", {"justfile": "default: (test 'a b')\n\ntest which:\n    pytest {{which}}\n"}, {"justfile": "default: (test 'a b')\n\ntest which:\n    echo {{which}}\n"}, "just test"),
    "an alias of just": ("just t", {"justfile": "alias t := test\ntest:\n    pytest\n"}, {"justfile": "alias t := test\ntest:\n    echo\n"}, "just test"),
    "a setting of just": ("just test", {"justfile": "set shell := ['bash', '-c']\ntest:\n    pytest\n"}, {"justfile": "set shell := ['true']\ntest:\n    pytest\n"}, "just test"),
    "a recipe of an imported justfile": ("just test", {"justfile": "import 'mk/t.just'\n", "mk/t.just": "test:\n    pytest\n"}, {"mk/t.just": "test:\n    true\n"}, "mk/t.just: the recipe of just test"),
    "a script of just": ("just test", {"justfile": "test:\n    #!/bin/sh\n    sh run.sh\n", "run.sh": "pytest\n"}, {"run.sh": "true\n"}, "run.sh"),
    "a pattern rule with its stem": ("make unit-test", {"Makefile": "%-test:\n\tpytest tests/$*\n"}, {"Makefile": "%-test:\n\techo $*\n"}, "make unit-test"),
    "a branch behind else": ("make test", {"Makefile": "ifdef A\ntest:\n\tpytest\nelse ifdef B\ntest:\n\tpytest -x\nendif\n"}, {"Makefile": "ifdef A\ntest:\n\tpytest\nelse ifdef B\ntest:\n\ttrue\nendif\n"}, "make test"),
    "what a makefile in another folder includes": ("make -C sub test", {"sub/Makefile": "include mk/*.mk\n", "sub/mk/t.mk": "test:\n\tpytest\n"}, {"sub/mk/t.mk": "test:\n\ttrue\n"}, "sub/mk/t.mk: the recipe of make sub/test"),
    "what a recipe of just depends on": ("just", {"justfile": "default: test\n\ntest:\n    pytest\n"}, {"justfile": "default: test\n\ntest:\n    echo\n"}, "just test"),
    "tox": ("tox -e py", {"tox.ini": "[testenv]\ncommands =\n    pytest\n"}, {"tox.ini": "[testenv]\ncommands =\n    python -V\n"}, "what tox runs"),
    "nox": ("nox", {"noxfile.py": "import nox\n"}, {"noxfile.py": "\n"}, "noxfile.py"),
    "poe": ("poe test", {"pyproject.toml": '[tool.poe.tasks]\ntest = "pytest -q"\n'}, {"pyproject.toml": '[tool.poe.tasks]\ntest = "true"\n'}, "the scripts of poe"),
    "go-task": ("task test", {"Taskfile.yml": "version: '3'\ntasks: {test: {cmds: [go test]}}\n"}, {"Taskfile.yml": "version: '3'\ntasks: {test: {cmds: ['true']}}\n"}, "Taskfile.yml"),
    "options with which pytest runs nothing": ("make test", {"Makefile": MAKE, "pyproject.toml": PYPROJECT}, {"pyproject.toml": PYPROJECT + 'addopts = "--collect-only"\n'}, "options with which pytest runs no test is new"),
    "an empty file that hides pytest's options": ("pytest -c ci.ini", {"ci.ini": "[pytest]\naddopts = -q\n"}, {"ci.ini": "[pytest]\naddopts = -q --co\n"}, "options with which pytest runs no test"),
}  # fmt: skip


@pytest.mark.parametrize("case", DECIDES)
@pytest.mark.parametrize("commit", [True, False], ids=["committed", "uncommitted"])
def test_what_changes_the_command_or_its_recipe_decides(compare, case, commit):
    command, files, changes, told = DECIDES[case]
    found = compare(command, files, changes, commit=commit)
    assert any(told in line for line in found.decides), found


NOTICES = {
    "a test that is gone": ("make test", {"Makefile": MAKE}, {"tests/test_x.py": TEST.replace("test_b", "helper")}, "tests/test_x.py: 1 test is gone (test_b)"),
    "a test that is skipped": ("make test", {"Makefile": MAKE}, {"tests/test_x.py": TEST.replace("def test_b", "@pytest.mark.skip\ndef test_b")}, "1 test is newly skipped (pytest.mark.skip)"),
    "a test that may fail": ("pytest", {}, {"tests/test_x.py": TEST.replace("def test_b", "@pytest.mark.xfail(reason='x')\ndef test_b")}, "newly skipped (pytest.mark.xfail)"),
    "a skip inside a test": ("pytest", {}, {"tests/test_x.py": TEST.replace("    assert 2", "    pytest.skip('x')\n    assert 2")}, "newly skipped (pytest.skip)"),
    "unittest's skip": ("python -m unittest", {}, {"tests/test_x.py": TEST.replace("def test_b", "@unittest.skip('x')\ndef test_b")}, "newly skipped (unittest.skip)"),
    "a file of tests that is gone": ("make test", {"Makefile": MAKE}, {"tests/test_x.py": None}, "tests/test_x.py: it was deleted (test_a, test_b)"),
    "a test that says less": ("pytest", {}, {"tests/test_x.py": TEST.replace("2 + 2 == 4", "True")}, "tests/test_x.py: it was changed"),
    "data of a test": ("pytest", {"tests/data/in.json": "{}"}, {"tests/data/in.json": "[]"}, "tests/data/in.json: it was changed"),
    "a conftest": ("pytest", {}, {"tests/conftest.py": "collect_ignore = ['test_x.py']\n"}, "tests/conftest.py: it selects tests, and was added"),
    "pytest.ini": ("make test", {"Makefile": MAKE}, {"pytest.ini": "[pytest]\naddopts = -k nothing\n"}, "the selection of pytest was changed"),
    "an empty pytest.ini before pyproject": ("pytest", {"pyproject.toml": PYPROJECT}, {"pytest.ini": ""}, "pytest.ini: the selection of pytest was changed"),
    "pyproject's options": ("pytest", {"pyproject.toml": PYPROJECT}, {"pyproject.toml": PYPROJECT.replace('"tests"', '"tests/one"')}, "pyproject.toml: the selection of pytest was changed"),
    "setup.cfg": ("pytest", {}, {"setup.cfg": "[tool:pytest]\npython_files = check_*.py\n"}, "setup.cfg: the selection of pytest was changed"),
    "pytest.ini beside the tests": ("pytest -q tests", {"pyproject.toml": PYPROJECT}, {"tests/pytest.ini": "[pytest]\npython_files = check_*.py\n"}, "tests/pytest.ini: the selection of pytest was changed"),
    "tox.ini": ("pytest", {"tox.ini": "[pytest]\ntestpaths = tests\n"}, {"tox.ini": "[pytest]\ntestpaths = tests/one\n"}, "tox.ini: the selection of pytest"),
    "jest's selection": ("npm test", {"package.json": '{"scripts": {"test": "jest"}, "jest": {"testMatch": ["**/*.test.js"]}}'}, {"package.json": '{"scripts": {"test": "jest"}, "jest": {"testMatch": []}}'}, "the selection of jest"),
    "jest's file": ("npx jest", {"jest.config.js": "module.exports = {}\n"}, {"jest.config.js": "module.exports = {testMatch: []}\n"}, "jest.config.js: it selects tests"),
    "a JavaScript test": ("npx jest", {"web/a.test.js": "it('adds', () => {})\ntest('more', () => {})\n"}, {"web/a.test.js": "it('adds', () => {})\nit.skip('more', () => {})\n"}, "web/a.test.js: 1 test is gone (more)"),
    "a Go test": ("go test ./...", {"a_test.go": "func TestA(t *testing.T) {}\nfunc TestB(t *testing.T) {}\n"}, {"a_test.go": "func TestA(t *testing.T) { t.Skip() }\n"}, "a_test.go: 1 test is gone (TestB)"),
    "a prerequisite that only prepares": ("make test", {"Makefile": "test: deps\n\tpytest\ndeps:\n\tpip install -r r.txt\n"}, {"Makefile": "test: deps\n\tpytest\ndeps:\n\tpip install -r s.txt\n"}, "the recipe of make deps was changed"),
    "the program that is tried": ("python app/main.py --selftest", {"app/main.py": "x = 1\n"}, {"app/main.py": "x = 2\n"}, "the script app/main.py was changed"),
}  # fmt: skip


@pytest.mark.parametrize("case", NOTICES)
@pytest.mark.parametrize("commit", [True, False], ids=["committed", "uncommitted"])
def test_what_changes_the_tests_is_a_notice(compare, case, commit):
    command, files, changes, told = NOTICES[case]
    found = compare(command, files, changes, commit=commit)
    assert found.decides == ()
    assert any(told in line for line in found.notices), found


NEITHER = {
    "the code": ("make test", {"Makefile": MAKE}, {}),
    "another target": ("make test", {"Makefile": MAKE + "run:\n\tpython app.py\n"}, {"Makefile": MAKE + "run:\n\tpython main.py\n"}),
    "a variable that the recipe does not use": ("make test", {"Makefile": "V = 1\n" + MAKE}, {"Makefile": "V = 2\n" + MAKE}),
    "comments and spaces": ("make test", {"Makefile": MAKE}, {"Makefile": "# How to test\n\ntest:   # quick\n\t@python3  -m pytest -q   tests\n\n"}),
    "the recipe moved to another file": ("make test", {"Makefile": MAKE}, {"Makefile": "include mk/test.mk\n", "mk/test.mk": MAKE}),
    "the makefile renamed to a default name": ("make test", {"makefile": MAKE}, {"makefile": None, "Makefile": MAKE}),
    "rules in another order": ("make test", {"Makefile": "A = tests\ntest:\n\tpytest $(A)\nb:\n\ttrue\n"}, {"Makefile": "b:\n\ttrue\ntest:\n\tpytest $(A)\nA = tests\n"}),
    "a new test": ("make test", {"Makefile": MAKE}, {"tests/test_y.py": TEST}),
    "a test that moved to another file": ("pytest", {}, {"tests/test_x.py": None, "tests/unit/test_x.py": TEST}),
    "a dependency in pyproject": ("pytest", {"pyproject.toml": PYPROJECT}, {"pyproject.toml": PYPROJECT.replace('version = "1"', 'version = "2"\ndependencies = ["numpy"]')}),
    "a marker of pytest": ("pytest", {"pyproject.toml": PYPROJECT}, {"pyproject.toml": PYPROJECT + 'markers = ["slow"]\n'}),
    "a dependency in package.json": ("npm test", {"package.json": '{"scripts": {"test": "jest", "build": "tsc"}}'}, {"package.json": '{"scripts": {"test": "jest", "build": "vite"}, "dependencies": {"a": "1"}}'}),
    "another recipe of just": ("just test", {"justfile": "test:\n    pytest\n"}, {"justfile": "# all\ntest:\n    pytest\n\nrun:\n    ./app\n"}),
    "a comment in a script": ("sh t.sh", {"t.sh": "pytest\n"}, {"t.sh": "# runs the tests\n\npytest\n"}),
    "another command of the configuration": ("make test", {"Makefile": MAKE}, {"CONDUCTOR.md": configuration("make test").replace("{unit", "{lint: ruff check, unit")}),
    "prose of the configuration": ("make test", {"Makefile": MAKE}, {"CONDUCTOR.md": configuration("make test") + "More words.\n"}),
    "a script that is only read": ("bash -n start.sh", {"start.sh": "a\n"}, {"start.sh": "b\n"}),
    "what docker builds": ("docker build image", {"image/Dockerfile": "FROM a\n"}, {"image/Dockerfile": "FROM b\n"}),
}  # fmt: skip


@pytest.mark.parametrize("case", NEITHER)
@pytest.mark.parametrize("commit", [True, False], ids=["committed", "uncommitted"])
def test_what_selects_nothing_is_not_told(compare, case, commit):
    command, files, changes = NEITHER[case]
    found = compare(command, files, changes, commit=commit)
    assert (found.decides, found.notices) == ((), ()), found


def test_another_text_of_the_command_decides(compare):
    found = compare("make test", {"Makefile": MAKE}, {}, now="true")
    assert found.decides == ("CONDUCTOR.md: the command unit was changed", "Makefile: the recipe of make test is gone")


def test_a_command_that_is_new_decides(compare):
    found = compare("make test", {"Makefile": MAKE}, {}, now="make  test")
    assert found.decides == ()
    found = compare(
        "make test", {"CONDUCTOR.md": "# Work\n", "Makefile": MAKE}, {"CONDUCTOR.md": configuration("make test")}
    )
    assert found.decides == (
        "CONDUCTOR.md: the command unit is new", "Makefile: the recipe of make test is new",
    )  # fmt: skip


UNREAD = {
    "a program it does not know": ("frobnicate --all", {}, "frobnicate"),
    "a variable of the environment": ("$RUNNER tests", {}, "the program that … tests names"),
    "a target that is not there": ("make nothing", {"Makefile": MAKE}, "make nothing"),
    "no makefile": ("make test", {}, "a makefile is not there"),
    "rules that are made by a function": ("make test", {"Makefile": "$(eval $(call RULES,a))\n" + MAKE}, "$(eval …)"),
    "an include that only make knows": ("make test", {"Makefile": "include $(shell ls)\n" + MAKE}, "what Makefile includes"),
    "a script outside": ("/opt/run.sh", {}, "run.sh"),
    "commands that a command prints": ('sh -c "$(cat run.txt)"', {}, "the commands that … names"),
    "a folder outside": ("cd .. && make test", {}, "what follows cd .."),
    "workspaces": ("npm test -w a", {"package.json": "{}"}, "npm in its workspaces"),
    "what is no shell": ("if then", {}, "not understood"),
    "a runner's own files": ("go test ./...", {}, "what the files of go leave out"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNREAD)
def test_what_was_not_looked_at_is_said(compare, case):
    command, files, told = UNREAD[case]
    found = compare(command, files, {})
    assert any(told in line for line in found.not_looked_at), found
    assert found.decides == ()


def test_what_was_looked_at_is_named(compare):
    found = compare("make test", {"Makefile": "include v.mk\n", "v.mk": MAKE, "pyproject.toml": PYPROJECT}, {})
    assert found.looked_at == ("CONDUCTOR.md", "pyproject.toml", "v.mk")
    assert found.not_looked_at == ()


@pytest.mark.parametrize("text", ["\x00", "test:\n\t$(", "$" * 5000, "a = $(a)\ntest:\n\t$(a)\n", "test: test\n\tmake test\n", "include Makefile\n", "define X\n", "ifeq (\n", "%: %\n\t$@\n", "\\\n" * 2000, "test : : :\n", "\ufeff" + MAKE])  # fmt: skip
def test_no_makefile_ends_the_comparison(compare, text):
    compare(
        "make test; sh Makefile; just test",
        {"Makefile": MAKE, "justfile": text, "package.json": text},
        {"Makefile": text},
    )


def test_links_are_followed_then_as_now(compare, repository):
    (repository / "Makefile").symlink_to("ci.mk")
    (repository / "loop.mk").symlink_to("loop.mk")
    assert compare("make test; make -f loop.mk", {"ci.mk": MAKE}, {}).decides == ()
    found = compare("make test", {"ci.mk": MAKE}, {"ci.mk": "test:\n"})
    assert found.decides == ("Makefile: the recipe of make test was changed",)


def test_a_file_of_a_submodule_is_taken_as_it_is_and_said_so(compare, repository, git, tmp_path):
    git("init", "-q", "other", cwd=tmp_path)
    (tmp_path / "other/Makefile").write_text(MAKE)
    git("add", "-A", cwd=tmp_path / "other")
    git("commit", "-qm", "x", cwd=tmp_path / "other")
    git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(tmp_path / "other"), "sub", cwd=repository)
    found = compare("make -C sub test", {}, {})
    assert found.decides == ()
    assert any("sub/Makefile" in line for line in found.not_looked_at)


def test_what_the_environment_gives_to_a_recipe_is_a_notice(compare, monkeypatch):
    monkeypatch.setenv("PYTHON", "true")
    monkeypatch.setenv("ARGS", "-k nothing")
    makefile = "PYTHON ?= python3\nARGS := -q\ntest:\n\t$(PYTHON) -m pytest $(ARGS) $(HOME)\n"
    found = compare("make test", {"Makefile": makefile}, {})
    assert (found.decides, found.notices) == ((), ("the environment gives PYTHON to what it runs",))


def test_a_value_of_the_environment_is_never_told(compare, monkeypatch):
    monkeypatch.setenv("SECRET_WORD", "hunter2")
    found = compare("pytest --key $SECRET_WORD", {}, {})
    assert found.notices == ("the environment gives SECRET_WORD to what it runs",)
    assert "hunter2" not in str(found)
