"""GitHub's REST API for Actions on loopback: stateful, with the traps that the real one has."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any, Self

from conductor.domain.digest import digest_of
from conductor.rehearsal.actions import (
    ActionsState,
    Attempt,
    Run,
    job_as_json,
    run_as_json,
    sibling_as_json,
    workflow_id,
)
from conductor.rehearsal.github_shapes import MADE_AT, full_repository_as_json
from conductor.rehearsal.http_server import Answer, LoopbackServer, Reply, Request, json_reply
from conductor.rehearsal.recorder import Recorder
from conductor.rehearsal.workflow import Workflow

_QUOTA = 5000


class LogStore(LoopbackServer):
    """Where job logs really are: another host, signed addresses, no credentials wanted."""

    name = "logs"

    def __init__(self, recorder: Recorder) -> None:
        self._files: dict[str, str] = {}
        super().__init__(recorder)

    def sign(self, text: str) -> str:
        """Return an address that serves the text."""
        key = secrets.token_hex(8)
        self._files[key] = text
        return f"{self.base_url}/logs/{key}.txt?sig={secrets.token_hex(8)}"

    def routes(self) -> list[tuple[str, str, Answer]]:
        """Serve one file by its key."""
        return [("GET", r"/logs/(?P<key>[0-9a-f]+)\.txt", self._file)]

    def _file(self, request: Request) -> Reply:
        if "authorization" in request.headers:
            return Reply(400, b"InvalidAuthenticationInfo", {"Content-Type": "application/xml"})
        text = self._files.get(request.groups["key"])
        if text is None:
            return Reply(404, b"BlobNotFound", {"Content-Type": "application/xml"})
        return Reply(200, text.encode(), {"Content-Type": "text/plain; charset=utf-8"})


class GitHub(LoopbackServer):
    """Answers for one repository; `workflows()` gives the workflow files at the default branch's tip."""

    name = "github"

    def __init__(
        self,
        recorder: Recorder,
        repository: str,
        token: str,
        actions: ActionsState,
        workflows: Callable[[], list[Workflow]],
        branch: str,
    ) -> None:
        self.repository = repository
        self.actions = actions
        self.refuse_next = 0
        self.logs = LogStore(recorder)
        self._token = token
        self._workflows = workflows
        self._branch = branch
        self._used = 0
        self._counting = threading.Lock()
        super().__init__(recorder)

    def start(self) -> Self:
        """Begin to answer, logs too."""
        self.logs.start()
        return super().start()

    def close(self) -> None:
        """Stop answering."""
        super().close()
        self.logs.close()

    def routes(self) -> list[tuple[str, str, Answer]]:
        """Return the paths of api.github.com that a release needs."""
        repo = "/repos/" + re.escape(self.repository)
        run = repo + r"/actions/runs/(?P<run>\d+)"
        return [
            ("GET", "/rate_limit", self._rate_limit),
            ("GET", repo, self._repository),
            ("GET", repo + "/actions/permissions", lambda _: json_reply({"enabled": True, "allowed_actions": "all"})),
            ("GET", repo + "/actions/workflows", self._list_workflows),
            ("GET", repo + r"/actions/workflows/(?P<workflow>[^/]+)", self._workflow),
            ("GET", repo + r"/actions/workflows/(?P<workflow>[^/]+)/runs", self._list_runs),
            ("GET", repo + "/actions/runs", self._list_runs),
            ("GET", run, self._run),
            ("GET", run + r"/attempts/(?P<attempt>\d+)", self._run),
            ("GET", run + "/jobs", self._jobs),
            ("GET", run + r"/attempts/(?P<attempt>\d+)/jobs", self._jobs),
            ("POST", run + "/(?:rerun|rerun-failed-jobs)", self._rerun),
            ("POST", run + "/(?:cancel|force-cancel)", self._cancel),
            ("GET", repo + r"/actions/jobs/(?P<job>\d+)", self._job),
            ("GET", repo + r"/actions/jobs/(?P<job>\d+)/logs", self._job_logs),
            ("GET", repo + r"/check-runs/(?P<job>\d+)/annotations", self._annotations),
        ]

    def before(self, request: Request) -> Reply | None:
        """Ask for the token, then refuse as often as a fault wants."""
        if request.headers.get("authorization") not in {f"Bearer {self._token}", f"token {self._token}"}:
            return json_reply({"message": "Bad credentials", "status": "401"}, 401)
        if self.refuse_next > 0:
            self.refuse_next -= 1
            message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
            return json_reply({"message": message}, 403, Retry_After="1")
        return None

    def after(self, request: Request, reply: Reply) -> Reply:
        """Add the ETag and the quota; answer 304, which costs nothing, where the client has it already."""
        headers = dict(reply.headers)
        if reply.status == 200 and request.method == "GET":
            etag = f'W/"{digest_of(reply.body)[7:39]}"'
            headers["ETag"] = etag
            if request.headers.get("if-none-match") == etag:
                reply = Reply(304, b"")
                headers.pop("Content-Type", None)
        with self._counting:
            if reply.status != 304 and request.path != "/rate_limit":
                self._used += 1
            headers.update(self._quota_headers())
        return Reply(reply.status, reply.body, headers, reply.chunks)

    def _quota_headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(_QUOTA),
            "X-RateLimit-Remaining": str(_QUOTA - self._used),
            "X-RateLimit-Used": str(self._used),
            "X-RateLimit-Reset": str(int(time.time()) + 3600),
            "X-RateLimit-Resource": "core",
            "X-GitHub-Request-Id": secrets.token_hex(8).upper(),
        }

    def not_found(self, request: Request) -> Reply:
        """Answer as GitHub does, for what is not there and for what one may not see."""
        return json_reply(
            {"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"}, 404
        )

    def _rate_limit(self, _: Request) -> Reply:
        core = {"limit": _QUOTA, "remaining": _QUOTA - self._used, "used": self._used, "reset": int(time.time()) + 3600}
        return json_reply({"resources": {"core": core, "search": core}, "rate": core})

    def _repository(self, _: Request) -> Reply:
        return json_reply(full_repository_as_json(self.repository, self.base_url, self._branch))

    def _list_workflows(self, _: Request) -> Reply:
        rows = [self._workflow_as_json(workflow) for workflow in self._workflows()]
        return json_reply({"total_count": len(rows), "workflows": rows})

    def _workflow(self, request: Request) -> Reply:
        found = self._named(request.groups["workflow"])
        return json_reply(self._workflow_as_json(found)) if found else self.not_found(request)

    def _named(self, name: str) -> Workflow | None:
        return next(
            (flow for flow in self._workflows() if name in {flow.path.rsplit("/", 1)[-1], str(workflow_id(flow))}), None
        )

    def _list_runs(self, request: Request) -> Reply:
        wanted = None
        if "workflow" in request.groups:
            wanted = self._named(request.groups["workflow"])
            if wanted is None:
                return self.not_found(request)
        with self.actions.changed:
            runs = [run for run in reversed(self.actions.runs) if self._is_listed(run, wanted, request.query)]
            size = max(1, min(100, int(request.query.get("per_page") or 30)))
            page = max(1, int(request.query.get("page") or 1))
            rows = [self._as_json(run, run.latest) for run in runs[(page - 1) * size : page * size]]
        return json_reply({"total_count": len(runs), "workflow_runs": rows})

    def _is_listed(self, run: Run, wanted: Workflow | None, query: dict[str, str]) -> bool:
        if wanted is not None and run.workflow.path != wanted.path:
            return False
        # An empty filter is no filter, and a shortened revision matches nothing: both as observed on GitHub.
        filters = {name: query[name] for name in ("head_sha", "branch", "event", "status") if query.get(name)}
        if filters and time.monotonic() - run.appeared < self.actions.timing.filtered_stale_s:
            return False
        attempt = run.latest
        facts: dict[str, set[str | None]] = {"head_sha": {run.revision}, "branch": {run.branch}, "event": {run.event},
                 "status": {attempt.status, attempt.conclusion}}  # fmt: skip
        return all(text in facts[name] for name, text in filters.items())

    def _as_json(self, run: Run, attempt: Attempt) -> dict[str, Any]:
        return run_as_json(run, attempt, self.repository, self.base_url)

    def _run(self, request: Request) -> Reply:
        found = self._attempt(request)
        return json_reply(self._as_json(*found)) if found else self.not_found(request)

    def _jobs(self, request: Request) -> Reply:
        found = self._attempt(request)
        if found is None:
            return self.not_found(request)
        if found[1].status in {"queued", "waiting"}:
            return json_reply({"total_count": 0, "jobs": []})
        here = (self.repository, self.base_url)
        jobs = [sibling_as_json(*found, sibling, *here) for sibling in found[1].siblings]
        jobs.append(job_as_json(*found, *here))
        return json_reply({"total_count": len(jobs), "jobs": jobs})

    def _attempt(self, request: Request) -> tuple[Run, Attempt] | None:
        run = self.actions.find(request.groups["run"])
        if run is None:
            return None
        number = int(request.groups.get("attempt") or len(run.attempts))
        return (run, run.attempts[number - 1]) if 1 <= number <= len(run.attempts) else None

    def _rerun(self, request: Request) -> Reply:
        run = self.actions.find(request.groups["run"])
        if run is None:
            return self.not_found(request)
        if run.latest.status != "completed":
            return json_reply({"message": "This workflow is already running"}, 403)
        self.actions.rerun(run)
        return json_reply({}, 201)

    def _cancel(self, request: Request) -> Reply:
        run = self.actions.find(request.groups["run"])
        if run is None:
            return self.not_found(request)
        if run.latest.status == "completed":
            return json_reply({"message": "Cannot cancel a workflow run that is completed."}, 409)
        self.actions.cancel(run)
        return json_reply({}, 202)

    def _log_of(self, request: Request) -> list[str] | None:
        """Return the lines of that job's log once its attempt has ended, else None."""
        with self.actions.changed:
            for attempt in (attempt for run in self.actions.runs for attempt in run.attempts):
                logs = {attempt.job_id: attempt.log, **{one.job_id: one.log for one in attempt.siblings}}
                if attempt.status == "completed" and int(request.groups["job"]) in logs:
                    return logs[int(request.groups["job"])]
        return None

    def _find_job(self, request: Request) -> tuple[Run, Attempt] | None:
        with self.actions.changed:
            return next(
                ((run, attempt) for run in self.actions.runs for attempt in run.attempts
                 if str(attempt.job_id) == request.groups["job"]),
                None,
            )  # fmt: skip

    def _job(self, request: Request) -> Reply:
        found = self._find_job(request)
        return json_reply(job_as_json(*found, self.repository, self.base_url)) if found else self.not_found(request)

    def _annotations(self, request: Request) -> Reply:
        found = self._find_job(request)
        if found is None:
            return self.not_found(request)
        failed = found[1].conclusion == "failure"
        row = {
            "path": ".github", "blob_href": f"{self.base_url}/{self.repository}/blob/main/.github", "start_line": 1,
            "end_line": 1, "start_column": None, "end_column": None, "annotation_level": "failure", "title": "",
            "message": "Process completed with exit code 1.", "raw_details": "",
        }  # fmt: skip
        return json_reply([row] if failed else [])

    def _job_logs(self, request: Request) -> Reply:
        log = self._log_of(request)
        if log is None:
            return self.not_found(request)
        address = self.logs.sign("\n".join(log) + "\n")
        return Reply(302, b"", {"Location": address})

    def _workflow_as_json(self, workflow: Workflow) -> dict[str, Any]:
        number = workflow_id(workflow)
        page = f"{self.base_url}/{self.repository}"
        return {
            "id": number,
            "node_id": f"W_{number}",
            "name": workflow.name,
            "path": workflow.path,
            "state": "active",
            "created_at": MADE_AT,
            "updated_at": MADE_AT,
            "url": f"{self.base_url}/repos/{self.repository}/actions/workflows/{number}",
            "html_url": f"{page}/blob/{self._branch}/{workflow.path}",
            "badge_url": f"{page}/workflows/{number}/badge.svg",
        }
