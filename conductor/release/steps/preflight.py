"""preflight: can this image be built and run, and can its targets take it? Asked before anything leaves the machine."""

from __future__ import annotations

from dataclasses import dataclass

from conductor.domain.evidence import Evidence
from conductor.domain.finding import Finding, Severity
from conductor.preflight.api import Report
from conductor.release.context import FindingsStop, Release
from conductor.release.steps.recorded import find_recorded


@dataclass(frozen=True, slots=True)
class Preflight:
    """The image's sources and the targets' bounds."""

    name: str = "preflight"
    locked: bool = False

    def done(self, release: Release) -> Evidence | None:
        """Return the verdict on this revision where it was given already: a revision does not change."""
        return find_recorded(release, "preflight", release.plan.revision)

    def run(self, release: Release) -> Evidence:
        """Check and return the verdict."""
        world, plan = release.world, release.plan
        report = world.check_image(world.root, world.settings) if plan.known is None else Report((), (), (), ())
        findings = [*report.findings, *check_targets(release)]
        errors = tuple(finding for finding in findings if finding.severity is Severity.ERROR)
        counted = describe(report, findings, plan.build.context)
        if errors:
            raise FindingsStop(
                errors[0].code,
                f"the image can't work as it stands: {_count(len(errors), 'error')}",
                hint="put them right, commit, then release again",
                findings=tuple(findings),
                evidence=release.refuse("preflight", plan.revision, counted, "conductor release"),
            )
        release.findings += findings
        return release.observe(
            "preflight", plan.revision, counted, "conductor release", codes=sorted({f.code for f in findings})
        )


def check_targets(release: Release) -> list[Finding]:
    """Return what keeps a target from running any image.

    RunPod sets an endpoint's largest number of workers to 0 after a week without requests; jobs would wait for ever.
    """
    found = []
    for target in release.plan.targets:
        state = release.world.targets[target.name].fetch_state()
        if state.workers_max == 0:
            found.append(
                Finding(
                    "PF-TARGET-001",
                    f"target {target.name} may have 0 workers: no job would ever run",
                    "raise the endpoint's max workers in RunPod's console (a week without requests sets it to 0)",
                )
            )
    return found


def describe(report: Report, findings: list[Finding], context: str) -> str:
    """Return `31 checks on image/, 0 errors, 1 advice (PF-DISK-002)`."""
    counts = [_count(sum(one.severity is Severity.ERROR for one in findings), "error")]
    for severity, word in ((Severity.WARNING, "warning"), (Severity.ADVICE, "advice")):
        codes = sorted({one.code for one in findings if one.severity is severity})
        number = sum(one.severity is severity for one in findings)
        if codes:
            counted = f"{number} {word}" if word == "advice" else _count(number, word)
            counts.append(f"{counted} ({', '.join(codes)})")
    ran = f"{_count(len(report.checks_run), 'check')} on {context}/" if report.checks_run else "image not checked"
    return ", ".join([ran, *counts])


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
