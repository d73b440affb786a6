"""R5: the operating system's packages stay as they are; what the worker needs is installed in its image."""

from __future__ import annotations

from collections.abc import Iterator

from conductor.domain.finding import Finding
from conductor.domain.rule import BY_ID
from conductor.rules.answer import Answer, RuleMeta, Status, from_findings
from conductor.rules.context import RuleContext
from conductor.rules.example import Shell
from conductor.rules.recorded import unlawful

META = RuleMeta(
    BY_ID["R5"],
    "Install no OS package",
    "No OS package, interpreter or global tool was installed on this host.",
    "dpkg, rpm, apk, pacman and brew against the baseline, with apt's and dpkg's history",
    example="sudo apt-get install -y ffmpeg",
)
EXAMPLE = Shell(
    """conductor host baseline
mkdir -p ~/.pyenv/versions/3.99.0/bin ~/.pyenv/versions/3.99.0/lib/python3.99/site-packages
cp /bin/true ~/.pyenv/versions/3.99.0/bin/python3.99
touch ~/.pyenv/versions/3.99.0/lib/python3.99/os.py
conductor check host"""
)


def audit(context: RuleContext) -> Iterator[Finding]:
    """Yield what came to or left the machine's packages since the baseline; without one, global npm packages."""
    from conductor.host.audit import audit_host

    now, baseline = context.host()
    allowed = context.rule(META.rule.name).exceptions
    for finding in audit_host(now, baseline):
        if finding.code == "R5" and finding.data.get("name") not in allowed:
            yield finding


def report(context: RuleContext) -> Answer:
    """Answer from the guard's log and the machine's packages against the baseline."""
    ran = unlawful(context, META.rule.name)
    if ran:
        return Answer(Status.VIOLATED, tuple(f"guard log {one.at}: {one.command} ran" for one in ran))
    now, baseline = context.host()
    if baseline is None:
        return Answer(Status.NOT_OBSERVED, ("there is no baseline to compare this host with: conductor host baseline",))
    count = sum(len(packages) for packages in now.packages.values())
    return from_findings(list(audit(context)), f"{count} OS packages are as in the baseline of {baseline.taken_at}")
