"""container_build: images are built by the workflow, never here, not even inside a container."""

from __future__ import annotations

from conductor.programs.options import parse
from conductor.rules.judge.call import ASK, BLOCK, UNKNOWN, Call, Ruling

RULE = "container_build"
REMEDY = "The workflow builds the image: conductor preflight checks it here, conductor release ships it."
ENGINES = frozenset({"docker", "podman", "nerdctl", "podman-remote", "finch", "docker.exe", "nerdctl.lima"})
ENGINE_VALUED = frozenset({
    "-H", "--host", "-c", "--context", "--config", "-l", "--log-level", "--tlscacert", "--tlscert", "--tlskey",
    "--namespace", "-n", "--address", "-a", "--root", "--runroot", "--storage-driver", "--storage-opt", "--url",
    "--connection", "--identity", "--cgroup-manager", "--conmon", "--snapshotter", "--data-root", "--builder",
    "--tmpdir",
})  # fmt: skip
COMPOSE_VALUED = frozenset({
    "-f", "--file", "-p", "--project-name", "--profile", "--env-file", "--project-directory", "--parallel", "--ansi",
    "--progress", "-e", "--env", "--scale", "--name", "-u", "--user", "-w", "--workdir", "-t", "--timeout", "--pull",
    "--policy", "--wait-timeout", "--exit-code-from", "--attach", "--no-attach", "--entrypoint", "-v", "--volume",
})  # fmt: skip
_BUILDX = frozenset({"build", "bake", "b", "f"})
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
    return _builder(call) if call.name in BUILDERS else False


# Builders that need no engine's command, and the words with which they build; `a b` for a word that needs a second.
BUILDERS: dict[str, frozenset[str]] = {
    "img": frozenset({"build"}),
    "buildctl": frozenset({"build", "b"}),
    "pack": frozenset({"build", "buildpack package", "builder create", "rebase", "extension package"}),
    "devcontainer": frozenset({"build", "up"}),
    "depot": frozenset({"build", "bake"}),
    "nixpacks": frozenset({"build"}),
    "werf": frozenset({"build", "converge", "compose up", "bundle publish", "export"}),
    "skaffold": frozenset({"build", "run", "dev", "debug"}),
    "ko": frozenset({"build", "publish", "apply", "create", "resolve", "run"}),
    "minikube": frozenset({"image build"}),
    "cog": frozenset({"build", "push"}),
    "earthly": frozenset({"build"}),
    "s2i": frozenset({"build"}),
    **dict.fromkeys(("apptainer", "singularity"), frozenset({"build"})),
}
_BUILDER_VALUED = frozenset({
    "--addr", "--workspace-folder", "-p", "--profile", "-f", "--filename", "--config", "--log-level", "--verbosity",
    "-v", "--project", "--token", "--kubeconfig", "--kube-context", "--dir", "--env", "--tlsservername",
})  # fmt: skip


def _builder(call: Call) -> bool | str:
    words = parse(call.args, _BUILDER_VALUED).words
    if words and UNKNOWN in words[0]:
        return ASK
    return bool({" ".join(words[:1]), " ".join(words[:2])} & BUILDERS[call.name]) and not _is_help(call.args)


def _earthly(args: list[str]) -> bool:
    """`earthly [options] [build] TARGET`: a target has a `+`."""
    words = parse(args, {"--build-arg", "--secret", "--platform", "--buildkit-host", "--remote-cache"}).words
    return bool(words) and (words[0] == "build" or any("+" in word for word in words)) and not _is_help(args)


def _is_help(args: list[str]) -> bool:
    return bool({"--help", "-h"} & set(args))


def _engine(args: list[str]) -> bool | str:
    parsed = parse(args, ENGINE_VALUED, stop=True)
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
    parsed = parse(rest, {
        "-t", "--tag", "-f", "--file", "--build-arg", "--target", "--platform", "-o", "--output", "--label", "--secret",
        "--ssh", "--cache-from", "--cache-to", "--call", "--network", "--progress", "--build-context", "-m", "-a", "-c",
    })  # fmt: skip
    shows = {"check", "outline", "targets"}
    return parsed.has("--check") or any((value or "").split(",")[0] in shows for value in parsed.values("--call"))


def _buildx(args: list[str]) -> bool | str:
    parsed = parse(args, {"--builder"}, stop=True)
    command = parsed.words[0] if parsed.words else ""
    if UNKNOWN in command:
        return ASK
    if command in {"bake", "f"} and parse(parsed.rest, {"--set", "-f", "--file"}).has("--print", "--list", "--check"):
        return False
    if command in {"bake", "f"} and any(arg.startswith(("--list=", "--call=check")) for arg in parsed.rest):
        return False
    return command in _BUILDX and not _only_shows(parsed.rest)


def _compose(args: list[str]) -> bool | str:
    parsed = parse(args, COMPOSE_VALUED, stop=True)
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
        later = parse(rest, COMPOSE_VALUED, stop=command == "run")
        return later.has("--build", "--watch")
    return False


def _buildah(args: list[str]) -> bool:
    words = parse(args, {"--root", "--runroot", "--storage-driver", "--storage-opt", "--log-level"}, stop=True)
    builds = {"bud", "build", "build-using-dockerfile", "commit", "from", "run", "from-run"}
    return words.words[:1] != [] and words.words[0] in builds and not _is_help(words.rest[:1])
