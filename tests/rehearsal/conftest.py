"""A stage that is up, clients that know no more than the protocols, and the published schema where there is one."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from conductor.rehearsal.actions import Timing
from conductor.rehearsal.recorder import Recorder
from conductor.rehearsal.stage import Stage
from tests.waiting import wait_until

QUICK = Timing(appears_s=0.05, filtered_stale_s=0.3, queued_s=0.05, step_s=0.01)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect)


def call(method, url, body=None, token=None, headers=None):
    """Return status, headers (lower case) and body of one request."""
    content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    named = dict(headers or {})
    if token:
        named["Authorization"] = f"Bearer {token}"
    if content is not None:
        named.setdefault("Content-Type", "application/json")
    request = urllib.request.Request(url, data=content, method=method, headers=named)
    try:
        answer = OPENER.open(request)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()


def call_json(method, url, body=None, token=None, headers=None):
    status, _, content = call(method, url, body, token, headers)
    return status, json.loads(content) if content else None


def wait_until_ready(endpoint):
    """Wait until a worker of the endpoint's current version is ready for jobs."""

    def is_ready():
        return any(worker.version == endpoint.version and worker.status == "IDLE" for worker in endpoint.workers)

    with endpoint.changed:
        return endpoint.changed.wait_for(is_ready)


def push(info, refspec=None, *extra, ssh_command=None):
    """Push with the real client and return the finished process."""
    env = {**os.environ, "GIT_SSH_COMMAND": ssh_command or info.ssh_command}
    asked = refspec or f"{info.revision}:refs/heads/{info.branch}"
    return subprocess.run(
        ["git", "push", "--porcelain", *extra, info.remote_url, asked],
        cwd=info.project, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def recorder(tmp_path):
    return Recorder(tmp_path / "record")


@pytest.fixture(scope="session")
def stage():
    """Return the sample project's stage, its revision pushed and built: read it, don't change it."""
    with Stage(None, timing=QUICK) as opened:
        assert push(opened.info).returncode == 0
        wait_until(lambda: opened.builder.digests.get(opened.info.revision))
        yield opened


@pytest.fixture(scope="session")
def runpod_schema():
    """Return RunPod's published OpenAPI document, or skip where there is none."""
    corpus = os.environ.get("CONDUCTOR_CORPUS")
    path = Path(corpus or "/nonexistent").parent / "facts" / "runpod-v2-openapi.json"
    if not path.is_file():
        pytest.skip("RunPod's published schema is not here")
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def is_valid(runpod_schema):
    """Return a function that tells whether a value is what the schema of that name says."""
    import jsonschema

    def check(name, value):
        schema = {"$ref": f"#/components/schemas/{name}", "components": runpod_schema["components"]}
        errors = list(jsonschema.Draft202012Validator(schema).iter_errors(value))
        return not errors

    return check
