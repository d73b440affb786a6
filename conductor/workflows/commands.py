"""`docker build`, `docker buildx build`, `docker tag` and `docker push` in a script, as builds of images."""

from __future__ import annotations

from collections.abc import Iterator

from conductor.workflows import partial
from conductor.workflows.builds import Build, repository_of
from conductor.workflows.documents import join_path

_PROGRAMS = frozenset({"docker", "podman", "nerdctl", "buildah", "depot"})
_BUILDS = frozenset({"build", "bud", "build-using-dockerfile", "b"})
# Options of `docker build` that stand alone; every other one takes the word behind it.
_FLAGS = frozenset(
    {"--push", "--load", "--no-cache", "--pull", "--rm", "--force-rm", "--squash", "--quiet", "-q", "-D", "--debug",
     "--compress", "--check", "--disable-content-trust", "--layers", "--save", "--tls-verify", "--no-rm"}
)  # fmt: skip
_PREFIXES = frozenset({"sudo", "time", "env", "exec", "command", "nice", "retry"})


def follow_command(words: list[str], folder: str, builds: list[Build]) -> None:
    """Take a command in `folder` into account: a build is added, a tag or push is noted at the build it means."""
    while words and (words[0] in _PREFIXES or ("=" in words[0] and not words[0].startswith("-"))):
        words = words[1:]
    if not words or words[0].rpartition("/")[2] not in _PROGRAMS:
        return
    verb, rest = _verb(words[1:])
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


def _verb(words: list[str]) -> tuple[str, list[str]]:
    """Return (verb, words behind it) of `docker [--option …] [buildx|image|builder] VERB …`."""
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word in {"--context", "-c", "--config", "-H", "--host", "--log-level", "-l", "--builder", "--project"}:
            rest = rest[1:]
        elif not word.startswith("-") and word not in {"buildx", "image", "builder"}:
            return word, rest
    return "", []


def _read_build(words: list[str], folder: str) -> Build:
    given: dict[str, list[str]] = {}
    for name, value in _options(words):
        given.setdefault({"-t": "--tag", "-f": "--file", "-o": "--output"}.get(name, name), []).append(value)
    build = Build(None, None, given.get("--tag", []), pushed=given.get("--push", ["false"])[-1] != "false")
    build.platforms = tuple(",".join(given.get("--platform", [])).split(","))
    build.stage = given.get("--target", [""])[-1]
    for output in given.get("--output", []):
        note_output(build, output)
    file, context = given.get("--file", [""])[-1], given.get("", [""])[0]
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


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """Yield (option, value); an argument that is no option has the empty name."""
    rest = iter(words)
    for word in rest:
        if not word.startswith("-") or word == "-":
            yield "", word
        elif word.startswith("--") and "=" in word:
            yield word.partition("=")[0], word.partition("=")[2]
        elif word in _FLAGS:
            yield word, "true"
        elif not word.startswith("--") and len(word) > 2 and word[:2] in {"-t", "-f", "-o"}:
            yield word[:2], word[2:].removeprefix("=")
        else:
            yield word, next(rest, "")


def _same(one: str, other: str) -> bool:
    """Tell whether two names mean the same local image: equal, or of the same repository."""
    one, other = one.removeprefix("docker://"), other.removeprefix("docker://")
    repository = repository_of(one)
    return other in {one, f"{one}:latest"} or (repository is not None and repository == repository_of(other))
