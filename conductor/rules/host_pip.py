"""R9: Python modules belong in the project's virtual environment or in the image, never on the host."""

from __future__ import annotations

from collections.abc import Iterator

from conductor.domain.finding import Finding
from conductor.domain.rule import BY_ID
from conductor.rules.answer import Answer, RuleMeta, Status, from_findings
from conductor.rules.context import RuleContext
from conductor.rules.example import Shell
from conductor.rules.recorded import unlawful

META = RuleMeta(
    BY_ID["R9"],
    "Install no Python module on this host",
    "No Python module was ever installed on this host.",
    "`conductor check host`: every interpreter's distributions against the baseline",
    example="pip install einops",
)
EXAMPLE = Shell(
    """conductor host baseline
site=~/.pyenv/versions/3.99.0/lib/python3.99/site-packages/einops-0.8.0.dist-info
mkdir $site; echo pip > $site/INSTALLER; printf 'Name: einops\\nVersion: 0.8.0\\n' > $site/METADATA
touch -d 2026-01-05T11:30:00Z $site
conductor check host""",
    """mkdir -p ~/.pyenv/versions/3.99.0/bin ~/.pyenv/versions/3.99.0/lib/python3.99/site-packages
cp /bin/true ~/.pyenv/versions/3.99.0/bin/python3.99
touch ~/.pyenv/versions/3.99.0/lib/python3.99/os.py""",
)


def audit(context: RuleContext) -> Iterator[Finding]:
    """Yield what the host audit finds about Python: distributions, pipx and uv tools, removed markers."""
    from conductor.host.audit import audit_host

    now, baseline = context.host()
    allowed = context.rule(META.rule.name).exceptions
    for finding in audit_host(now, baseline):
        if finding.code not in ("R5", "HOST-OS-001") and finding.data.get("name") not in allowed:
            yield finding


def report(context: RuleContext) -> Answer:
    """Answer from the guard's log and the host against its baseline; without a baseline nothing can be called kept."""
    ran = unlawful(context, META.rule.name)
    if ran:
        return Answer(Status.VIOLATED, tuple(f"guard log {one.at}: {one.command} ran" for one in ran))
    now, baseline = context.host()
    if baseline is not None:
        counts = f"{len(now.distributions)} distributions of {len(now.interpreters)} interpreters"
        violations = [finding for finding in audit(context) if finding.code == "R9"]
        return from_findings(violations, f"{counts} are as in the baseline of {baseline.taken_at}")
    recent = _dated_in_session(context)
    if recent:
        return Answer(Status.VIOLATED, tuple(recent[:5]))
    return Answer(Status.NOT_OBSERVED, ("there is no baseline to compare this host with: conductor host baseline",))


def _dated_in_session(context: RuleContext) -> list[str]:
    """Return what no OS package owns and whose files are no older than the session."""
    from conductor.host.audit import is_foreign

    if context.session is None:
        return []
    now, _ = context.host()
    start = context.session.started_at[:19]
    return [
        f"{one.name} {one.version} in {one.site}, installed by {one.installer}, files dated {one.dated}"
        for one in now.distributions
        if is_foreign(one) and one.dated[:19] >= start
    ]
