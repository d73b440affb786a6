"""GitHub's REST interface: the Actions run of exactly one commit, its jobs, and their logs.

Traps this answers (docs/release.md has their sources): an abbreviated `head_sha` finds nothing and an empty one finds
everything; filtered listings come from a search index that lags; a commit has several runs (other workflows, pull
requests, tags); a re-run keeps the id and raises the attempt; logs are a redirect to another host.
"""

from __future__ import annotations

import re
import urllib.parse
from typing import Any

from conductor.domain.digest import is_revision
from conductor.domain.text import one_line, strip_controls
from conductor.errors import UsageProblem
from conductor.ports.ci import BuildJob, BuildRun, BuildStep
from conductor.providers.answers import Answer, ServiceRefused, malformed
from conductor.providers.http import HttpClient

_SCP_LIKE = re.compile(r"(?:[^@/:]+@)?[^/:]+:(?!//)(?P<path>.+)")


def parse_slug(remote_url: str) -> str:
    """Return `OWNER/NAME` of a remote's SSH address; raises UsageProblem where it names no such thing."""
    match = _SCP_LIKE.fullmatch(remote_url)
    try:
        path = match["path"] if match and "://" not in remote_url else urllib.parse.urlsplit(remote_url).path
    except ValueError:
        path = ""
    parts = [part for part in path.removesuffix(".git").split("/") if part]
    if len(parts) < 2:
        raise UsageProblem(
            f"the remote's address names no OWNER/NAME: {one_line(remote_url, 200)}",
            hint="set it: git remote set-url origin git@github.com:OWNER/NAME.git",
        )
    return "/".join(parts[-2:])


class GitHubActions:
    """The runs of one workflow in one repository."""

    def __init__(self, http: HttpClient, slug: str, workflow: str) -> None:
        self._http = http
        self._repository = f"/repos/{slug}"
        self._workflow = workflow

    def find_run(self, revision: str, branch: str, *, filtered: bool = True) -> BuildRun | None:
        """Return the newest push run of the workflow for exactly this commit, or None where none shows yet."""
        if not is_revision(revision):
            raise ValueError(f"{revision!r} is not a full revision: GitHub would answer with other commits' runs")
        asked = {"per_page": "50"}
        if filtered:
            asked |= {"head_sha": revision, "event": "push", "branch": branch}
        path = f"{self._repository}/actions/runs"
        rows = self._http.read(path, lambda answer: answer.rows("workflow_runs"), params=asked)
        ours = [row for row in rows if self._is_ours(row, revision, branch)]
        return _read_run(max(ours, key=lambda row: int(row["id"]))) if ours else None

    def _is_ours(self, row: dict[str, Any], revision: str, branch: str) -> bool:
        # The path can carry `@refs/heads/…`; what a server filtered is checked again, because it may not have.
        path = str(row.get("path", "")).partition("@")[0]
        return (
            path == self._workflow
            and row.get("event") == "push"
            and row.get("head_branch") == branch
            and row.get("head_sha") == revision
            and isinstance(row.get("id"), int)
        )

    def fetch_run(self, run_id: int) -> BuildRun:
        """Return the run as it stands now, at its latest attempt."""
        return self._read_one(f"{self._repository}/actions/runs/{run_id}", run_id)

    def fetch_attempt(self, run_id: int, attempt: int) -> BuildRun:
        """Return one attempt of the run, as it stands now."""
        return self._read_one(f"{self._repository}/actions/runs/{run_id}/attempts/{attempt}", run_id)

    def _read_one(self, path: str, run_id: int) -> BuildRun:
        def parse(answer: Answer) -> BuildRun:
            run = _read_run(answer.mapping())
            if run.id != run_id:
                raise malformed("GitHub", answer.url, f"run {run.id}")
            return run

        return self._http.read(path, parse)

    def fetch_jobs(self, run: BuildRun) -> tuple[BuildJob, ...]:
        """Return the jobs of that attempt."""
        path = f"{self._repository}/actions/runs/{run.id}/attempts/{run.attempt}/jobs"
        rows = self._http.read(path, lambda answer: answer.rows("jobs"), params={"per_page": "100"})
        return tuple(_read_job(row) for row in rows if isinstance(row.get("id"), int))

    def fetch_log(self, job_id: int) -> str:
        """Return the job's log; empty where GitHub has none (yet, or because the runner died)."""
        answer = self._http.get(
            f"{self._repository}/actions/jobs/{job_id}/logs", expected=(200, 404, 410), may_leave=True
        )
        return answer.body.decode("utf-8", "replace") if answer.status == 200 else ""

    def explain_absence(self) -> str | None:
        """Return why no run may ever come (the workflow is disabled or not there), or None."""
        name = urllib.parse.quote(self._workflow.rpartition("/")[2])
        try:
            workflow = self._http.read(f"{self._repository}/actions/workflows/{name}", Answer.mapping)
        except ServiceRefused as error:
            return f"GitHub knows no workflow {self._workflow}" if error.status == 404 else None
        state = str(workflow.get("state", "active"))
        return None if state == "active" else f"the workflow {self._workflow} is {one_line(state, 40)}"


def _read_run(row: dict[str, Any]) -> BuildRun:
    try:
        return BuildRun(
            id=int(row["id"]),
            number=int(row.get("run_number", 0)),
            attempt=int(row.get("run_attempt", 1)),
            status=str(row["status"]),
            conclusion=_text(row.get("conclusion")),
            revision=str(row["head_sha"]),
            url=one_line(str(row.get("html_url", "")), 300),
            created_at=str(row.get("created_at", "")),
            started_at=_text(row.get("run_started_at")),
            updated_at=_text(row.get("updated_at")),
            path=one_line(str(row.get("path", "")).partition("@")[0], 200),
        )
    except (KeyError, TypeError, ValueError):
        raise malformed("GitHub", "https://api.github.com", "a run without id, status or head_sha") from None


def _read_job(row: dict[str, Any]) -> BuildJob:
    steps = row.get("steps")
    return BuildJob(
        row["id"],
        strip_controls(str(row.get("name", ""))),
        str(row.get("status", "")),
        _text(row.get("conclusion")),
        tuple(
            BuildStep(
                strip_controls(str(step.get("name", ""))), str(step.get("status", "")), _text(step.get("conclusion"))
            )
            for step in (steps if isinstance(steps, list) else [])
            if isinstance(step, dict)
        ),
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
