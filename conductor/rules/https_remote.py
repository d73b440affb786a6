"""R8a: GitHub over SSH. An address over HTTPS asks for a password or a token, and a token ends up in a file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conductor.domain.finding import Finding, Severity
from conductor.domain.rule import BY_ID
from conductor.domain.secret import redact
from conductor.ports.git import Remote
from conductor.rules.answer import Answer, RuleMeta, Status, from_findings, severity_of
from conductor.rules.context import RuleContext
from conductor.rules.example import Shell

META = RuleMeta(
    BY_ID["R8a"],
    "Use SSH for GitHub",
    "Every remote's fetch and push address, after insteadOf, is SSH.",
    "every remote's fetch and push address and `insteadOf` resolution",
    example="git remote add origin https://github.com/owner/worker.git",
)
EXAMPLE = Shell("git remote add origin https://github.com/owner/worker.git\nconductor check rules")
_WEB = re.compile(r"^(?:https?|git|ftps?)://", re.IGNORECASE)
_SSH_FORM = re.compile(r"^https?://(?:[^@/]*@)?(?P<host>[^/:]+)(?::\d+)?/(?P<path>.+)$", re.IGNORECASE)


def audit(context: RuleContext) -> Iterator[Finding]:
    """Yield a finding for every address that is not SSH, and for rewrites that would turn SSH into HTTPS."""
    rule = context.rule(META.rule.name)
    for remote in context.repository.remotes():
        if remote.name in rule.exceptions:
            continue
        own = context.repository.run("config", "--get-all", f"remote.{remote.name}.pushurl", check=False).stdout
        written = {*remote.configured_urls, *own.decode("utf-8", "replace").splitlines()}
        for url in dict.fromkeys((*remote.push_urls, *remote.fetch_urls)):
            if _WEB.match(url):
                yield _finding(remote, url, severity_of(rule.level), rewritten=url not in written)
    yield from _rewrites(context, severity_of(rule.level))


def _finding(remote: Remote, url: str, severity: Severity, *, rewritten: bool) -> Finding:
    fetched, pushed = url in remote.fetch_urls, url in remote.push_urls
    ways = " and ".join(word for word, holds in (("fetched", fetched), ("pushed", pushed)) if holds)
    source = " (an insteadOf rule makes it so)" if rewritten else ""
    match = _SSH_FORM.match(url)
    better = f"git@{match['host']}:{match['path']}" if match else "git@HOST:OWNER/NAME.git"
    setting = f"git remote set-url {'' if fetched else '--push '}{remote.name} {better}"
    return Finding(
        "R8a",
        f"the remote {remote.name} is {ways} at {redact(url)}{source}, not over SSH",
        "git config --show-origin --get-regexp '^url' finds the rule; unset it" if rewritten else setting,
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
