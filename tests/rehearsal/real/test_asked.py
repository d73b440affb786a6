"""What `conductor rehearse --real` and `--patch` refuse before anything is started."""

import shutil

import pytest

from conductor.config.resources import image_dir
from conductor.errors import UsageProblem
from conductor.rehearsal.builder import BuildPlace
from conductor.rehearsal.dockerfile import list_bases
from conductor.rehearsal.project import clone_project
from conductor.rehearsal.real.act import ActRun, Machine
from conductor.rehearsal.real.engine import RealEngine
from conductor.rehearsal.real.room import Room


@pytest.fixture
def worker(repository, git):
    """Return a repository of the worker with one commit."""
    shutil.copytree(image_dir(), repository / "image", ignore=shutil.ignore_patterns("__pycache__"))
    workflow = repository / ".github/workflows/build.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text("on: push\njobs: {build: {steps: [{name: Build, run: docker build .}]}}\n")
    (repository / "CONDUCTOR.md").write_text(
        "---\nconductor: 1\nbuild: {workflow: .github/workflows/build.yml, dockerfile: image/Dockerfile,"
        " context: image, image: ghcr.io/owner/worker}\ntargets: {production: {kind: serverless, id: abc}}\n---\n"
    )
    git("add", "-A", cwd=repository)
    git("commit", "-q", "-m", "Worker", cwd=repository)
    return repository


def test_missing_programs_are_told_by_name_with_their_packages(tmp_path, conductor):
    (tmp_path / "git").symlink_to(shutil.which("git"))
    done = conductor("rehearse", "--real", cwd=tmp_path, env={"PATH": str(tmp_path)})
    assert done.returncode == 2
    assert "a rehearsal with real parts needs what is not here: " in done.stderr
    assert "make rehearse-real" in done.stderr


@pytest.mark.parametrize("option", [["--real"], ["--patch", "fix.patch"]])
def test_a_drill_is_acted_out_with_stand_ins_on_head(tmp_path, conductor, option):
    done = conductor("rehearse", "--drill", "build-fails", *option, cwd=tmp_path)
    assert done.returncode == 2
    assert f"not with {option[0]}" in done.stderr


def test_a_patch_that_is_no_file_and_one_without_a_repository_are_refused(tmp_path, conductor):
    assert (
        "fix.patch: error: there is no such file" in conductor("rehearse", "--patch", "fix.patch", cwd=tmp_path).stderr
    )
    (tmp_path / "fix.patch").touch()
    done = conductor("rehearse", "--patch", "fix.patch", cwd=tmp_path)
    assert (done.returncode, "none is here to rehearse" in done.stderr) == (2, True)


def test_a_patch_is_a_commit_of_its_own_upon_head_in_the_clone_alone(worker, git, tmp_path):
    (worker / "image/handler.py").write_text("# patched\n")
    (worker / "image/new.py").write_text("# new\n")
    git("add", "-A", cwd=worker)
    patch = tmp_path / "fix.patch"
    patch.write_text(git("diff", "HEAD", cwd=worker) + "\n")
    git("reset", "-q", "--hard", cwd=worker)
    head = git("rev-parse", "HEAD", cwd=worker)
    project = clone_project(worker, tmp_path / "clone", patch)
    assert git("rev-parse", "HEAD~1", cwd=project.root) == head
    assert (project.root / "image/handler.py").read_text() == "# patched\n"
    assert (project.root / "image/new.py").is_file()
    assert (git("rev-parse", "HEAD", cwd=worker), git("status", "--porcelain", cwd=worker)) == (head, "")


def test_a_patch_that_does_not_fit_is_refused_in_git_s_words(worker, tmp_path):
    patch = tmp_path / "fix.patch"
    patch.write_text("--- a/image/handler.py\n+++ b/image/handler.py\n@@ -1 +1 @@\n-nothing like it\n+x\n")
    with pytest.raises(UsageProblem, match=r"does not apply to HEAD: .*image/handler.py") as raised:
        clone_project(worker, tmp_path / "clone", patch)
    assert "git diff HEAD" in raised.value.hint


def test_a_run_s_clone_is_whole_also_where_the_commit_was_not_pushed(worker, git, tmp_path):
    bare = tmp_path / "bare.git"
    git("clone", "-q", "--bare", "--shared", str(worker), str(bare))
    git("update-ref", "-d", "refs/heads/main", cwd=bare)
    place = BuildPlace("image/nowhere", "image", ".github/workflows/build.yml", "ghcr.io/owner/worker", "")
    head = git("rev-parse", "HEAD", cwd=worker)
    machine = Machine(RealEngine(Room(tmp_path), None), tmp_path / "runs", "owner/worker", place, "opaque-word", {})
    assert ActRun(machine, bare, head, "main").prepare() == ()
    (source,) = (tmp_path / "runs").glob("run-*/src")
    worker.rename(tmp_path / "elsewhere")
    bare.rename(tmp_path / "elsewhere.git")
    assert git("rev-parse", "HEAD", cwd=source) == head
    assert "image/handler.py" in git("ls-tree", "-r", "--name-only", "HEAD", cwd=source)
    assert git("fsck", "--full", cwd=source) == ""


def test_the_bases_of_a_build_are_those_that_no_stage_of_it_makes():
    text = (
        "ARG V=3.11\nFROM python:${V}-slim AS Build\nFROM build AS next\nFROM scratch\n"
        "COPY --from=next /a /\nCOPY --from=0 /a /\nCOPY --from=ghcr.io/o/tools:1 /b /\n"
    )
    assert list_bases(text) == ["ghcr.io/o/tools:1", "python:3.11-slim"]
