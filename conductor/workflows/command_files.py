"""Commands whose builds stand in a file: `docker buildx bake` and `docker compose build`, `push`, `up --build`."""

from __future__ import annotations

from conductor.programs import known
from conductor.workflows.actions import Job, run_bake
from conductor.workflows.bake import DEFAULT_FILES, BakeFile, build_of
from conductor.workflows.documents import join_path


def follow_files(words: list[str], folder: str | None, job: Job) -> bool:
    """Take such a command in `folder` into account; false for any other."""
    if words[:3] == ["docker", "buildx", "bake"]:
        _bake(words[3:], folder, job)
    elif words[:2] == ["docker", "compose"]:
        _compose(words[2:], folder, job)
    elif words[:1] == ["docker-compose"]:
        _compose(words[1:], folder, job)
    else:
        return False
    return True


def _bake(words: list[str], folder: str | None, job: Job) -> None:
    given = known("docker").command(["build"]).parse(words)
    paths = _paths(given.values("-f", "--file"), folder, job)
    run_bake(job, paths, given.words, given.values("--set"), folder, pushed=given.has("--push"))


def _compose(words: list[str], folder: str | None, job: Job) -> None:
    given = known("docker-compose").read(words)
    rest = given.words
    if not rest or not (rest[0] in {"build", "push"} or given.has("--build")):
        return
    paths = [path for path in _paths(given.values("-f", "--file"), folder, job) if "bake" not in path]
    file = BakeFile(job.files, paths, job.environment)
    for name in rest[1:] or file.chosen([]):
        if name not in file.targets:
            continue
        build = build_of(file.resolve(name), folder)
        same = [one for one in job.builds if one.references == build.references and one.dockerfile == build.dockerfile]
        if not same:
            job.builds.append(build)
        for one in same or [build]:
            one.pushed = one.pushed or rest[0] == "push" or given.has("--push")


def _paths(named: list[str], folder: str | None, job: Job) -> list[str]:
    found = [path for one in named if (path := join_path(folder, one))]
    return found or [path for one in DEFAULT_FILES if job.files.is_file(path := join_path(folder, one) or one)]
