"""The first thing a person types: what is written, what is asked, what is left open and who insists on it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from conductor.cli.layout import cells
from conductor.config.places import state_dir
from conductor.host.baseline import NAME
from tests.cli.terminal import run_in_terminal, visible_lines

RELEASE = """name: Release
on: {push: {branches: [main]}}
jobs:
  docker:
    runs-on: ubuntu-latest
    steps:
      - uses: docker/build-push-action@v6
        with: {push: true, tags: "ghcr.io/${{ github.repository }}:${{ github.sha }}", labels: "${{ env.LABELS }}"}
"""
SECRET = RELEASE.replace("ghcr.io/${{ github.repository }}", "${{ secrets.USER }}/worker")
TWO = """on: {push: {branches: [main]}}
jobs:
  docker:
    runs-on: ubuntu-latest
    strategy: {matrix: {worker: [one, two]}}
    steps:
      - uses: docker/login-action@v4
      - uses: docker/build-push-action@v6
        with: {context: "w/${{ matrix.worker }}", push: true, tags: "${{ env.TAGS }}", labels: "${{ env.LABELS }}"}
        env: {TAGS: "acme/${{ matrix.worker }}:${{ github.sha }}"}
"""


@pytest.fixture
def project(repository, git):
    """Return a function that writes files into a repository with a remote and commits them."""

    def write(**files):
        for name, text in files.items():
            path = repository / {"workflow": ".github/workflows/ship.yml", "dockerfile": "Dockerfile"}.get(name, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        git("remote", "add", "origin", "git@github.com:Acme/Worker.git", cwd=repository)
        git("add", "--all", cwd=repository)
        git("commit", "-q", "-m", "First", cwd=repository)
        return repository

    return write


def configuration(root):
    return yaml.safe_load((root / "CONDUCTOR.md").read_text().split("---\n")[1])


def test_what_is_certain_is_written_and_the_machine_is_taken_in(project, conductor):
    root = project(workflow=RELEASE, dockerfile="FROM scratch\n", **{"test_input.json": '{"input": {}}'})
    done = conductor("init", "--yes", cwd=root)
    assert done.returncode == 0, done.stderr
    written = configuration(root)
    assert written["build"] == {
        "workflow": ".github/workflows/ship.yml",
        "dockerfile": "Dockerfile",
        "context": ".",
        "image": "ghcr.io/acme/worker",
    }
    assert written["smoke"] == {"input": "test_input.json"}
    assert "FILL_IN" not in (root / "CONDUCTOR.md").read_text()
    assert (state_dir() / NAME).is_file()
    assert "the host's baseline: " in done.stdout
    check = conductor("check", "configuration", "host", cwd=root)
    assert (check.returncode, check.stdout) == (0, ""), check.stdout


def test_what_can_not_be_seen_is_left_open_and_check_release_and_rehearse_insist_on_it(project, conductor, git):
    root = project(workflow=SECRET, dockerfile="FROM scratch\n")
    done = conductor("init", "--yes", "--json", cwd=root)
    assert json.loads(done.stdout)["to_fill_in"] == ["build.image"]
    line = next(line for line in (root / "CONDUCTOR.md").read_text().splitlines() if "image:" in line)
    assert "FILL_IN" in line
    assert "${{ secrets.USER }}/worker" in line
    git("add", "--all", cwd=root)
    git("commit", "-q", "-m", "Adopt", cwd=root)
    (found,) = json.loads(conductor("check", "configuration", "--json", cwd=root).stdout)["findings"]
    assert (found["code"], found["severity"], found["path"], found["line"]) == (
        "CF-FILL-001", "error", "CONDUCTOR.md", 8,
    )  # fmt: skip
    assert "ghcr.io/owner/name" in found["remedy"]
    for words in (("release",), ("release", "--dry-run"), ("release", "--json"), ("rehearse",)):
        done = conductor(*words, cwd=root)
        assert done.returncode == 2, done.stdout
        assert (
            done.stderr.startswith("CONDUCTOR.md:8") and "build.image is not filled in" in done.stderr.splitlines()[0]
        )
        assert "would do this" not in done.stdout


def test_a_placeholder_of_before_is_not_filled_in_either(project, conductor):
    root = project(workflow=RELEASE, dockerfile="FROM scratch\n")
    for image in (
        "docker.io/OWNER/NAME",
        "<your image>",
        "TODO",
        "FILL_IN",
        "${{ secrets.X }}/y",
        "ghcr.io/OWNER/worker",
    ):
        (root / "CONDUCTOR.md").write_text(
            "---\nconductor: 1\nbuild:\n  workflow: .github/workflows/ship.yml\n  dockerfile: Dockerfile\n  context: .\n"
            f"  image: {json.dumps(image)}\n---\n"
        )
        done = conductor("check", "configuration", "--json", cwd=root)
        assert [row["code"] for row in json.loads(done.stdout)["findings"]] == ["CF-FILL-001"], image


def test_files_that_are_not_there_and_names_that_are_none_are_errors(project, conductor):
    root = project(dockerfile="FROM scratch\n")
    (root / "CONDUCTOR.md").write_text(
        "---\nconductor: 1\nbuild: {workflow: .github/workflows/x.yml, dockerfile: Dockerfile, context: ., image: Acme/worker:latest}\n---\n"
    )
    rows = json.loads(conductor("check", "configuration", "--json", cwd=root).stdout)["findings"]
    assert [(row["code"], row["line"]) for row in rows] == [("CF-PATH-001", 3), ("CF-IMAGE-001", 3)]


def test_a_project_without_an_image_is_not_asked_for_one(project, conductor):
    root = project(**{"README.md": "words\n"})
    assert conductor("init", "--yes", cwd=root).returncode == 0
    assert "build" not in configuration(root)
    assert conductor("check", "configuration", cwd=root).returncode == 0


def test_a_state_folder_that_can_not_be_written_costs_the_baseline_only(project, conductor):
    root = project(workflow=RELEASE, dockerfile="FROM scratch\n")
    done = conductor("init", "--yes", cwd=root, env={"XDG_STATE_HOME": "/proc/nohome"})
    assert done.returncode == 0, done.stderr
    assert "note: no baseline of this host was taken: " in done.stderr
    assert "remedy: " in done.stderr
    assert configuration(root)["build"]["image"] == "ghcr.io/acme/worker"
    assert "baseline" not in done.stdout


def test_without_a_terminal_nothing_is_asked_and_nothing_written(project, conductor):
    root = project(workflow=RELEASE, dockerfile="FROM scratch\n")
    done = conductor("init", cwd=root)
    assert (done.returncode, "conductor init --yes" in done.stderr) == (2, True)
    assert not (root / "CONDUCTOR.md").exists()


def test_in_a_terminal_only_what_can_not_be_seen_is_asked(project):
    root = project(workflow=SECRET, dockerfile="FROM scratch\n")
    code, shown = run_in_terminal("init", cwd=root, typed=b"Acme/Worker:1\ndocker.io/acme/worker\n\n")
    assert code == 0, shown
    assert "${{ secrets.USER }}/worker" in shown
    assert "Lower case, without a tag or digest" in shown
    assert "Its Dockerfile" not in shown
    assert configuration(root)["build"]["image"] == "docker.io/acme/worker"
    assert configuration(root)["targets"]["production"]["id"] == "env:RUNPOD_ENDPOINT"


def test_of_several_images_a_person_chooses_one(project):
    root = project(workflow=TWO, **{"w/one/Dockerfile": "FROM scratch\n", "w/two/Dockerfile": "FROM scratch\n"})
    code, shown = run_in_terminal("init", cwd=root, typed=b"7\n2\n\n")
    assert code == 0, shown
    assert "docker.io/acme/one  from w/one/Dockerfile" in shown
    assert "A number from 1 to 2." in shown
    assert configuration(root)["build"]["image"] == "docker.io/acme/two"
    assert configuration(root)["build"]["dockerfile"] == "w/two/Dockerfile"


def test_what_is_said_after_an_answer_is_folded_as_well(project):
    long = {f"workers/number-{name}/Dockerfile": "FROM scratch\n" for name in ("one", "two", "three", "four")}
    workflow = SECRET.replace("push: true,", "push: true, file: elsewhere/Dockerfile,")
    root = project(workflow=workflow, **long)
    code, shown = run_in_terminal("init", cwd=root, columns=60, answers=[b"none", b"", b"", b"", b"", b""])
    assert code == 0, shown
    assert "There is no none." in shown
    assert max(cells(line) for line in visible_lines(shown)) <= 60, shown


def test_enter_chooses_none_of_several_that_are_equally_possible(project):
    root = project(workflow=TWO, **{"w/one/Dockerfile": "FROM scratch\n", "w/two/Dockerfile": "FROM scratch\n"})
    code, shown = run_in_terminal("init", cwd=root, answers=[b""] * 6)
    assert code == 0, shown
    build = configuration(root)["build"]
    assert [build[key] for key in ("dockerfile", "context", "image")] == ["FILL_IN"] * 3
    assert build["workflow"] == ".github/workflows/ship.yml"


def test_what_is_found_today_is_accepted_with_a_reason_by_people_only(project, conductor):
    root = project(
        workflow=RELEASE, dockerfile="FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime\nCOPY missing.py .\n"
    )
    refused = conductor("init", "--yes", "--accept", "old", cwd=root, env={"CLAUDECODE": "1"})
    assert refused.returncode == 2
    assert not (root / "CONDUCTOR.md").exists()
    done = conductor("init", "--yes", "--accept", "known on the first day", cwd=root)
    assert done.returncode == 0, done.stderr
    assert "known on the first day" in (root / ".conductor/accepted.yaml").read_text()
    assert conductor("check", cwd=root).returncode == 1
    assert conductor("check", "--new", cwd=root).returncode == 0


def test_an_agent_takes_no_second_baseline_and_accepts_nothing(project, conductor):
    root = project(workflow=RELEASE, dockerfile="FROM scratch\n")
    conductor("host", "baseline", cwd=root)
    before = (state_dir() / NAME).read_bytes()
    done = conductor("init", "--yes", cwd=root, env={"CLAUDECODE": "1"})
    assert done.returncode == 0
    assert (state_dir() / NAME).read_bytes() == before
    assert not (root / ".conductor/accepted.yaml").exists()


def test_prose_that_was_there_keeps_every_byte(project, conductor):
    prose = "# Ours\r\n\r\nWords \u00fc\r\n"
    root = project(workflow=RELEASE, dockerfile="FROM scratch\n")
    (root / "CONDUCTOR.md").write_bytes(prose.encode())
    assert conductor("init", "--yes", cwd=root).returncode == 0
    assert (root / "CONDUCTOR.md").read_bytes().endswith(prose.encode())
    assert conductor("init", "--yes", cwd=root).returncode == 2


def test_the_real_first_check_of_a_person_with_packages_of_their_own_is_not_red(project, conductor, surroundings):
    root = project(workflow=RELEASE, dockerfile="FROM scratch\n")
    site = surroundings / ".pyenv/versions/3.11.9"
    make_python(site, [f"package{number}" for number in range(101)])
    done = conductor("check", "host", "--json", cwd=root, env={"PYENV_ROOT": str(site.parent.parent)})
    mine = [row for row in json.loads(done.stdout)["findings"] if str(site) in row["message"]]
    assert [(row["code"], row["severity"]) for row in mine] == [("R9", "advice")]
    assert "conductor host baseline" in mine[0]["remedy"].partition("pip uninstall")[0]
    assert all(row["severity"] != "error" for row in json.loads(done.stdout)["findings"])


def test_what_came_after_the_project_was_adopted_is_a_warning(project, conductor, git, surroundings):
    root = project(workflow=RELEASE, dockerfile="FROM scratch\n", **{"CONDUCTOR.md": "---\nconductor: 1\n---\n"})
    (root / ".git/logs/HEAD").unlink()
    site = surroundings / ".pyenv/versions/3.11.9"
    make_python(site, ["einops"])
    rows = json.loads(
        conductor("check", "host", "--json", cwd=root, env={"PYENV_ROOT": str(site.parent.parent)}).stdout
    )["findings"]
    mine = [row for row in rows if str(site) in row["message"]]
    assert [row["severity"] for row in mine] == ["warning"]
    assert "since this project keeps Conductor's rules here" in mine[0]["message"]


def make_python(prefix: Path, packages):
    """Make what a pyenv's Python looks like on disk, with packages that pip installed."""
    site = prefix / "lib/python3.11/site-packages"
    for folder in (prefix / "bin", prefix / "include/python3.11", site):
        folder.mkdir(parents=True)
    (prefix / "lib/python3.11/os.py").write_text("")
    (prefix / "include/python3.11/patchlevel.h").write_text('#define PY_VERSION "3.11.9"\n')
    (prefix / "bin/python3.11").write_bytes(b"\x7fELF and more")
    (prefix / "bin/python3.11").chmod(0o755)
    for name in packages:
        info = site / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Name: {name}\nVersion: 1.0\n")
        (info / "INSTALLER").write_text("pip\n")
        (info / "RECORD").write_text("")
