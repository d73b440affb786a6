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
from conductor.ports.ci import BuildJob, BuildRun, BuildStep, JobLog
from conductor.providers.http import Answer, HttpClient, ServiceRefused, describe_body, explain, malformed

# The most that one page of a listing holds, and how many jobs a matrix can have beyond it.
_PAGE = 100
_MOST_PAGES = 10
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
        rows = self._list_runs(asked)
        # What a server filtered is checked again, because it may not have.
        wanted = {"event": "push", "head_branch": branch, "head_sha": revision}
        return _newest([row for row in rows if all(row.get(name) == value for name, value in wanted.items())])

    def find_latest(self, branch: str | None) -> BuildRun | None:
        """Return the newest run of the workflow on that branch (None: on any), whatever started it."""
        rows = self._list_runs({"per_page": str(_PAGE), **({"branch": branch} if branch else {})})
        return _newest([row for row in rows if branch in (None, row.get("head_branch"))])

    def _list_runs(self, asked: dict[str, str]) -> list[dict[str, Any]]:
        listing = self._http.get(f"{self._repository}/actions/runs", params=asked)
        rows = listing.mapping().get("workflow_runs")
        if not isinstance(rows, list):
            raise malformed("GitHub", listing.url, "no list workflow_runs")
        return [row for row in rows if isinstance(row, dict) and self._is_ours(row)]

    def _is_ours(self, row: dict[str, Any]) -> bool:
        # The path can carry `@refs/heads/…`.
        path = str(row.get("path", "")).partition("@")[0]
        return path == (self._workflow or path) and isinstance(row.get("id"), int)

    def fetch_run(self, run_id: int) -> BuildRun:
        """Return the run as it stands now, at its latest attempt."""
        return _read_run(self._http.get(f"{self._repository}/actions/runs/{run_id}").mapping())

    def fetch_attempt(self, run_id: int, attempt: int) -> BuildRun:
        """Return one attempt of the run, as it stands now."""
        return _read_run(self._http.get(f"{self._repository}/actions/runs/{run_id}/attempts/{attempt}").mapping())

    def fetch_jobs(self, run: BuildRun) -> tuple[BuildJob, ...]:
        """Return the jobs of that attempt."""
        path = f"{self._repository}/actions/runs/{run.id}/attempts/{run.attempt}/jobs"
        jobs: list[BuildJob] = []
        for page in range(1, _MOST_PAGES + 1):
            answer = self._http.get(path, params={"per_page": str(_PAGE), **({"page": str(page)} if page > 1 else {})})
            rows = answer.mapping().get("jobs")
            if not isinstance(rows, list):
                raise malformed("GitHub", answer.url, "no list jobs")
            jobs += [_read_job(row) for row in rows if isinstance(row, dict) and isinstance(row.get("id"), int)]
            if len(rows) < _PAGE:
                break
        return tuple(jobs)

    def fetch_log(self, job_id: int) -> JobLog:
        """Return the job's log, or why GitHub has none: not yet, not any more, or because the runner died.

        The address that it redirects to is signed for a minute: one that is refused is asked for once more.
        """
        for _ in range(2):
            answer = self._http.get(
                f"{self._repository}/actions/jobs/{job_id}/logs", expected=(200, 403, 404, 410), may_leave=True
            )
            if answer.status != 403 or "/repos/" in answer.url:
                break
        return _read_log(answer)

    def fetch_notes(self, job_id: int) -> tuple[str, ...]:
        """Return a job's annotations as lines of a log: what a runner that died could not write into its own."""
        try:
            rows = self._http.get(f"{self._repository}/check-runs/{job_id}/annotations").json()
        except ServiceRefused:
            return ()
        return tuple(
            f"##[{'error' if row.get('annotation_level') == 'failure' else 'warning'}]{line}"
            for row in (rows if isinstance(rows, list) else [])
            if isinstance(row, dict) and row.get("annotation_level") in {"failure", "warning"}
            for line in strip_controls(str(row.get("message", ""))).splitlines()
        )

    def explain_absence(self) -> str | None:
        """Return why no run may ever come (the workflow is disabled or not there), or None."""
        name = urllib.parse.quote(self._workflow.rpartition("/")[2])
        try:
            workflow = self._http.get(f"{self._repository}/actions/workflows/{name}").mapping()
        except ServiceRefused as error:
            return f"GitHub knows no workflow {self._workflow}" if error.status == 404 else None
        state = str(workflow.get("state", "active"))
        return None if state == "active" else f"the workflow {self._workflow} is {one_line(state, 40)}"


def _newest(rows: list[dict[str, Any]]) -> BuildRun | None:
    return _read_run(max(rows, key=lambda row: int(row["id"]))) if rows else None


def _read_log(answer: Answer) -> JobLog:
    if answer.status == 404:
        return JobLog(
            "", "GitHub has no log of it: it is not there yet, or the runner died before it sent one", may_come=True
        )
    if answer.status == 410:
        return JobLog("", "its log has expired: GitHub keeps logs for as many days as the repository's settings say")
    if answer.status == 403 and "/repos/" in answer.url:
        raise ServiceRefused(
            f"GitHub does not let this token read the log: {explain(answer)}",
            hint="give GITHUB_TOKEN the right to read the repository's Actions",
            status=403,
        )
    if answer.status == 403:
        return JobLog("", "the address where GitHub keeps its log refuses to show it", may_come=True)
    if re.match(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html)", answer.body, re.IGNORECASE):
        return JobLog("", f"instead of its log came {describe_body(answer)}: a proxy or login page is in between")
    return JobLog(answer.body.decode("utf-8-sig", "replace"))


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
                strip_controls(str(step.get("name", ""))),
                str(step.get("status", "")),
                _text(step.get("conclusion")),
                _text(step.get("started_at")),
                _text(step.get("completed_at")),
            )
            for step in (steps if isinstance(steps, list) else [])
            if isinstance(step, dict)
        ),
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
