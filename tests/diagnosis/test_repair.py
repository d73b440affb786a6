"""A log and the project it comes from: the patch, what it rests on, and what a program leaves to a person."""

import pytest

from conductor.config.disk import DiskTree
from conductor.config.settings import Settings
from conductor.diagnosis.explain import diagnose
from conductor.diagnosis.repair import plan_patch
from conductor.preflight.api import check_project

SLIM = "FROM python:3.11-slim\n"
START = 'CMD ["python", "-u", "/w.py"]\n'
FAILED = "subprocess exited with status 1\n"


def patch_of(root, log, dockerfile, files=None):
    """Return the patch for a log, of a project with these files."""
    for name, content in {"Dockerfile": dockerfile, "w.py": "print(1)\n", **(files or {})}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    found = diagnose((log + FAILED).encode())
    suspects = ([found.suspect] if found.suspect else []) + list(found.also)
    assert suspects

    def judge(tree):
        return check_project(root, Settings(), tree=tree).findings

    return plan_patch(suspects, DiskTree(root), "Dockerfile", judge)


# What the log says, the Dockerfile, further files, and the lines that are new then.
PROVED = {
    "an apt package of another release": (
        "E: Unable to locate package libgl1-mesa-glx\n",
        "FROM debian:bookworm-slim\nRUN apt-get install -y git\nCMD git\n",
        {},
        ["RUN apt-get update && apt-get install -y git"],
    ),
    "a module that nothing installs, beside the others": (
        "ModuleNotFoundError: No module named 'docx'\n",
        f"{SLIM}COPY . /\nRUN pip install -r requirements.txt\n{START}",
        {"w.py": "import docx\n", "requirements.txt": "click==8.1.7\n"},
        ["python-docx"],
    ),
    "a module, where a file of hashes allows no other": (
        "ModuleNotFoundError: No module named 'docx'\n",
        f"{SLIM}COPY . /\nRUN pip install -r requirements.txt\n{START}",
        {"w.py": "import docx\n", "requirements.txt": f"click==8.1.7 --hash=sha256:{'0' * 64}\n"},
        ["RUN pip install --no-cache-dir 'python-docx'"],
    ),
    "a command whose package nobody installs": (
        "/bin/sh: 1: uvicorn: not found\n",
        f"{SLIM}COPY w.py /w.py\nUSER nobody\nCMD uvicorn w:app\n",
        {"w.py": "app = None\n"},
        ["RUN pip install --no-cache-dir 'uvicorn'"],
    ),
    "a program that the base lacks": (
        "/bin/sh: 1: unzip: not found\n",
        f"{SLIM}COPY w.py a.zip /\nRUN unzip a.zip\n{START}",
        {"a.zip": ""},
        ["RUN apt-get update && apt-get install -y unzip"],
    ),
    "a library of OpenCV": (
        "ImportError: libGL.so.1: cannot open shared object file: No such file or directory\n",
        f"{SLIM}RUN pip install opencv-python\nCOPY w.py /w.py\n{START}",
        {"w.py": "import cv2\n"},
        ["RUN apt-get update && apt-get install -y libgl1 libglib2.0-0"],
    ),
    "a file that the ignore list hides": (
        "FileNotFoundError: [Errno 2] No such file or directory: '/models.yaml'\n",
        f"{SLIM}COPY . /\n{START}",
        {"w.py": "open('/models.yaml')\n", "models.yaml": "a: 1\n", ".dockerignore": "*.yaml\n"},
        ["!models.yaml"],
    ),
    "another name of a file": (
        'ERROR: failed to calculate checksum of ref x: "/W.py": not found\n',
        f"{SLIM}COPY W.py /w.py\n{START}",
        {},
        ["COPY w.py /w.py"],
    ),
    "Windows line ends": (
        "/bin/sh: 1: /s.sh: not found\nexec /s.sh: no such file or directory\n",
        f'{SLIM}COPY --chmod=755 s.sh /s.sh\nCMD ["/s.sh"]\n',
        {"s.sh": b"#!/bin/sh\r\necho a\r\n"},
        ["#!/bin/sh", "echo a"],
    ),
    "a user that is not there": (
        "unable to find user app: no matching entries in passwd file\n",
        f"{SLIM}COPY w.py /w.py\nUSER app\n{START}",
        {},
        ["RUN useradd --create-home app"],
    ),
    "a requirement that the shell takes for a redirection": (
        "/bin/sh: 1: cannot open 8: No such file\n",
        f"{SLIM}RUN pip install click<8 flask==3.0.3\nCOPY w.py /w.py\n{START}",
        {},
        ["RUN pip install 'click<8' flask==3.0.3"],
    ),
    "a Python that is too old": (
        "ModuleNotFoundError: No module named 'tomllib'\n",
        f"FROM python:3.10-slim AS a\nFROM python:3.10-slim\nCOPY w.py /w.py\n{START}",
        {"w.py": "import tomllib\n"},
        ["FROM python:3.11-slim AS a", "FROM python:3.11-slim"],
    ),
    "bash in sh": (
        "/bin/sh: 1: source: not found\n",
        f"{SLIM}RUN source /etc/profile\nCOPY w.py /w.py\n{START}",
        {},
        ["RUN . /etc/profile"],
    ),
    "a folder that nobody made": (
        "/bin/sh: 1: cannot create /opt/data/a.txt: Directory nonexistent\n",
        f"{SLIM}RUN echo 1 > /opt/data/a.txt\nCOPY w.py /w.py\n{START}",
        {},
        ["RUN mkdir -p /opt/data"],
    ),
}  # fmt: skip


