"""How the wheel checks report: one finding a wheel, with the facts it rests on, the remedy and the repair."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Confidence, Finding, Severity
from conductor.preflight.check import Fix, Meta
from conductor.preflight.wheels.faults import Fault, Reason
from conductor.preflight.wheels.installs import InstalledWheel, installed_torch, installed_wheels
from conductor.preflight.wheels.remedy import Remedy

if TYPE_CHECKING:
    from conductor.domain.finding import Location
    from conductor.preflight.parse.requirements import Requirement
    from conductor.preflight.subject import Subject

# What each reason rests on, as names of facts.
RESTS_ON = {
    Reason.PYTHON_TAG: ("python",),
    Reason.PLATFORM: ("glibc",),
    Reason.CUDA_MAJOR: ("torch",),
    Reason.TORCH_MINOR: ("torch",),
    Reason.ABI: ("torch",),
    Reason.TORCH_MISSING: ("python",),
}


def wheel_findings(subject: Subject, meta: Meta, reason: Reason) -> Iterator[Finding]:
    """Yield a finding for every installed wheel that has this fault."""
    for wheel in installed_wheels(subject):
        for fault in wheel.judgement.faults:
            if fault.reason is reason:
                yield _finding(subject, meta, wheel, fault)


def _finding(subject: Subject, meta: Meta, wheel: InstalledWheel, fault: Fault) -> Finding:
    remedy = wheel.judgement.remedy
    file = wheel.judgement.wheel.file
    certain = wheel.sure and fault.certain
    return meta.finding(
        subject,
        f"{fault.message} ({file})",
        wheel.where,
        *(_origin(wheel, name) for name in RESTS_ON.get(fault.reason, ())),
        remedy=said(remedy) if remedy else _without_wheel(meta, fault),
        severity=meta.severity if certain else Severity.WARNING,
        confidence=meta.confidence if certain else Confidence.MEDIUM,
        fix=_fix(wheel, remedy),
        wheel=file,
        reason=str(fault.reason),
        remedy_wheel=remedy.file if remedy else None,
        remedy_url=remedy.url if remedy else None,
        remedy_sha256=remedy.sha256 if remedy else None,
    )


def _without_wheel(meta: Meta, fault: Fault) -> str:
    if fault.reason is Reason.TORCH_MISSING:
        return meta.remedy
    return f"{meta.remedy}; no published wheel is known that fits"


def said(remedy: Remedy) -> str:
    """Return a remedy as a sentence, with size and hash where they are known."""
    known = f" ({remedy.size_bytes:,} bytes, sha256 {remedy.sha256})" if remedy.size_bytes and remedy.sha256 else ""
    return f"use {remedy.url or remedy.file}{known}"


def _origin(wheel: InstalledWheel, name: str) -> str | None:
    followed, interpreter = wheel.install.environment, wheel.install.interpreter
    if name == "python" and interpreter and interpreter.version:
        return f"python {interpreter.version} comes from {interpreter.origin}"
    if name == "glibc" and followed.glibc:
        return f"glibc {followed.glibc.value} comes from {followed.glibc.origin}"
    torch = installed_torch(followed, interpreter)
    if name == "torch" and torch:
        return f"torch {wheel.environment.torch or 'of unknown version'} comes from {torch.origin}"
    return None


def _fix(wheel: InstalledWheel, remedy: Remedy | None) -> Fix | None:
    """Return the repair of a wheel that is installed from an address; a file on disk is the user's own."""
    if remedy is None or "://" not in (wheel.requirement.address or ""):
        return None
    return replace_requirement(wheel.requirement, wheel.where, remedy)


def replace_requirement(requirement: Requirement, where: Location, remedy: Remedy) -> Fix | None:
    """Return the repair that puts the remedy's address, with its hash, in the place of what is installed.

    A name with its versions becomes an address; extras and a marker stay, in the form that PEP 508 has for both
    (`name[extra] @ address ; marker`), as do quotes, flags and comments, which are not touched. None where more than
    the requirement itself would have to change: hashes of its own beside it, or an address that is not known.
    """
    if remedy.url is None or where.line is None or requirement.hashes:
        return None
    pinned = f"{remedy.url}#sha256={remedy.sha256}" if remedy.sha256 else remedy.url
    if requirement.address is not None:
        return Fix(where.path, where.line, requirement.address, pinned)
    wanted, _, _ = requirement.raw.partition(";")
    if requirement.extras:
        pinned = f"{requirement.name}[{','.join(requirement.extras)}] @ {pinned}"
    # A marker keeps its own words; behind an address it needs a blank before its semicolon.
    if requirement.marker:
        gap = wanted[len(wanted.rstrip()) :]
        return Fix(where.path, where.line, f"{wanted.rstrip()}{gap};", f"{pinned} ;")
    return Fix(where.path, where.line, wanted.strip(), pinned)
