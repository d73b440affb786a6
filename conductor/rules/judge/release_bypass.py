"""release_bypass: the release's outside world is changed through Conductor, or after asking."""

from __future__ import annotations

from conductor.programs import find, known
from conductor.programs.words import DEPLOYS, PUSHES
from conductor.rules.judge.call import ASK, UNKNOWN, Call, Ruling
from conductor.rules.judge.container_build import ENGINES
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
        runpod = known(call.name)
        words = runpod.parse(call.args).words[:2]
        helps = {"-h", "--help"} & set(call.args)
        changes = any(runpod.has_word(DEPLOYS, word) for word in words) or UNKNOWN in "".join(words[:1])
        return "change RunPod" if changes and not helps else ""
    if call.name == "flash":
        flash = known("flash")
        parsed = flash.parse(call.args)
        return "deploy to RunPod" if flash.has_effect(DEPLOYS, parsed.words, parsed) else ""
    if call.name in _CLIENTS:
        urls, writes = _CLIENTS[call.name](call.args)
        return "change the release's services" if writes and any(map(is_release_url, urls)) else ""
    if call.name == "gh":
        return _github(call.args)
    return _registry(call)


def _github(args: list[str]) -> str:
    gh = known("gh")
    parsed = gh.read(args)
    first, second = (*parsed.words, "", "")[:2]
    if parsed.has("--help"):
        return ""
    if first == "api":
        path, writes = github_api_writes(args)
        return "change GitHub" if writes and is_release_path(path) else ""
    unknown = UNKNOWN in second and f" {first}/" in f" {gh.effects[DEPLOYS]}"
    return "change GitHub" if unknown or gh.has_effect(DEPLOYS, parsed.words, parsed) else ""


def _registry(call: Call) -> str:
    args = call.args
    if {"-h", "--help"} & set(args[-1:]):
        return ""
    client = find(call.name)
    if client is None or PUSHES not in client.effects or call.name in _GIT:
        return ""
    parsed = client.read(args)
    words = parsed.words
    if call.name in ENGINES:
        creates = words[:3] == ["buildx", "imagetools", "create"] and "--dry-run" not in args
        return "push an image" if creates or client.has_effect(PUSHES, words, parsed) else ""
    if not client.has_effect(PUSHES, words, parsed) or parsed.has(*client.dry):
        return ""
    copies = words[0] != "copy" or any(word.startswith("docker://") or UNKNOWN in word for word in words[2:3])
    return "push an image" if call.name != "skopeo" or copies else ""


_GIT = frozenset({"git", "hub", "gh"})  # what these push is no image
