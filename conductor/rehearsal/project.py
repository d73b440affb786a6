"""The project that is rehearsed: a temporary clone of the user's, or a small sample."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from conductor.config.disk import DiskTree
from conductor.config.faults import require_filled
from conductor.config.resources import image_dir
from conductor.config.schema import is_unfilled
from conductor.config.settings import BuildSettings, Settings, load_settings
from conductor.errors import OutsideRefused, UsageProblem
from conductor.rehearsal.dockerfile import handler_of, read_recipe
from conductor.rehearsal.processes import git_output
from conductor.workflows.survey import find_idle_workflow

_WHO = {
    "GIT_AUTHOR_NAME": "Conductor rehearsal",
    "GIT_AUTHOR_EMAIL": "rehearsal@localhost",
    "GIT_COMMITTER_NAME": "Conductor rehearsal",
    "GIT_COMMITTER_EMAIL": "rehearsal@localhost",
}
# OWNER/NAME of `host:owner/name.git` or `scheme://host/owner/name.git`; a path on this machine has none.
_SLUG = re.compile(r"(?:[^/]+:|\w+://[^/]+/)(?:.*/)?([A-Za-z0-9_.-]+)/([A-Za-z0-9_.-]+?)(?:\.git)?/?")
_ENDPOINT = "RUNPOD_ENDPOINT"

_SAMPLE_CONFIGURATION = f"""---
conductor: 1
timezone: UTC
build:
  workflow: .github/workflows/build-worker.yml
  dockerfile: image/Dockerfile
  context: image
  image: docker.io/rehearsal/seedvr2-worker
targets:
  production: {{kind: serverless, id: env:{_ENDPOINT}}}
smoke:
  input: image/smoke/input.json
  example: image/smoke/example.json
  expect:
    status: COMPLETED
    max_warm_s: 60
    quality: {{reference: image/smoke/reference.mp4, at_least: bicubic}}
---
# A sample project

Made by `conductor rehearse`: the SeedVR2 worker that ships with Conductor, and what its release needs.
"""
# The kind of workflow that users have. GitHub and act run it as it stands.
_SAMPLE_WORKFLOW = """name: Build worker
on:
  push:
    branches: [main]
    paths-ignore: ["TASKS.md", "JOURNAL.md", ".conductor/**"]
permissions: {}
env:
  IMAGE: docker.io/rehearsal/seedvr2-worker
jobs:
  build:
    runs-on: ubuntu-latest
    timeout-minutes: 60
    permissions: {contents: read}
    steps:
      - name: Check out
        uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
        with: {persist-credentials: false}
      - name: Identify what is built
        id: source
        run: |
          built=$(git ls-tree -r --full-tree HEAD -- image .github/workflows/build-worker.yml | sha256sum)
          echo "context=${built%% *}" >> "$GITHUB_OUTPUT"
      - name: Log in
        uses: docker/login-action@4907a6ddec9925e35a0a9e82d7399ccc52663121 # v4.1.0
        with:
          username: ${{ secrets.DOCKERHUB_USERNAME }}
          password: ${{ secrets.DOCKERHUB_TOKEN }}
      - name: Set up the builder
        uses: docker/setup-buildx-action@4d04d5d9486b7bd6fa91e7baf45bbb4f8b9deedd # v4.0.0
      - name: Build and push
        id: build
        uses: docker/build-push-action@d08e5c354a6adb9ed34480a06d141179aa583294 # v7.0.0
        with:
          context: image
          platforms: linux/amd64
          push: true
          provenance: false
          sbom: false
          tags: ${{ env.IMAGE }}:${{ github.sha }}
          build-args: |
            REVISION=${{ github.sha }}
            CONTEXT=${{ steps.source.outputs.context }}
          labels: |
            org.opencontainers.image.revision=${{ github.sha }}
            io.conductor.context=${{ steps.source.outputs.context }}
      - name: Self-test
        env:
          DIGEST: ${{ steps.build.outputs.digest }}
        run: docker run --rm --network none "$IMAGE@$DIGEST" python -m worker.selftest --program
