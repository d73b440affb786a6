"""Dockerfiles that no workflow builds: they look like part of the product and are part of nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from conductor.rules.context import RuleContext
from conductor.rules.variants import is_container_file, is_sample

_BUILDERS = re.compile(
    r"(?:docker-)?compose.*\.ya?ml|docker-bake\.(?:hcl|json)|Makefile|.*\.mk|Taskfile\.ya?ml|justfile|devcontainer\.json"
    r"|fly\.toml|cloudbuild\.ya?ml|skaffold\.ya?ml|\.gitlab-ci\.yml|Jenkinsfile"
)
_SCRIPT = re.compile(r"[\w./-]+\.(?:sh|bash|py|mk)\b")
_BUILDS = re.compile(
    r"build-push-action|\b(?:docker|podman|buildah|buildx|nerdctl)\b.*\bbuild\b|\bbake\b|dockerfile:", re.IGNORECASE
)
_CONTEXT = re.compile(r"^\s*-?\s*(?:context|build):\s*[\"']?(?P<path>[^\s\"'#]+)", re.MULTILINE)
_COMMENT = re.compile(r"(?:^|\s)#.*$", re.MULTILINE)


def find_orphans(context: RuleContext, paths: Iterable[str]) -> list[str]:
    """Return the Dockerfiles that nothing which builds images names; none where no workflow builds an image."""
    tree = list(paths)
    files = [path for path in tree if is_container_file(PurePosixPath(path).name) and not is_sample(path)]
    if not files:
        return []
    workflows = _texts(context, [path for path in tree if _is_workflow(path)])
    if not any(_BUILDS.search(text) for text in workflows.values()):
        return []
    called = {name.removeprefix("./") for text in workflows.values() for name in _SCRIPT.findall(text)}
    others = [path for path in tree if path in called or _BUILDERS.fullmatch(PurePosixPath(path).name)]
    texts = {**workflows, **_texts(context, others)}
    build = context.settings.build
    built = {build.dockerfile} if build else set()
    return [path for path in files if path not in built and not any(_names(text, path) for text in texts.values())]


def _is_workflow(path: str) -> bool:
    return path.startswith(".github/workflows/") and path.endswith((".yml", ".yaml"))


def _texts(context: RuleContext, paths: list[str]) -> dict[str, str]:
    return {path: _COMMENT.sub("", context.read(path) or "") for path in paths}


def _names(text: str, path: str) -> bool:
    """Tell whether a text names the file, or builds its folder as a context without naming another file."""
    posix = PurePosixPath(path)
    if re.search(rf"(?<![\w./-])(?:\.{{1,2}}/)*{re.escape(path)}(?![\w.-])", text):
        return True
    folder = "." if str(posix.parent) == "." else str(posix.parent)
    bare = re.search(rf"(?<![\w/-]){re.escape(posix.name)}(?![\w.-])", text) is not None
    contexts = {match["path"].removeprefix("./").rstrip("/") or "." for match in _CONTEXT.finditer(text)}
    if folder in contexts and (bare or posix.name == "Dockerfile"):
        return True
    # A matrix names folders; which of its values become a path is not worked out.
    if "matrix." in text and re.search(rf"(?<![\w-]){re.escape(posix.parent.name)}(?![\w-])", text):
        return True
    return posix.name == "Dockerfile" and _built_by_default(text, folder)


def _built_by_default(text: str, folder: str) -> bool:
    """Tell whether a text builds that folder with no file named: Docker then reads its Dockerfile."""
    end = r"\.(?:\s|$)" if folder == "." else rf"(?:\./)?{re.escape(folder)}/?(?:\s|$)"
    for line in re.sub(r"\\\s*\n", " ", text).splitlines():
        if (
            re.search(r"\bbuild\b", line)
            and not re.search(r"\s(?:-f|--file)[\s=]", line)
            and re.search(rf"\s{end}", line)
        ):
            return True
    action = re.search(r"build-push-action", text) is not None
    return folder == "." and action and not re.search(r"^\s*(?:file|context):", text, re.MULTILINE)
