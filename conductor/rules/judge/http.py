"""Which requests write, and to which of the release's services: curl, wget, HTTPie and `gh api`."""

from __future__ import annotations

from conductor.programs import known
from conductor.rules.judge.call import UNKNOWN

WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
RUNPOD = frozenset({"api.runpod.io", "api.runpod.ai", "rest.runpod.io"})
GITHUB_PARTS = frozenset({"actions", "secrets", "variables", "dispatches", "dispatch"})
_CURL_BODY = ("-d", "--data", "--data-raw", "--data-binary", "--data-urlencode", "--data-ascii", "--json", "-F",
              "--form", "--form-string", "-T", "--upload-file", "--expand-data")  # fmt: skip


def is_release_url(url: str) -> bool:
    """Tell whether an address belongs to RunPod's control plane or to GitHub's actions, secrets or dispatches."""
    address = url.strip("'\"").partition("://")[2] or url.strip("'\"")
    host, _, path = address.partition("/")
    host = host.rpartition("@")[2].partition(":")[0].partition("?")[0].lower().rstrip(".")
    if host in RUNPOD:
        return True
    return host == "api.github.com" and is_release_path(path)


def is_release_path(path: str) -> bool:
    """Tell whether a path of GitHub's API reaches actions, secrets, variables or dispatches."""
    parts = path.partition("?")[0].split("/")
    return bool(GITHUB_PARTS & set(parts))


def curl_writes(args: list[str]) -> tuple[list[str], bool]:
    """Return curl's addresses, and whether the request writes."""
    parsed = known("curl").parse(args)
    urls = parsed.words + parsed.values("--url", "--expand-url")
    method = (parsed.value("-X", "--request") or "").upper()
    body = parsed.has(*_CURL_BODY) and not parsed.has("-G", "--get")
    if method:
        return urls, method in WRITING or body or UNKNOWN in method
    return urls, body


def wget_writes(args: list[str]) -> tuple[list[str], bool]:
    """Return wget's addresses, and whether the request writes."""
    parsed = known("wget").parse(args)
    method = (parsed.value("--method") or "").upper()
    body = parsed.has("--post-data", "--post-file", "--body-data", "--body-file")
    return parsed.words, method in WRITING or body


def httpie_writes(args: list[str]) -> tuple[list[str], bool]:
    """Return HTTPie's addresses, and whether the request writes: a method word, or body items without one."""
    words = known("http").parse(args).words
    method = words[0].upper() if words else ""
    if method in WRITING:
        return words[1:2], True
    if method in {"GET", "HEAD", "OPTIONS"}:
        return words[1:2], False
    body = any("=" in word and "==" not in word for word in words[1:]) or any(arg.startswith("--raw") for arg in args)
    return words[:1], body


def github_api_writes(args: list[str]) -> tuple[str, bool]:
    """Return the path of a `gh api` call, and whether it writes. Fields without a method make it a POST."""
    parsed = known("gh").command(["api"]).parse(args)
    words = parsed.words[1:] if parsed.words[:1] == ["api"] else parsed.words
    method = (parsed.value("-X", "--method") or "").upper()
    body = parsed.has("-f", "--raw-field", "-F", "--field", "--input")
    path = words[0] if words else ""
    path = path.partition("://")[2].partition("/")[2] if "://" in path else path
    return path, method in WRITING or (not method and body)
