import json
import subprocess
import sys

import pytest

WHEEL = (
    "https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/"
    "flash_attn-2.8.3+cu12torch2.7cxx11abiFALSE-cp310-cp310-linux_x86_64.whl"
)
SEED = f'FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime\nRUN pip install {WHEEL}\nCMD ["python", "-u", "-m", "worker"]\n'
CLEAN = "FROM python:3.11-slim@sha256:" + "0" * 64 + '\nCMD ["python", "-u", "-m", "http.server"]\n'


def run(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "conductor", "preflight", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def project(tmp_path):
    (tmp_path / "Dockerfile").write_text(SEED)
    return tmp_path


def test_a_finding_is_shown_with_its_line_its_reason_and_its_remedy(project):
    done = run(project)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Dockerfile:2:17: error[PF-WHEEL-001] wheel is for CPython 3.10")
    assert lines[1].startswith("    2 | RUN pip install")
    assert "python 3.11" in lines[2]
    assert lines[3].startswith("  remedy: use https://github.com/")
    assert lines[4] == "  docs: docs/checks/wheel-python-tag.md"
    assert done.stderr.splitlines()[-1].endswith("skipped (offline)")


def test_a_clean_image_leaves_with_zero(tmp_path):
    (tmp_path / "Dockerfile").write_text(CLEAN)
    done = run(tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert ", 0 errors, 0 warnings, " in done.stderr


def test_a_path_may_be_a_dockerfile_or_a_folder_and_options_may_stand_first(project, tmp_path):
    for arguments in (
        ["Dockerfile"],
        ["."],
        ["--offline", "."],
        ["--skip", "wheel-python-tag", "Dockerfile"],
        ["check", "."],
    ):
        assert run(project, *arguments).returncode in {0, 1}, arguments


def test_the_image_folder_is_found_with_its_own_context(tmp_path):
    (tmp_path / "image").mkdir()
    (tmp_path / "image" / "Dockerfile").write_text("FROM python:3.11-slim\nCOPY nothing /x\nCMD x\n")
    done = run(tmp_path)
    assert "image/Dockerfile:2:6: error[PF-COPY-001] nothing is not in the build context (image)" in done.stdout


def test_json_has_the_findings_and_what_was_run(project):
    done = run(project, "--json")
    answer = json.loads(done.stdout)
    assert (answer["schema"], answer["command"], answer["exit"]) == (1, "preflight", 1)
    assert answer["findings"][0]["path"] == "Dockerfile"
    assert "wheel-python-tag" in answer["checks"]


@pytest.mark.parametrize("form", ["sarif", "github"])
def test_other_programs_get_their_own_form(project, form):
    done = run(project, "--format", form)
    assert "PF-WHEEL-001" in done.stdout
    if form == "sarif":
        assert json.loads(done.stdout)["version"] == "2.1.0"


def test_fix_writes_the_wheel_that_fits_and_shows_the_change(project):
    done = run(project, "--fix", "--only", "wheel-python-tag")
    assert done.returncode == 0
    assert "cp311-cp311" in (project / "Dockerfile").read_text()
    assert "-RUN pip install" in done.stderr
    assert "1 file repaired" in done.stderr


def test_env_shows_what_holds_line_by_line(project):
    done = run(project, "env")
    assert done.returncode == 0
    assert "python       3.11 in /opt/conda/bin" in done.stdout
    assert "torch        2.7.1" in done.stdout
    assert "start | python -u -m worker" in done.stdout
    rows = json.loads(run(project, "env", "--json").stdout)["environment"]
    assert rows[0]["facts"]["C++11 ABI"]["value"] == "TRUE"


def test_explain_prints_the_page_and_knows_near_names(project):
    assert run(project, "explain", "PF-WHEEL-001").stdout.startswith("# Wheel is for another Python\n")
    done = run(project, "explain", "PF-WHEL-001")
    assert done.returncode == 2
    assert "did you mean PF-WHEEL-001?" in done.stderr


@pytest.mark.parametrize("arguments", [["nowhere"], ["--format", "xml"], ["--only", "nothing"], ["env", "nowhere"]])
def test_a_wrong_call_is_an_error_with_a_hint_and_no_traceback(project, arguments):
    done = run(project, *arguments)
    assert done.returncode == 2
    assert "remedy:" in done.stderr
    assert "Traceback" not in done.stderr


def test_online_asks_and_says_what_could_not_be_asked(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM 127.0.0.1:9/none:1\nCMD x\n")
    done = run(tmp_path, "--online", "--only", "base-not-found")
    assert done.returncode == 0
    assert done.stderr.splitlines()[-1] == "0 checks, 1 file, 0 errors, 0 warnings, 1 skipped (no answer)"


def test_advice_alone_is_no_finding_and_is_counted(tmp_path):
    (tmp_path / "Dockerfile").write_text(CLEAN)
    workflow = tmp_path / ".github/workflows/a.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n"
    )
    done = run(tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert "1 advice (--all)" in done.stderr
    everything = run(tmp_path, "--all")
    assert everything.returncode == 0
    assert "advice[PF-FLOW-006]" in everything.stdout
    assert json.loads(run(tmp_path, "--json").stdout)["findings"][0]["code"] == "PF-FLOW-006"
