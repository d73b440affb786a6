import pytest

CUDA = "FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04\n"
APT = "RUN apt-get update && apt-get install -y "


def final(image, dockerfile, files=None):
    return image.follow(dockerfile, files).timeline.final


@pytest.mark.parametrize(
    ("dockerfile", "command", "version", "folder"),
    [
        ("FROM python:3.11-slim\n", "python", "3.11", "/usr/local/bin"),
        ("FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime\n", "pip", "3.11", "/opt/conda/bin"),
        (CUDA + APT + "python3\n", "python3", "3.10", "/usr/bin"),
        (CUDA + APT + "python3 python-is-python3\n", "python", "3.10", "/usr/bin"),
        (CUDA + APT + "python3.10 && ln -s /usr/bin/python3.10 /usr/bin/python\n", "python", "3.10", "/usr/bin"),
        (CUDA + APT + "python3-venv && python3 -m venv /opt/venv\nENV PATH=/opt/venv/bin:$PATH\n", "pip", "3.10", "/opt/venv/bin"),
        ("FROM python:3.11-slim\nRUN python -m venv .venv\nENV PATH=/.venv/bin:$PATH\n", "python", "3.11", "/.venv/bin"),
        ("FROM python:3.12-slim AS a\nRUN python -m venv /v\nFROM python:3.12-slim\nCOPY --from=a /v /v\nENV PATH=/v/bin:$PATH\n", "python", "3.12", "/v/bin"),
    ],
)  # fmt: skip
def test_it_is_known_which_python_a_command_starts(image, dockerfile, command, version, folder):
    found = final(image, dockerfile).python(command)
    assert (found.version, found.path) == (version, folder)


def test_a_python_that_nobody_installed_is_not_there(image):
    environment = final(image, CUDA + APT + "python3\n")
    assert environment.python("python") is None
    assert environment.lacks("python")


def test_an_image_that_nobody_looked_up_is_unknown_and_not_guessed(image):
    environment = final(image, "FROM registry.example.invalid/team/base:1\n")
    assert environment.os is None
    assert environment.python("python") is None
    assert not environment.lacks("git")


def test_what_is_activated_in_one_run_is_gone_in_the_next(image):
    subject = image.follow(
        "FROM python:3.11\nRUN python -m venv /v && . /v/bin/activate && pip install a==1\nRUN pip install b==1\n"
    )
    assert [install.interpreter.path for install in subject.pip_installs] == ["/v/bin", "/usr/local/bin"]


def test_torch_and_its_abi_follow_an_installation(image):
    environment = final(
        image,
        "FROM python:3.11-slim\nRUN pip install torch==2.6.0 --index-url https://download.pytorch.org/whl/cu126\n",
    )
    assert (environment.torch.value, environment.torch_cuda.value, environment.cxx11abi.value) == (
        "2.6.0",
        "12.6",
        "TRUE",
    )
    assert environment.torch.origin.line == 2


def test_requirements_are_read_from_the_file_that_was_copied(image):
    subject = image.follow(
        "FROM python:3.11\nWORKDIR /app\nCOPY req/ ./req/\nRUN pip install -r req/base.txt\n",
        {"req/base.txt": "-r more.txt\neinops==0.8\n", "req/more.txt": "av\n"},
    )
    install = subject.pip_installs[0]
    assert {(r.name, where.path) for r, where in zip(install.requirements, install.where, strict=True)} == {
        ("einops", "req/base.txt"),
        ("av", "req/more.txt"),
    }
    assert install.complete


def test_a_requirements_file_that_is_not_there_leaves_the_list_incomplete(image):
    subject = image.follow(
        "FROM python:3.11\nRUN git clone https://example.invalid/x /x && pip install -r /x/requirements.txt\n"
    )
    assert not subject.pip_installs[0].complete


@pytest.mark.parametrize(
    ("dockerfile", "path", "state"),
    [
        ("FROM python:3.11-slim\nWORKDIR /app\nCOPY a.py .\n", "/app/a.py", "context"),
        ("FROM python:3.11-slim\nWORKDIR /app\nCOPY a.py .\n", "/app/b.py", "absent"),
        ("FROM python:3.11-slim\nCOPY a.py /srv\n", "/srv/a.py", "context"),
        ("FROM python:3.11-slim\nCOPY a.py /new\n", "/new", "context"),
        ("FROM python:3.11-slim\nCOPY sub /x\n", "/x/b.py", "context"),
        ("FROM python:3.11-slim\nCOPY . /x\n", "/x/sub/b.py", "context"),
        ("FROM python:3.11-slim\nCOPY a.py /a.py\nRUN rm /a.py\n", "/a.py", "absent"),
        ("FROM python:3.11-slim\nCOPY a.py /a.py\nRUN mkdir /d && mv /a.py /d/\n", "/d/a.py", "context"),
        ("FROM python:3.11-slim\nCOPY a.py /a.py\nRUN mkdir /d && mv /a.py /d/\n", "/a.py", "absent"),
        ("FROM python:3.11\nRUN git clone https://example.invalid/x.git /x\n", "/x/any", "unknown"),
        ("FROM python:3.11-slim\nRUN echo hi > /made\n", "/made", "there"),
        ("FROM python:3.11-slim AS b\nCOPY a.py /a.py\nFROM python:3.11-slim\nCOPY --from=b /a.py /c.py\n", "/c.py", "context"),
        ("FROM registry.example.invalid/x:1\n", "/app/x", "unknown"),
        ("FROM python:3.11-slim\n", "/usr/lib/x", "unknown"),
    ],
)  # fmt: skip
def test_it_is_known_which_files_the_image_holds(image, dockerfile, path, state):
    environment = final(image, dockerfile, {"a.py": "", "sub/b.py": ""})
    assert environment.files.find(path).state == state


def test_arguments_and_variables_are_expanded_as_the_builder_does(image):
    subject = image.follow(
        "ARG V=3.11\nFROM python:${V}-slim\nARG V\nARG D=/srv\nENV X=${D}/x\nWORKDIR $X\nCOPY a.py ${MISSING:-there}/\n",
        {"a.py": ""},
    )
    assert subject.timeline.stages[0][1] == "python:3.11-slim"
    assert subject.timeline.final.workdir == "/srv/x"
    assert subject.timeline.copies[0].destination == "/srv/x/there/"


def test_the_start_is_followed_through_its_scripts(image):
    subject = image.follow(
        'FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\nENTRYPOINT ["bash", "-e", "start.sh"]\n',
        {
            "start.sh": "cd lib\nsource env.sh\nexec python -u main.py\necho never\n",
            "lib/env.sh": "export A=1\n",
            "lib/main.py": "",
        },
    )
    started = [(c.path, c.name) for c in subject.commands if c.phase == "start"]
    assert started == [
        ("Dockerfile", "bash"), ("start.sh", "cd"), ("start.sh", "source"), ("lib/env.sh", "export"), ("start.sh", "exec"), ("start.sh", "python"),
    ]  # fmt: skip
    run = subject.timeline.python_runs[0]
    assert (run.image_path, run.found.state) == ("/app/lib/main.py", "context")
    assert run.command.before.variables["A"] == "1"


def test_only_stages_that_the_image_needs_are_built(image):
    subject = image.follow("FROM python:3.11 AS a\nRUN one\nFROM python:3.11 AS b\nRUN two\nFROM a\nRUN three\n")
    assert [c.name for c in subject.commands] == ["one", "three"]


def test_each_fact_says_where_it_came_from(image):
    environment = final(image, CUDA + "\n\n" + APT + "git\n")
    assert environment.command_origin["git"].line == 4
    assert environment.os.origin.what == "nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04"
