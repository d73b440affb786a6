"""release_bypass: the release's outside world is changed through Conductor, or after asking."""

from __future__ import annotations

from conductor.programs.options import parse
from conductor.rules.judge.call import ASK, UNKNOWN, Call, Ruling
from conductor.rules.judge.container_build import COMPOSE_VALUED, ENGINE_VALUED, ENGINES
from conductor.rules.judge.http import (
    curl_writes,
    github_api_writes,
    httpie_writes,
    is_release_path,
    is_release_url,
    wget_writes,
)

RULE = "release_bypass"
REMEDY = "Use conductor release (or conductor release status to look), or let your user confirm this."
_RUNPOD_VERBS = frozenset({
    "create", "update", "remove", "delete", "stop", "start", "deploy", "push", "restart", "reset", "terminate",
    "resume", "scale", "rm", "build",
})  # fmt: skip
_GITHUB = {
    "workflow": {"run", "enable", "disable"},
    "run": {"rerun", "cancel", "delete"},
    "secret": {"set", "delete", "remove"},
    "variable": {"set", "delete", "remove"},
    "release": {"create", "delete", "edit", "upload", "new", "delete-asset"},
    "cache": {"delete"},
}
_CLIENTS = {
    "curl": curl_writes,
    "curlie": curl_writes,
    "wget": wget_writes,
    "wget2": wget_writes,
    "http": httpie_writes,
    "https": httpie_writes,
    "xh": httpie_writes,
    "xhs": httpie_writes,
}


def judge(call: Call) -> Ruling | None:
    """Return a ruling where the call would change endpoints, workflows, secrets or published images."""
    what = _changes(call)
    return Ruling(ASK, RULE, f"`{call.text()}` would {what} around Conductor. {REMEDY}") if what else None


def _changes(call: Call) -> str:
    if call.name in {"runpodctl", "runpod"}:
        words = parse(call.args, clusters=False).words[:2]
        helps = {"-h", "--help"} & set(call.args)
        changes = any(word in _RUNPOD_VERBS for word in words) or UNKNOWN in "".join(words[:1])
        return "change RunPod" if changes and not helps else ""
    if call.name == "flash":
        return "deploy to RunPod" if parse(call.args).words[:1] in (["deploy"], ["undeploy"]) else ""
    if call.name in _CLIENTS:
        urls, writes = _CLIENTS[call.name](call.args)
        return "change the release's services" if writes and any(map(is_release_url, urls)) else ""
    if call.name == "gh":
        return _github(call.args)
    return _registry(call)


def _github(args: list[str]) -> str:
    parsed = parse(args, {"-R", "--repo"})
    first, second = (*parsed.words, "", "")[:2]
    if parsed.has("--help"):
        return ""
    if first == "api":
        path, writes = github_api_writes(args)
        return "change GitHub" if writes and is_release_path(path) else ""
    return "change GitHub" if second in _GITHUB.get(first, ()) or (first in _GITHUB and UNKNOWN in second) else ""


def _registry(call: Call) -> str:
    args = call.args
    if {"-h", "--help"} & set(args[-1:]):
        return ""
    if call.name in ENGINES:
        parsed = parse(args, ENGINE_VALUED, stop=True)
        words = [*parsed.words, *parse(parsed.rest, COMPOSE_VALUED).words]
        pushes = words[:1] == ["push"] or words[:2] in (["image", "push"], ["manifest", "push"], ["compose", "push"])
        creates = words[:3] == ["buildx", "imagetools", "create"] and "--dry-run" not in args
        return "push an image" if pushes or creates else ""
    if call.name == "docker-compose":
        return "push an image" if parse(args, COMPOSE_VALUED).words[:1] == ["push"] else ""
    words = parse(args, {"--authfile", "--creds", "--src-creds", "--dest-creds", "-c", "--config", "-u", "-p"}).words
    if call.name == "skopeo":
        copies = words[:1] == ["copy"] and any(word.startswith("docker://") or UNKNOWN in word for word in words[2:3])
        return "push an image" if (copies or words[:1] in (["sync"], ["delete"])) and "--dry-run" not in args else ""
    verbs = _PUSHERS.get(call.name, frozenset())
    pair = " ".join(words[:2])
    return "push an image" if words and (words[0] in verbs or pair in verbs) else ""


_PUSHERS = {
    "crane": frozenset({"push", "tag", "copy", "cp", "delete", "append", "mutate", "rebase"}),
    "gcrane": frozenset({"push", "tag", "copy", "cp", "delete"}),
    "oras": frozenset({"push", "copy", "cp", "tag", "attach", "manifest push", "manifest delete", "blob push"}),
    "regctl": frozenset({"image copy", "tag delete", "image import", "manifest put"}),
    "buildah": frozenset({"push"}),
}
