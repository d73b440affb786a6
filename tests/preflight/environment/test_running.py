"""What an image's shell texts are followed to: the walk's calls, done to an image."""

import pytest

BASE = "FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\n"


def commands(image, dockerfile, files=None):
    return image.follow(BASE + dockerfile, files).timeline.commands


def texts(image, dockerfile, files=None):
    return [" ".join(word.text or "?" for word in each.words) for each in commands(image, dockerfile, files)]


def find(image, dockerfile, start, files=None):
    return next(
        each
        for each in commands(image, dockerfile, files)
        if " ".join(w.text or "?" for w in each.words).startswith(start)
    )


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("for p in click rich; do pip install $p; done", ["pip install click", "pip install rich"]),
        ("P='click rich'; pip install $P", ["pip install click rich"]),
        ("pip install $(cat names.txt)", ["pip install click rich"]),
        ("xargs pip install < names.txt", ["pip install click rich"]),
        ("cat names.txt | xargs pip install", ["pip install click rich"]),
        ("cat names.txt | xargs -n 1 pip install", ["pip install click", "pip install rich"]),
        ("while read -r a b; do pip install $b; done < names.txt", ["pip install rich"]),
        ("bash -o pipefail -c 'pip install click'", ["pip install click"]),
        ("echo 'pip install click' > /i.sh && sh /i.sh", ["pip install click"]),
        ("echo pip install click | sh", ["pip install click"]),
        ("if [ -f names.txt ]; then pip install click; else pip install rich; fi", ["pip install click"]),
        ("if [ -f other.txt ]; then pip install click; else pip install rich; fi", ["pip install rich"]),
        ("[ -f other.txt ] && pip install click; true", []),
        ("case amd64 in arm64) pip install click;; *) pip install rich;; esac", ["pip install rich"]),
        ('set -- click rich; pip install "$@"', ["pip install click rich"]),
        ('add() { pip install "$1"; }; add click', ["pip install click"]),
        ("if maybe; then V=1; else V=2; fi; pip install x==$V", ["pip install ?"]),
        ("false && pip install click; true", []),
        ("export V=1; bash -c 'pip install x==$V'", ["pip install x==1"]),
        ("V=1; bash -c 'pip install x==$V'", ["pip install ?"]),
        ("mkdir -p {a,b} && pip install click", ["pip install click"]),
    ],
)
def test_what_is_installed_follows_from_the_text(image, run, expected):
    found = texts(image, f"RUN {run}\n", {"names.txt": "click rich\n"})
    assert [each for each in found if each.startswith("pip install")] == expected


def test_arrays_are_words_in_bash(image):
    found = texts(image, 'SHELL ["/bin/bash", "-c"]\nRUN L=(click rich); pip install "${L[@]}"\n')
    assert "pip install click rich" in found


def test_brace_lists_are_words_in_bash_and_text_in_dash(image):
    assert "mkdir a b" in texts(image, 'SHELL ["/bin/bash", "-c"]\nRUN mkdir {a,b}\n')
    assert "mkdir {a,b}" in texts(image, "RUN mkdir {a,b}\n")


@pytest.mark.parametrize(
    ("run", "masked"),
    [
        ("pip install click; true", True),
        ("set -e; pip install click; true", False),
        ("set -e; pip install click && echo done; true", True),
        ("pip install click | tee log", True),
        ("set -o pipefail; pip install click | tee log", False),
        ("pip install click || exit 1; true", False),
        ("pip install click || { echo no; exit 1; }; true", False),
    ],
)
def test_it_is_known_whether_the_build_sees_a_failure(image, run, masked):
    assert find(image, f"RUN {run}\n", "pip install").masked is masked


def test_a_shell_with_pipefail_sees_a_failure_in_a_pipe(image):
    shell = 'SHELL ["/bin/bash", "-o", "pipefail", "-c"]\n'
    assert not find(image, f"{shell}RUN pip install click | tee log\n", "pip install").masked


START = {
    "start.sh": '#!/bin/sh\nset -e\ncd "$(dirname "$0")"\n. ./lib.sh\nsay hello\nexec "$@"\n',
    "lib.sh": "say() {\n  python lib.py\n}\n",
}


def test_a_start_script_runs_the_command_that_it_is_given(image):
    found = texts(image, 'ENTRYPOINT ["/app/start.sh"]\nCMD ["python", "handler.py"]\n', START)
    assert found[-1] == "python handler.py"


def test_a_function_stands_in_the_file_that_defines_it(image):
    command = find(image, 'ENTRYPOINT ["sh", "/app/start.sh"]\n', "python lib.py", START)
    assert (command.path, command.location.line, command.before.workdir) == ("lib.sh", 2, "/app")


def test_a_container_may_be_started_with_other_variables_and_files(image):
    script = 'if [ -d /app/weights ]; then a; fi\n[ "$MODE" = x ] && b; c\n'
    command = [
        each for each in commands(image, 'ENV MODE=x\nCMD ["bash", "s.sh"]\n', {"s.sh": script}) if len(each.words) == 1
    ]
    assert [(each.name, each.conditional) for each in command] == [("a", True), ("b", True), ("c", False)]


def test_what_a_redirection_of_several_commands_writes_is_there(image):
    files = image.follow(BASE + "RUN { echo a; echo b; } > /made\n").timeline.final.files
    assert files.find("/made").state == "there"


def test_a_folder_that_only_a_branch_goes_to_is_known_in_the_branch_alone(image):
    found = commands(image, "RUN if maybe; then cd /x && a; fi; b\n")
    assert [each.before.workdir for each in found if each.name in {"a", "b"}] == ["/x", None]


def test_lines_of_a_document_given_to_a_shell_are_those_of_the_file(image):
    command = find(image, "RUN bash <<'E'\ntrue\n  pip install click\nE\n", "pip install")
    assert (command.location.line, command.location.column) == (6, 3)


@pytest.mark.parametrize(
    "run",
    ["for f in /app/steps/*.sh; do bash $f; done", "bash /app/steps/*.sh", "/app/steps/?.sh", "python steps/*.py"],
)
def test_files_that_only_a_pattern_names_are_not_said_to_be_missing(image, run):
    assert image.errors(BASE + f"RUN {run}\n", {"steps/a.sh": "true\n", "steps/b.py": ""}) == []
