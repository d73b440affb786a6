"""What somebody installed on this machine: against a baseline, or without one, by who put it there."""

from __future__ import annotations

from collections import defaultdict

from conductor.domain.finding import Confidence, Finding, Severity
from conductor.host.layout import HostLayout
from conductor.host.model import Distribution, Interpreter, Inventory, Tool
from conductor.host.os_audit import audit_packages
from conductor.host.removal import remove_distributions, remove_tool

DOCS = "docs/host.md"
_KNOWN = "where this is known and wanted, take it in as it is"
# What an OS package manager, not a person's pip, writes into INSTALLER.
_SYSTEM_INSTALLERS = frozenset({"debian", "rpm", "brew", "apk", "pacman", "portage", "nix", "dpkg"})


def audit_host(
    now: Inventory, baseline: Inventory | None, layout: HostLayout | None = None, *, since: str | None = None
) -> list[Finding]:
    """Return a finding for everything that changed since the baseline, or, with none, that no OS package owns.

    `layout` is where the package managers' logs lie (default: this machine). Without a baseline, what is dated before
    `since` (UTC; None: all of it) was there first: advice to take a baseline. A file's time proves little, so what came
    later is a warning, not an error.
    """
    changed = _by_provenance(now, since) if baseline is None else _against(baseline, now, layout)
    return [*changed, *_faults(now)]


def is_foreign(distribution: Distribution) -> bool:
    """Tell whether no OS package owns the distribution and the interpreter did not bring it along."""
    by_system = distribution.installer in _SYSTEM_INSTALLERS
    return distribution.owner is None and not distribution.bundled and not by_system


def _by_provenance(now: Inventory, since: str | None) -> list[Finding]:
    """Group what pip, uv or conda installed by folder: without a baseline it may be years old."""
    environments = {site for one in now.interpreters if one.kind == "venv" for site in one.sites}
    groups: dict[tuple[bool, str, str], list[Distribution]] = defaultdict(list)
    for one in now.distributions:
        if is_foreign(one) and one.site not in environments:
            groups[_is_late(one.dated, since), one.site, one.installer or "an installer that left no name"].append(one)
    found = [_group(now, key, since, members) for key, members in sorted(groups.items())]
    return found + [_present_tool(tool, late=_is_late(tool.dated, since)) for tool in now.tools]


def _is_late(dated: str, since: str | None) -> bool:
    return since is not None and dated > since


def _group(now: Inventory, key: tuple[bool, str, str], since: str | None, members: list[Distribution]) -> Finding:
    late, site, installer = key
    members = sorted(members, key=lambda one: one.dated, reverse=True)
    dates = [members[-1].dated, members[0].dated]
    between = f"on {dates[0][:10]}" if dates[0][:10] == dates[-1][:10] else f"{dates[0][:10]} to {dates[-1][:10]}"
    count = f"{len(members)} distribution{'s' if len(members) > 1 else ''}"
    names = ", ".join(f"{one.name} {one.version}" for one in members[:3]) + (", …" if len(members) > 3 else "")
    when = f" since this project keeps Conductor's rules here ({since})" if late else ""
    return Finding(
        "R9",
        f"{count} in {site} installed by {installer}{when}, owned by no OS package ({names}; files dated {between})",
        f"{_KNOWN}: conductor host baseline; else: {remove_distributions(now, members)}",
        Severity.WARNING if late else Severity.ADVICE,
        Confidence.MEDIUM,
        context=_listed(members) if len(members) > 3 else (),
        docs=DOCS,
        data={"site": site, "installer": installer, "distributions": [_row(one) for one in members]},
    )


def _listed(members: list[Distribution]) -> tuple[str, ...]:
    """Return what to show of a long list: the newest, as many as fit in eight lines."""
    import textwrap

    text = "newest first: " + ", ".join(f"{one.name} {one.version}" for one in members)
    return tuple(textwrap.wrap(text, 74, break_on_hyphens=False, max_lines=8, placeholder=" … (conductor host list)"))


def _row(one: Distribution) -> dict[str, str | bool | None]:
    return {
        "name": one.name,
        "version": one.version,
        "requested": one.requested,
        "direct_url": one.direct_url,
        "dated": one.dated,
    }


def _present_tool(tool: Tool, *, late: bool) -> Finding:
    return Finding(
        "R5" if tool.manager == "npm" else "R9",
        f"{tool.name} {tool.version} was installed by {tool.manager} in {tool.path} (files dated {tool.dated})",
        f"{_KNOWN}: conductor host baseline; else: {remove_tool(tool)}",
        Severity.WARNING if late else Severity.ADVICE,
        Confidence.MEDIUM,
        docs=DOCS,
        data={"name": tool.name, "version": tool.version, "manager": tool.manager, "path": tool.path},
    )