"""


@dataclass(frozen=True, slots=True)
class RehearsedProject:
    """A working tree that may be changed at will.

    `name` is the image's; `base` is the revision that was released before, None without one.
    """

    root: Path
    name: str
    slug: str
    settings: Settings
    build: BuildSettings
    handler: str | None
    base: str | None
    is_sample: bool


def clone_project(source: Path, folder: Path, patch: Path | None = None) -> RehearsedProject:
    """Clone the repository's HEAD into the folder, with the patch applied as a commit of its own where there is one.

    Raises UsageProblem where there is nothing to rehearse.
    """
    try:
        revision = git_output(source, "rev-parse", "--verify", "HEAD^{commit}", isolated=False).strip()
    except OutsideRefused as error:
        raise UsageProblem("the repository has no commit yet", hint='git commit -m "First version"') from error
    origin = _origin_of(source)
    # Objects are copied, not borrowed: git renews the time of a borrowed one that is written again. No hook or template
    # of the person's takes part.
    quiet = ("-c", "core.hooksPath=/dev/null", "clone", "--quiet", "--template=", "--no-checkout", "--no-hardlinks")
    git_output(folder.parent, *quiet, "--", str(source), str(folder), isolated=False)
    git_output(folder, "checkout", "--quiet", "--detach", revision)
    if patch is not None:
        _apply_patch(folder, patch)
    match = _SLUG.fullmatch(origin)
    slug = f"{match[1]}/{match[2]}" if match else f"rehearsal/{_safe_name(source.name)}"
    return _prepare(folder, slug, is_sample=False, released=revision)


def make_sample(folder: Path) -> RehearsedProject:
    """Write the sample project with two commits: what is live, and what is released now."""
    folder.mkdir(parents=True)
    git_output(folder, "init", "--quiet", "--initial-branch=main")
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    # copyfile leaves modes alone: what an installed package holds may be read-only.
    shutil.copytree(image_dir(), folder / "image", ignore=ignored, copy_function=shutil.copyfile)
    workflow = folder / ".github" / "workflows" / "build-worker.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(_SAMPLE_WORKFLOW, encoding="utf-8")
    (folder / "CONDUCTOR.md").write_text(_SAMPLE_CONFIGURATION, encoding="utf-8")
    commit(folder, "Add the worker")
    handler = folder / "image" / "handler.py"
    handler.write_text(handler.read_text(encoding="utf-8").rstrip("\n") + "\n\n# Second version.\n", encoding="utf-8")
    commit(folder, "Change the worker")
    return _prepare(folder, "rehearsal/seedvr2-worker", is_sample=True)


def commit(root: Path, message: str) -> str:
    """Commit everything in the tree and return the revision."""
    git_output(root, "add", "--all")
    git_output(root, "-c", "commit.gpgSign=false", "commit", "--quiet", "--no-verify", "-m", message, environment=_WHO)
    return git_output(root, "rev-parse", "HEAD").strip()


def _prepare(root: Path, slug: str, *, is_sample: bool, released: str = "HEAD") -> RehearsedProject:
    settings = load_settings(root)
    if settings.build is None:
        raise UsageProblem(
            "CONDUCTOR.md does not say what is built (build:)", hint="conductor init --yes", path="CONDUCTOR.md"
        )
    build = settings.build
    for path in (build.dockerfile, build.workflow):
        if not is_unfilled(path) and not (root / path).is_file():
            raise UsageProblem(f"{path} is not in HEAD", hint=f"git add {path}, and commit it", path="CONDUCTOR.md")
    require_filled(settings)
    for idle in find_idle_workflow(DiskTree(root), settings):
        raise UsageProblem(idle.message, hint=idle.remedy, path=build.workflow)
    for setting, value in (("user.name", _WHO["GIT_AUTHOR_NAME"]), ("user.email", _WHO["GIT_AUTHOR_EMAIL"]),
                         ("commit.gpgSign", "false"), ("core.hooksPath", "/dev/null")):  # fmt: skip
        git_output(root, "config", setting, value)
    git_output(root, "checkout", "--quiet", "-B", settings.branch)
    handler = _handler_path(root, build)
    name = build.image.rpartition("/")[2]
    return RehearsedProject(root, name, slug, settings, build, handler, _base_of(root, build, released), is_sample)


def _apply_patch(root: Path, patch: Path) -> None:
    try:
        git_output(root, "apply", "--index", "--whitespace=nowarn", "--", str(patch.resolve()))
    except OutsideRefused as error:
        raise UsageProblem(
            f"{patch} does not apply to HEAD: {error.message.removeprefix('git apply: ')}",
            hint=f"make it against HEAD: git diff HEAD > {patch.name}",
            path=str(patch),
        ) from error
    commit(root, f"Apply {patch.name}")


def _base_of(root: Path, build: BuildSettings, released: str) -> str | None:
    """Return the revision before the last one up to `released` that changed what is built, None where it has none."""
    paths = (build.context, build.dockerfile, build.workflow)
    last = git_output(root, "log", "-1", "--format=%H", released, "--", *paths).strip()
    if not last:
        return None
    parent = git_output(root, "rev-list", "--max-count=1", "--parents", last).split()[1:2]
    return parent[0] if parent else None


def _handler_path(root: Path, build: BuildSettings) -> str | None:
    """Return the handler's path from the root: as configured, or the file the Dockerfile starts."""
    if build.handler:
        return build.handler
    recipe = read_recipe((root / build.dockerfile).read_text(encoding="utf-8", errors="replace"), {})
    named = handler_of([*recipe.entrypoint, *recipe.command])
    if named is None:
        return None
    parts = [part for part in named.split("/") if part not in {"", "."}]
    for start in range(len(parts)):
        candidate = Path(build.context).joinpath(*parts[start:])
        if (root / candidate).is_file():
            return candidate.as_posix()
    return None


def _origin_of(source: Path) -> str:
    try:
        return git_output(source, "remote", "get-url", "origin", isolated=False).strip()
    except OutsideRefused:
        return ""


def _safe_name(name: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._") or "project"
