"""Commands whose builds stand in a file: `docker buildx bake` and `docker compose build`, `push`, `up --build`."""

from __future__ import annotations

from conductor.workflows.actions import Job, run_bake
from conductor.workflows.bake import DEFAULT_FILES, BakeFile, build_of
from conductor.workflows.documents import join_path


def follow_files(words: list[str], folder: str, job: Job) -> bool:
    """Take such a command in `folder` into account; false for any other."""
    while words[:1] in (["sudo"], ["env"], ["time"]) or (words and "=" in words[0]):
        words = words[1:]
    if words[:3] == ["docker", "buildx", "bake"]:
        _bake(words[3:], folder, job)
    elif words[:2] == ["docker", "compose"]:
        _compose(words[2:], folder, job)
    elif words[:1] == ["docker-compose"]:
        _compose(words[1:], folder, job)
    else:
        return False
    return True


def _bake(words: list[str], folder: str, job: Job) -> None:
    flags, options, targets = _read(words, {"--push", "--load", "--no-cache", "--pull", "--print"})
    paths = _paths(options.get("-f", []) + options.get("--file", []), folder, job)
    run_bake(job, paths, targets, options.get("--set", []), folder, pushed="--push" in flags)


def _compose(words: list[str], folder: str, job: Job) -> None:
    flags, options, rest = _read(
        words, {"--push", "--build", "--pull", "--no-cache", "-d", "--detach", "-q", "--quiet", "--with-dependencies"}
    )
    if not rest or not (rest[0] in {"build", "push"} or "--build" in flags):
        return
    named = options.get("-f", []) + options.get("--file", [])
    paths = [path for path in _paths(named, folder, job) if "bake" not in path]
    file = BakeFile(job.files, paths, job.environment)
    for name in rest[1:] or file.chosen([]):
        if name not in file.targets:
            continue
        build = build_of(file.resolve(name), folder)
        same = [one for one in job.builds if one.references == build.references and one.dockerfile == build.dockerfile]
        if not same:
            job.builds.append(build)
        for one in same or [build]:
            one.pushed = one.pushed or rest[0] == "push" or "--push" in flags


def _paths(named: list[str], folder: str, job: Job) -> list[str]:
    found = [path for one in named if (path := join_path(folder, one))]
    return found or [path for one in DEFAULT_FILES if job.files.is_file(path := join_path(folder, one) or one)]


def _read(words: list[str], flags: set[str]) -> tuple[set[str], dict[str, list[str]], list[str]]:
    """Return (flags, options with their values, what is left)."""
    given: set[str] = set()
    options: dict[str, list[str]] = {}
    rest: list[str] = []
    waiting = iter(words)
    for word in waiting:
        name, equals, value = word.partition("=")
        if word in flags:
            given.add(word)
        elif not word.startswith("-"):
            rest.append(word)
        else:
            options.setdefault(name, []).append(value if equals else next(waiting, ""))
    return given, options, rest
