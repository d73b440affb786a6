"""What a release's ledger tells about it, for people and as JSON."""

from __future__ import annotations

from typing import Any

from conductor.release.ledger import Ledger, Line


def describe_release(ledger: Ledger, *, running: bool = False) -> dict[str, Any]:
    """Return the release as the JSON form: stable keys, null where something is not known (yet).

    `state` is `ended`, or `running` where a process works on it now (`running` says so), or else `interrupted`.
    """
    started, ended = ledger.started or {}, ledger.ended or {}
    failed = ledger.last("failed")
    records = ledger.last("result", action="records") or {}
    over = ledger.ended is not None
    return {
        "id": ledger.id,
        "state": "ended" if over else "running" if running else "interrupted",
        "outcome": ended.get("outcome"),
        "cause": ended.get("cause") if over else (failed or {}).get("cause"),
        "message": (failed or {}).get("message") if not over or ended.get("cause") else None,
        "exit": ended.get("exit"),
        "revision": started.get("revision"),
        "branch": started.get("branch"),
        "kind": kind_of(ledger),
        "promoted_from": (started.get("known") or {}).get("source"),
        "context": started.get("context"),
        "targets": started.get("targets") or sorted(find_targets(ledger)),
        "previous": {
            line["target"]: line["previous"]
            for line in reversed(ledger.lines)
            if line["event"] == "intent" and line.get("action") == "deploy"
        },
        "image": (ledger.last("intent", action="deploy") or {}).get("image"),
        "live": ended.get("live"),
        "steps": list_steps(ledger),
        "task": records.get("task", started.get("task")),
        "task_status": records.get("task_status"),
        "journal": records.get("journal"),
        "started_at": started.get("at"),
        "ended_at": ended.get("at"),
        "resumable": not ledger.is_final,
        "worker_logs": list_logs(ledger),
        "lock": ended.get("lock"),
        "damage": ledger.damage or None,
    }


def kind_of(ledger: Ledger) -> str:
    """Return what it is: a `release` of a commit, a `promotion` of a proven image, or its `return` to a target."""
    known = (ledger.started or {}).get("known")
    return "release" if not isinstance(known, dict) else "promotion" if known.get("source") else "return"


def find_targets(ledger: Ledger) -> set[str]:
    """Return the targets that any line names."""
    return {line["target"] for line in ledger.lines if isinstance(line.get("target"), str)}


def list_steps(ledger: Ledger) -> list[dict[str, Any]]:
    """Return each step once, in the order it was first begun, as it stands last; a rollback is a step as well."""
    steps: dict[tuple[str, str | None], dict[str, Any]] = {}
    for line in ledger.lines:
        if line["event"] == "result" and line.get("action") == "rollback":
            steps["rollback", line["target"]] = describe_rollback(line)
        if line["event"] not in {"step", "failed"}:
            continue
        key = (line["step"], line.get("target"))
        known = steps.setdefault(key, {"name": line["step"], "target": line.get("target")})
        state = "failed" if line["event"] == "failed" else line["state"]
        known.update(
            state=state,
            summary=line.get("summary") or line.get("message"),
            seconds=line.get("seconds"),
            evidence=line.get("evidence"),
        )
    return list(steps.values())


def describe_rollback(line: Line) -> dict[str, Any]:
    """Return what became of one target as a step."""
    return {
        "name": "rollback",
        "target": line["target"],
        "state": "done" if line["restored"] else "failed",
        "summary": line["what"],
        "seconds": None,
        "evidence": None,
    }


def list_logs(ledger: Ledger) -> list[str]:
    """Return the paths of the workers' logs that were kept, in the order they were fetched."""
    kept = [str(ledger.logs / line["file"]) for line in ledger.lines if line.get("action") == "worker_log"]
    return list(dict.fromkeys(kept))
