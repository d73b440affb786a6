"""R8a: GitHub over SSH. An address over HTTPS asks for a password or a token, and a token ends up in a file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conductor.domain.finding import Finding, Severity
from conductor.domain.rule import BY_ID
from conductor.domain.secret import redact
from conductor.rules.answer import Answer, RuleMeta, Status, from_findings, severity_of
from conductor.rules.context import RuleContext

META = RuleMeta(
    BY_ID["R8a"],
    "Use SSH for GitHub",
    "Every remote's fetch and push address, after insteadOf, is SSH.",
    "every remote's fetch and push address and `insteadOf` resolution",
    example="git remote add origin https://github.com/owner/worker.git",
)
_WEB = re.compile(r"^(?:https?|git|ftps?)://", re.IGNORECASE)
_SSH_FORM = re.compile(r"^https?://(?:[^@/]*@)?(?P<host>[^/:]+)(?::\d+)?/(?P<path>.+)$", re.IGNORECASE)


def audit(context: RuleContext) -> Iterator[Finding]:
    """Yield a finding for every address that is not SSH, and for rewrites that would turn SSH into HTTPS."""
    rule = context.rule(META.rule.name)
    for remote in context.repository.remotes():
        if remote.name in rule.exceptions:
            continue
        for url in dict.fromkeys((*remote.push_urls, *remote.fetch_urls)):
            if _WEB.match(url):
                yield _finding(remote.name, url, remote, severity_of(rule.level))
    yield from _rewrites(context, severity_of(rule.level))


def _finding(name: str, url: str, remote: object, severity: Severity) -> Finding:
    configured = getattr(remote, "configured_urls", ())
    rewritten = url not in configured
    source = " (an insteadOf rule makes it so)" if rewritten else ""
    ways = [word for word, urls in (("fetched", "fetch_urls"), ("pushed", "push_urls")) if url in getattr(remote, urls)]
    match = _SSH_FORM.match(url)
    better = f"git@{match['host']}:{match['path']}" if match else "git@HOST:OWNER/NAME.git"
    push = "--push " if ways == ["pushed"] else ""
    remedy = "git config --show-origin --get-regexp '^url' finds the rule; unset it" if rewritten else None
    return Finding(
        "R8a",
        f"the remote {name} is {' and '.join(ways)} at {redact(url)}{source}, not over SSH",
        remedy or f"git remote set-url {push}{name} {better}",
        severity,
        docs=META.docs,
    )


def _rewrites(context: RuleContext, severity: Severity) -> Iterator[Finding]:
    pattern = r"^url\..*\.(insteadof|pushinsteadof)$"
    answer = context.repository.run("config", "--get-regexp", pattern, check=False).stdout
    for line in answer.decode("utf-8", "replace").splitlines():
        key, _, value = line.partition(" ")
        base = key[4:].rpartition(".")[0]
        if _WEB.match(base) and not _WEB.match(value):
            yield Finding(
                "R8a",
                f"git rewrites addresses that begin with {redact(value)} to {redact(base)}: pushes leave SSH",
                f"git config --global --unset-all url.{redact(base)}.{key.rpartition('.')[2]}, or without --global",
                severity,
                docs=META.docs,
            )


def report(context: RuleContext) -> Answer:
    """Answer from the addresses as they are now."""
    remotes = context.repository.remotes()
    if not remotes:
        return Answer(Status.NOT_NEEDED, ("the repository has no remote",))
    urls = ", ".join(f"{one.name} {redact(url)}" for one in remotes for url in one.push_urls)
    return from_findings(list(audit(context)), f"git remote -v: {urls}")