def new_lines(patch):
    return [
        line[1:].rstrip("\r") for line in patch.plan.patch.split("\n") if line.startswith("+") and line[:4] != "+++ "
    ]


@pytest.mark.parametrize("case", PROVED)
def test_what_preflight_knows_is_put_right_and_found_no_more(case, tmp_path):
    log, dockerfile, files, wanted = PROVED[case]
    patch = patch_of(tmp_path, log, dockerfile, files)
    assert new_lines(patch) == wanted
    assert [change.proved for change in patch.changes] == [True]
    assert patch.left == ()


SAID = {
    "the published version next to the one that was asked for": (
        "ERROR: Could not find a version that satisfies the requirement click==8.99 (from versions: 8.0.1, 8.1.7, 8.2.0, 9.1)\n",
        f"{SLIM}COPY requirements.txt w.py /\nRUN pip install -r requirements.txt\n{START}",
        {"requirements.txt": "click==8.99\n"},
        ["click==8.2.0"],
    ),
    "the oldest where all are newer": (
        "ERROR: Could not find a version that satisfies the requirement click==0.1 (from versions: 7.0, 8.1.7)\n",
        f"{SLIM}COPY requirements.txt w.py /\nRUN pip install -r requirements.txt\n{START}",
        {"requirements.txt": "click==0.1 # why\n"},
        ["click==7.0 # why"],
    ),
    "a name that is one letter off": (
        "ERROR: Could not find a version that satisfies the requirement reqests (from versions: none)\n",
        f"{SLIM}COPY requirements.txt w.py /\nRUN pip install -r requirements.txt\n{START}",
        {"requirements.txt": "reqests\n"},
        ["requests"],
    ),
    "a module that a build needs, before the instruction that needs it": (
        "STEP 2/4: RUN pip install --no-build-isolation .\nModuleNotFoundError: No module named 'setuptools'\n",
        f"FROM python:3.12-slim\nRUN pip install --no-build-isolation .\nCOPY w.py /w.py\n{START}",
        {},
        ["RUN pip install --no-cache-dir 'setuptools'"],
    ),
}


@pytest.mark.parametrize("case", SAID)
def test_what_only_the_log_knows_is_put_right_and_said_to_be_unproved(case, tmp_path):
    log, dockerfile, files, wanted = SAID[case]
    patch = patch_of(tmp_path, log, dockerfile, files)
    assert new_lines(patch) == wanted
    assert [change.proved for change in patch.changes] == [False]


FOR_A_PERSON = {
    "a version whose index has none": (
        "ERROR: Could not find a version that satisfies the requirement click==8.99 (from versions: none)\n"
    ),
    "a full disk": "write /x: no space left on device\n",
    "a secret that nobody set": "Error: Username and password required\n",
    "a gated model": "Access to model a/b is restricted. You must have access to it and be authenticated\n",
}


@pytest.mark.parametrize("case", FOR_A_PERSON)
def test_where_only_a_person_can_help_nothing_changes(case, tmp_path):
    patch = patch_of(tmp_path, FOR_A_PERSON[case], f"{SLIM}COPY w.py /w.py\n{START}")
    assert (patch.plan.patch, patch.changes) == ("", ())
    assert len(patch.left) == 1


def test_a_change_that_brings_a_finding_is_taken_back(tmp_path):
    # The line is read as a program and its words once the quotes are right: then the program's import is missing.
    dockerfile = f"{SLIM}COPY w.py /w.py\nCMD ['python', '/w.py']\n"
    log = "/bin/sh: 1: [python,: not found\n"
    patch = patch_of(tmp_path, log, dockerfile, {"w.py": "import runpod\n"})
    assert patch.changes == ()
    assert [one.brought for one in patch.plan.taken_back] == [("PF-START-006",)]


def test_several_failures_at_once_give_one_patch(tmp_path):
    log = (
        "#5 0.1 E: Unable to locate package git\n#5 ERROR: exit code: 100\n"
        "#7 0.2 unable to find user app: no matching entries in passwd file\n#7 ERROR: exit code: 1\n"
    )
    dockerfile = f"{SLIM}RUN apt-get install -y git\nCOPY w.py /w.py\nUSER app\n{START}"
    patch = patch_of(tmp_path, log, dockerfile)
    assert new_lines(patch) == [
        "RUN apt-get update && apt-get install -y git",
        "RUN useradd --create-home app",
    ]
    assert {change.cause for change in patch.changes} == {"APT_PACKAGE_MISSING", "USER_UNKNOWN"}
