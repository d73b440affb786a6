"""`docker build`, `docker buildx build`, `docker tag` and `docker push` in a script, as builds of images."""

from __future__ import annotations

from conductor.programs import known
from conductor.programs.wrapping import program_of
from conductor.workflows import partial
from conductor.workflows.builds import Build, repository_of
from conductor.workflows.documents import join_path

_PROGRAMS = frozenset({"docker", "podman", "nerdctl", "buildah", "depot"})
_BUILDS = frozenset({"build", "bud", "build-using-dockerfile", "b"})
_MANAGES = ("buildx", "image", "builder")


def follow_command(words: list[str], folder: str | None, builds: list[Build]) -> None:
    """Take a command in `folder` into account: a build is added, a tag or push is noted at the build it means."""
    if not words or program_of(words[0]) not in _PROGRAMS:
        return
    verb, rest = _verb(program_of(words[0]), words[1:])
    if verb in _BUILDS:
        builds.append(_read_build(rest, folder))
    elif verb == "tag" and len(rest) >= 2:
        for build in builds:
            if rest[-2] in build.references or any(_same(rest[-2], one) for one in build.references):
                build.references.append(rest[-1])
    elif verb == "push":
        named = [word for word in rest if not word.startswith("-")]
        _note_push(named[-1] if named else "", builds)


def _note_push(name: str, builds: list[Build]) -> None:
    """Note that a name is pushed at the builds it means; one that can't be seen may be any of them."""
    meant = [build for build in builds if name and any(_same(name, one) for one in build.references)]
    for build in meant:
        build.references = [*dict.fromkeys([name.removeprefix("docker://"), *build.references])]
        build.pushed = True
    if not meant and not partial.is_known(name):
        for build in builds:
            build.pushed = build.pushed or None


def _verb(program: str, args: list[str]) -> tuple[str, list[str]]:
    """Return (verb, words behind it) of `docker [--option …] [buildx|image|builder] VERB …`."""
    words = known(program)
    given = words.parse(args, stop=True)
    while given.words and given.words[0] in _MANAGES:
        given = words.command(given.words).parse(given.rest, stop=True)
    return (given.words[0] if given.words else ""), given.rest


def _read_build(words: list[str], folder: str | None) -> Build:
    given = known("docker").command(["build"]).parse(words)
    build = Build(None, None, given.values("-t", "--tag"), pushed=given.has("--push"))
    build.platforms = tuple(",".join(given.values("--platform")).split(","))
    build.stage = given.value("--target") or ""
    for output in given.values("-o", "--output"):
        note_output(build, output)
    file, context = given.value("-f", "--file"), (given.words or [""])[0]
    build.context = join_path(folder, context) if context and context != "-" and "://" not in context else None
    if file:
        build.dockerfile = join_path(folder, file)
    elif build.context is not None:
        build.dockerfile = join_path(build.context, "Dockerfile")
    return build


def note_output(build: Build, output: str) -> None:
    """Take BuildKit's `--output` into account: it may push, and name the repositories."""
    parts = dict(part.partition("=")[::2] for part in _split_csv(output))
    if parts.get("type") == "registry" or parts.get("push") == "true" or parts.get("push-by-digest") == "true":
        build.pushed = True
    if "name" in parts:
        build.references += [name.strip() for name in parts["name"].split(",")]


def _split_csv(text: str) -> list[str]:
    """Split at commas outside double quotes, and take the quotes away."""
    pieces, quoted = [""], False
    for letter in text:
        if letter == '"':
            quoted = not quoted
        elif letter == "," and not quoted:
            pieces.append("")
        else:
            pieces[-1] += letter
    return [piece.strip() for piece in pieces]


def _same(one: str, other: str) -> bool:
    """Tell whether two names mean the same local image: equal, or of the same repository."""
    one, other = one.removeprefix("docker://"), other.removeprefix("docker://")
    repository = repository_of(one)
    return other in {one, f"{one}:latest"} or (repository is not None and repository == repository_of(other))
