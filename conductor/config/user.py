"""The user's own configuration: other addresses, token helpers, notifications."""

from __future__ import annotations

import urllib.parse
from dataclasses import dataclass, field

from conductor.config.places import config_dir
from conductor.config.settings import read_mapping
from conductor.errors import UsageProblem

GITHUB = "https://api.github.com"
RUNPOD = "https://api.runpod.io"
RUNPOD_JOBS = "https://api.runpod.ai/v2"


@dataclass(frozen=True, slots=True)
class UserSettings:
    """Addresses without a trailing slash; commands as one shell-quoted line each."""

    github: str = GITHUB
    runpod: str = RUNPOD
    runpod_jobs: str = RUNPOD_JOBS
    registries: dict[str, str] = field(default_factory=dict, hash=False)
    token_helpers: dict[str, str] = field(default_factory=dict, hash=False)
    notify: tuple[str, ...] = ()
    ssh_command: str | None = None


def load_user_settings() -> UserSettings:
    """Read `$XDG_CONFIG_HOME/conductor/config.yaml`; the services' own addresses where there is none."""
    path = config_dir() / "config.yaml"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return UserSettings()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblem(f"{path} can't be read", hint="make it a readable UTF-8 file", path=str(path)) from error
    values = read_mapping(text, str(path), 1, "user", ())
    services = values.get("services", {})
    registries = {host: check_address(url) for host, url in services.get("registries", {}).items()}
    return UserSettings(
        check_address(services.get("github", GITHUB)),
        check_address(services.get("runpod", RUNPOD)),
        check_address(services.get("runpod_jobs", RUNPOD_JOBS)),
        registries,
        values.get("token_helpers", {}),
        tuple(values.get("notify", ())),
        values.get("ssh_command"),
    )


def is_loopback(url: str) -> bool:
    """Tell whether the address names this machine's loopback interface."""
    host = (urllib.parse.urlsplit(url).hostname or "").lower()
    return host in {"localhost", "::1"} or host.startswith("127.")


def check_address(url: str) -> str:
    """Return the address without a trailing slash; https only, except for loopback."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or (parts.scheme == "http" and not is_loopback(url)):
        raise UsageProblem(
            f"{url!r} is not an https address (http is for loopback only)",
            hint=f"correct it in {config_dir() / 'config.yaml'}",
        )
    return url.rstrip("/")
