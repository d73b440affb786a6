"""Which registries the steps of a job log in to and push to, in their order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from conductor.workflows import partial
from conductor.workflows.builds import Found, repository_of
from conductor.workflows.steps import Step
from conductor.workflows.used import input_of

_SCRIPT_LOGIN = re.compile(
    r"\b(?:docker|podman|buildah|skopeo|crane|oras|helm registry)(?:\s+auth)?\s+login\b([^\n|;&]*)"
)
_SCRIPT_PUSH = re.compile(r"\b(?:docker|podman)\s+(?:image\s+)?push\s+(?:-\S+\s+)*[\"']?([^\s\"']+)")
_OWN_TOKEN = re.compile(r"\$\{\{\s*(?:secrets\.GITHUB_TOKEN|github\.token)\s*\}\}", re.IGNORECASE)
_DOCKER_HUB = frozenset({"", "docker.io", "index.docker.io", "registry-1.docker.io", "hub.docker.com"})


@dataclass(frozen=True, slots=True)
class Login:
    """A login: the registry, None where that can't be seen, and the password as it is written."""

    step: Step
    registry: str | None
    password: str


@dataclass(frozen=True, slots=True)
class Push:
    """A push: the registry, None where that can't be seen; `certain` where the step pushes in any case."""

    step: Step
    registry: str | None
    certain: bool


def takes_own_token(text: str) -> bool:
    """Tell whether a password is the run's own token."""
    return _OWN_TOKEN.fullmatch(text.strip()) is not None


def logins_in(steps: Sequence[Step]) -> list[Login]:
    """Return the logins of a job's steps, in their order."""
    found = []
    for step in steps:
        if step.used is not None and step.used.name == "docker/login-action":
            registry = _registry(str(input_of(step.table, "registry") or "docker.io"))
            found.append(Login(step, registry, str(input_of(step.table, "password") or "")))
        for match in _SCRIPT_LOGIN.finditer(step.script):
            words = [word.strip("\"'") for word in match[1].split()]
            hosts = [word for word in words if "." in word and not word.startswith(("-", "$"))]
            # `login -u NAME` without a host is Docker Hub's; a last word that can't be seen may be the host.
            unseen = words and "$" in words[-1] and not (len(words) > 1 and words[-2].startswith("-"))
            found.append(Login(step, hosts[-1] if hosts else None if unseen else "docker.io", ""))
    return found


def pushes_in(steps: Sequence[Step], builds: Iterable[Found]) -> list[Push]:
    """Return the pushes of a job's steps, in their order; `builds` are what the repository's workflows build."""
    by_line = {(step.workflow.path, step.here().line): step for step in steps}
    found = [push for step in steps for push in _script_pushes(step)]
    for one in builds:
        step = by_line.get((one.build.path, one.build.line))
        if step is None or one.build.pushed is False or step.script:
            continue
        certain = bool(one.build.pushed) and not step.table.get("if")
        registries = dict.fromkeys(_registry(partial.fill(name).partition("/")[0]) for name in one.build.repositories())
        found += [Push(step, registry, certain) for registry in registries]
    return sorted(found, key=lambda push: push.step.number)


def _script_pushes(step: Step) -> Iterator[Push]:
    for match in _SCRIPT_PUSH.finditer(step.script):
        name = repository_of(match[1]) if "$" not in match[1].partition("/")[0] else None
        yield Push(step, _registry(name.partition("/")[0]) if name else None, not step.table.get("if"))


def _registry(text: str) -> str | None:
    host = text.strip().removeprefix("https://").rstrip("/").lower().partition("/")[0]
    if "$" in host or not partial.is_known(host):
        return None
    return "docker.io" if host in _DOCKER_HUB else host
