"""Where credentials come from: the environment, `gh`, the system keyring, or a helper the user has configured.

A repository can't name a helper: only the user's own configuration can.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
from pathlib import Path

from conductor.config.places import config_dir, home_dir
from conductor.config.user import UserSettings
from conductor.domain.secret import Secret
from conductor.errors import UsageProblem
from conductor.providers.registry import Credential, parse_docker_login

HELPER_TIMEOUT_S = 30
DOCKER_HUB = "docker.io"
RUNPODCTL = ".runpod/config.toml"  # where runpodctl and RunPod's SDK keep their key


def find_github_token(user: UserSettings) -> Secret:
    """Return the token for GitHub; raises UsageProblem where there is none."""
    found = (
        _from_environment("GITHUB_TOKEN", "GH_TOKEN")
        or _from_helper(user, "github")
        or _from_command(["gh", "auth", "token"])
        or _from_keyring("github")
    )
    if found is None:
        raise UsageProblem(
            "there is no GitHub token: the build's run can't be watched",
            hint="log in with gh auth login, or set GITHUB_TOKEN to a token that may read Actions",
        )
    return found


def find_runpod_key(user: UserSettings) -> Secret:
    """Return the key for RunPod; raises UsageProblem where there is none."""
    found = _from_environment("RUNPOD_API_KEY") or _from_helper(user, "runpod") or _from_keyring("runpod")
    if found is None:
        raise UsageProblem(
            "there is no RunPod key: nothing can be deployed",
            hint="set RUNPOD_API_KEY to a key that may read and change the endpoint, or name a helper: "
            f"token_helpers: {{runpod: …}} in {config_dir() / 'config.yaml'}",
        )
    return found


def find_registry_login(user: UserSettings, host: str) -> Credential | None:
    """Return the login for a registry, or None: a public image needs none.

    The repository says which registry its image is in. So a login from the environment is for the host that the
    environment names (CONDUCTOR_REGISTRY_HOST, without it docker.io), and the helper's (it prints `USER:PASSWORD`) for
    docker.io and for the hosts in the user's own configuration: what the user keeps is sent where the user says.
    Docker's logins name their host themselves.
    """
    if host == os.environ.get("CONDUCTOR_REGISTRY_HOST", DOCKER_HUB) or host in user.registries:
        name, token = os.environ.get("CONDUCTOR_REGISTRY_USER"), _from_environment("CONDUCTOR_REGISTRY_TOKEN")
        if name and token:
            return Credential(name, token)
    if host == DOCKER_HUB or host in user.registries:
        helped = _from_helper(user, "registry")
        if helped is not None:
            name, colon, password = helped.reveal().partition(":")
            return Credential(name, Secret(password)) if colon else None
    folder = Path(os.environ.get("DOCKER_CONFIG") or home_dir() / ".docker")
    try:
        return parse_docker_login((folder / "config.json").read_text(encoding="utf-8"), host)
    except (OSError, UnicodeDecodeError):
        return None


def list_deploy_keys(user: UserSettings) -> list[str]:
    """Return where a key for RunPod stands that this user could use, in words; no helper is run for it."""
    found = ["RUNPOD_API_KEY in the environment"] if _from_environment("RUNPOD_API_KEY") else []
    if user.token_helpers.get("runpod"):
        found.append(f"token_helpers.runpod in {config_dir() / 'config.yaml'}")
    if _from_keyring("runpod"):
        found.append("the system's keyring")
    with contextlib.suppress(OSError):
        if "api" in (Path.home() / RUNPODCTL).read_text(encoding="utf-8", errors="replace").lower():
            found.append(f"~/{RUNPODCTL}")
    return found


def _from_environment(*names: str) -> Secret | None:
    return next((Secret(value) for name in names if (value := os.environ.get(name, "").strip())), None)


def _from_helper(user: UserSettings, name: str) -> Secret | None:
    line = user.token_helpers.get(name)
    return _from_command(shlex.split(line), what=f"the token helper for {name}") if line else None


def _from_command(words: list[str], *, what: str | None = None) -> Secret | None:
    """Return what the command prints; with `what`, a command that fails is an error, without its output."""
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=HELPER_TIMEOUT_S, check=False, stdin=subprocess.DEVNULL
        )
        problem = None if done.returncode == 0 else f"exit {done.returncode}"
        text = done.stdout.strip()
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as error:
        problem, text = type(error).__name__, ""
    if what and (problem or not text):
        raise UsageProblem(
            f"{what} gave no token ({problem or 'it printed nothing'})",
            hint=f"run it by hand: {shlex.join(words)}, and correct it in {config_dir() / 'config.yaml'}",
        )
    return Secret(text) if text and not problem else None


def _from_keyring(service: str) -> Secret | None:
    try:
        import keyring  # type: ignore[import-not-found]
        from keyring.errors import KeyringError  # type: ignore[import-not-found]
    except ImportError:
        return None
    try:
        found = keyring.get_password("conductor", service)
    except KeyringError:
        return None
    return Secret(found) if found else None
