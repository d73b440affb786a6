"""What changed among the OS packages since the baseline, with the command that did it where a log tells."""

from __future__ import annotations

from conductor.domain.finding import Finding, Severity
from conductor.host.layout import HostLayout
from conductor.host.model import Inventory
from conductor.host.packages import Installation, load_history

DOCS = "docs/host.md"
_REMOVE = {
    "dpkg": "apt-get remove",
    "rpm": "dnf remove",
    "apk": "apk del",
    "pacman": "pacman -R",
    "brew": "brew uninstall",
}


def audit_packages(now: Inventory, baseline: Inventory, layout: HostLayout | None = None) -> list[Finding]:
    """Return a finding for each package that came or went, and one advice for all that changed their version."""
    history = load_history(layout or HostLayout())
    span = f"between {baseline.taken_at} and {now.taken_at}"
    found = []
    for manager in sorted(now.packages.keys() | baseline.packages.keys()):
        before, after = baseline.packages.get(manager, {}), now.packages.get(manager, {})
        for name in sorted(after.keys() - before.keys()):
            message = f"{name} {after[name]} was installed by {manager}, {span}{_told(history, name)}"
            found.append(_finding(message, f"{_REMOVE[manager]} {name.partition(':')[0]}", name))
        for name in sorted(before.keys() - after.keys()):
            message = f"{name} {before[name]} was removed by {manager}, {span}{_told(history, name)}"
            found.append(_finding(message, "install it again, or take a new baseline: conductor host baseline", name))
        changed = sorted(name for name in before.keys() & after.keys() if before[name] != after[name])
        if changed:
            found.append(_upgraded(manager, changed, span))
    return found


def _finding(message: str, remedy: str, name: str) -> Finding:
    return Finding("R5", message, remedy, docs=DOCS, data={"name": name.partition(":")[0]})


def _upgraded(manager: str, names: list[str], span: str) -> Finding:
    shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    return Finding(
        "HOST-OS-001",
        f"{len(names)} packages have another version in {manager}, {span}: {shown}",
        "nothing, where updates install themselves; conductor host baseline takes them in",
        Severity.ADVICE,
        docs=DOCS,
    )


def _told(history: list[Installation], name: str) -> str:
    """Return who did it, as a log tells: apt's own history before dpkg's."""
    runs = [run for run in history if name in run.packages]
    apt = [run for run in runs if "apt" in run.source]
    told = next(iter(reversed(apt or runs)), None)
    return f" ({told.source}: {told.at} {told.command})" if told else ""
