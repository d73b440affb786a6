"""container_build: images are built by the workflow, never here, not even inside a container."""

from __future__ import annotations

from conductor.programs import find, known
from conductor.programs.options import parse
from conductor.programs.words import BUILDS, Words
from conductor.rules.judge.call import ASK, BLOCK, UNKNOWN, Call, Ruling

RULE = "container_build"
REMEDY = "The workflow builds the image: conductor preflight checks it here, conductor release ships it."
ENGINES = frozenset({"docker", "podman", "nerdctl", "podman-remote", "finch", "docker.exe", "nerdctl.lima"})
_COMPOSES = frozenset({"docker-compose", "podman-compose", "docker-compose-v1"})


def judge(call: Call) -> Ruling | None:
    """Return a ruling where the call would build a container image."""
    builds = _builds(call)
    if not builds:
        return None
    if builds is ASK:
        return Ruling(ASK, RULE, f"Whether `{call.text()}` builds an image can't be told from the text. {REMEDY}")
    return Ruling(BLOCK, RULE, f"`{call.text()}` would build a container image on this host. {REMEDY}")


def _builds(call: Call) -> bool | str:  # noqa: PLR0911 - one return a program
    if call.name in ENGINES:
        return _engine(call.args)
    if call.name in _COMPOSES:
        return _compose(call.args)
    if call.name == "docker-buildx":
        return _buildx(call.args)
    if call.name == "buildah":
        return _buildah(call.args)
    if call.name == "executor":
        return "kaniko" in call.path or any(arg.startswith(("--destination", "--no-push")) for arg in call.args)
    if call.name == "earthly":
        return _earthly(call.args)
    words = find(call.name)
    return _builder(call, words) if words is not None and BUILDS in words.effects else False


def _builder(call: Call, builder: Words) -> bool | str:
    parsed = builder.parse(call.args)
    if parsed.words and UNKNOWN in parsed.words[0]:
        return ASK
    return builder.has_effect(BUILDS, parsed.words, parsed) and not _is_help(call.args)


def _earthly(args: list[str]) -> bool:
    """`earthly [options] [build] TARGET`: a target has a `+`."""
    words = known("earthly").parse(args).words
    return bool(words) and (words[0] == "build" or any("+" in word for word in words)) and not _is_help(args)


def _is_help(args: list[str]) -> bool:
    return bool({"--help", "-h"} & set(args))


def _engine(args: list[str]) -> bool | str:
    parsed = known("docker").parse(args, stop=True)
    command, rest = (parsed.words[0] if parsed.words else ""), parsed.rest
    if UNKNOWN in command:
        return ASK
    if command == "compose":
        return _compose(rest)
    if command in {"buildx", "bake"}:
        return _buildx(rest if command == "buildx" else [command, *rest])
    if command in {"image", "builder", "container", "farm"}:
        inner = parse(rest, stop=True)
        command, rest = (inner.words[0] if inner.words else ""), inner.rest
        return command in {"build", "commit"} and not _only_shows(rest)
    if command in {"play", "kube"}:
        return "--build" in rest
    return command in {"build", "commit"} and not _only_shows(rest)


def _only_shows(rest: list[str]) -> bool:
    """Tell whether a build only prints: help, `--check`, `--call=outline`."""
    if _is_help([arg for arg in rest if arg == "--help"]) or rest[:1] == ["-h"]:
        return True
    parsed = known("docker").command(["build"]).parse(rest)
    shows = {"check", "outline", "targets"}
    return parsed.has("--check") or any((value or "").split(",")[0] in shows for value in parsed.values("--call"))


def _buildx(args: list[str]) -> bool | str:
    parsed = known("docker-buildx").parse(args, stop=True)
    command = parsed.words[0] if parsed.words else ""
    if UNKNOWN in command:
        return ASK
    if command in {"bake", "f"} and known("docker").command(["build"]).parse(parsed.rest).has(
        "--print", "--list", "--check"
    ):
        return False
    if command in {"bake", "f"} and any(arg.startswith(("--list=", "--call=check")) for arg in parsed.rest):
        return False
    return command in {"build", "bake", "b", "f"} and not _only_shows(parsed.rest)


def _compose(args: list[str]) -> bool | str:
    compose = known("docker-compose")
    parsed = compose.parse(args, stop=True)
    command, rest = (parsed.words[0] if parsed.words else ""), parsed.rest
    if UNKNOWN in command:
        return ASK
    if parsed.has("--dry-run") or "--dry-run" in rest or _is_help([arg for arg in rest if arg == "--help"]):
        return False
    if command == "build":
        return "--print" not in rest and "--check" not in rest
    if command == "watch":
        return True
    if command in {"up", "run", "create"}:
        later = compose.command([command]).parse(rest, stop=command == "run")
        return later.has("--build", "--watch")
    return False


def _buildah(args: list[str]) -> bool:
    buildah = known("buildah")
    words = buildah.parse(args, stop=True)
    return buildah.has_effect(BUILDS, words.words[:1], words) and not _is_help(words.rest[:1])