def _against(baseline: Inventory, now: Inventory, layout: HostLayout | None) -> list[Finding]:
    span = f"between {baseline.taken_at} and {now.taken_at}"
    return [
        *_changed_distributions(baseline, now, span),
        *_changed_tools(baseline, now, span),
        *_new_interpreters(baseline, now, span),
        *_lost_management(baseline, now, span),
        *audit_packages(now, baseline, layout),
    ]


def _changed_distributions(baseline: Inventory, now: Inventory, span: str) -> list[Finding]:
    before, after = _by_key(baseline), _by_key(now)
    found = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key, []), after.get(key, [])
        if {one.identity for one in old} == {one.identity for one in new}:
            continue
        if all(one.owner for one in [*old, *new]):
            continue  # an OS package brought another version: that is R5's to judge
        site, _ = key
        one = (new or old)[0]
        versions = ", ".join(sorted({other.version for other in old}))
        if not old:
            by = f" by {one.installer}" if one.installer else ""
            origin = f" from {one.direct_url}" if one.direct_url else ""
            message = f"{one.name} {one.version} was installed{by}{origin} in {site}, {span} (files dated {one.dated})"
            remedy = remove_distributions(now, [one])
        elif not new:
            message = f"{one.name} {versions} was removed from {site}, {span}"
            remedy = f"install {one.name} {versions} again, or take a new baseline: conductor host baseline"
        else:
            same = versions == one.version
            change = "other files of the same version" if same else f"was {versions}"
            message = f"{one.name} {one.version} in {site} changed ({change}), {span} (files dated {one.dated})"
            remedy = f"put {one.name} {versions} back, or take a new baseline: conductor host baseline"
        found.append(Finding("R9", message, remedy, docs=DOCS, data={"site": site, **_row(one)}))
    return found


def _by_key(inventory: Inventory) -> dict[tuple[str, str], list[Distribution]]:
    rows: dict[tuple[str, str], list[Distribution]] = defaultdict(list)
    for one in inventory.distributions:
        rows[one.key].append(one)
    return rows


def _changed_tools(baseline: Inventory, now: Inventory, span: str) -> list[Finding]:
    before = {(tool.manager, tool.path): tool for tool in baseline.tools}
    found = []
    for tool in now.tools:
        old = before.get((tool.manager, tool.path))
        if old is not None and old.version == tool.version:
            continue
        change = f"changed from {old.version} to {tool.version}" if old else f"{tool.version} was installed"
        found.append(
            Finding(
                "R5" if tool.manager == "npm" else "R9",
                f"{tool.name} {change} by {tool.manager} in {tool.path}, {span}",
                remove_tool(tool),
                docs=DOCS,
                data={"name": tool.name, "version": tool.version, "manager": tool.manager, "path": tool.path},
            )
        )
    return found


def _new_interpreters(baseline: Inventory, now: Inventory, span: str) -> list[Finding]:
    known = {(one.path, one.prefix) for one in baseline.interpreters}
    return [
        Finding(
            "R5",
            f"Python {one.version} ({_kind(one)}) appeared at {one.path}, {span}",
            f"remove {one.prefix} with what installed it, or take a new baseline: conductor host baseline",
            docs=DOCS,
            data={"path": one.path, "version": one.version, "kind": one.kind},
        )
        for one in now.interpreters
        if (one.path, one.prefix) not in known and one.kind != "venv"
    ]


def _kind(one: Interpreter) -> str:
    return one.owner or {"other": "owned by no OS package", "system": "owned by no OS package"}.get(one.kind, one.kind)


def _lost_management(baseline: Inventory, now: Inventory, span: str) -> list[Finding]:
    managed = {one.path for one in baseline.interpreters if one.managed}
    lost = [one for one in now.interpreters if one.path in managed and not one.managed]
    return [_marker_finding(f"{one.path} lost its EXTERNALLY-MANAGED marker, {span}", one.path) for one in lost]


def _marker_finding(message: str, path: str) -> Finding:
    return Finding(
        "HOST-668-001",
        f"{message}: pip installs into it without asking",
        "install the OS package that holds the marker again",
        docs=DOCS,
        data={"path": path},
    )


def _faults(now: Inventory) -> list[Finding]:
    """Return what could not be looked at, and markers that an OS package brought and somebody removed."""
    lost = [_marker_finding(f"the PEP 668 marker {path} was removed", path) for path in now.unmanaged]
    return lost + [
        Finding(
            problem.code,
            f"{problem.path}: {problem.message}",
            "remove it, or repair it" if problem.code == "HOST-PY-001" else "make it readable for this user",
            Severity.WARNING if problem.code == "HOST-PY-001" else Severity.ADVICE,
            docs=DOCS,
            data={"path": problem.path},
        )
        for problem in now.problems
    ]
