"""`conductor rehearse`: walk through a release against loopback servers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from conductor.cli.groups import command_app
from conductor.cli.output import as_json

if TYPE_CHECKING:
    from conductor.cli.perform import Performance
    from conductor.rehearsal.drill import Drill
    from conductor.rehearsal.parts import Parts
    from conductor.rehearsal.scenery import StageInfo

app = command_app()


@app.command()
def rehearse(
    drill: str = typer.Option("", "--drill", metavar="NAME", help="Let something go wrong: a drill's name, or all."),
    real: bool = typer.Option(
        False, "--real", help="With a real sshd, registry, Docker engine, act and worker (root, Linux)."
    ),
    patch: str = typer.Option("", "--patch", metavar="FILE", help="Rehearse HEAD with this patch applied."),
    seed: int = typer.Option(0, "--seed", metavar="N", help="What a drill leaves to chance."),
    keep: bool = typer.Option(False, "--keep", help="Keep the temporary clone and say where it is."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Walk through a complete release on this machine: no account, no Docker engine, no GPU.

    Servers on loopback speak the protocols of an SSH git host, GitHub Actions, a container registry and RunPod; the
    release is the real one. In your repository it releases a temporary clone of HEAD and changes nothing of yours;
    elsewhere it makes a sample project. A drill lets something go wrong, and the release must end as the drill says;
    docs/rehearsal.md lists them, and so does --drill list.

    With --real, sshd, a registry, a Docker engine and act are real, your workflow builds your image, and the worker is
    a container; only GitHub's REST API and RunPod's control plane stand in. It needs root and a grant where R4 applies.

    Example: conductor rehearse --drill worker-unhealthy
    """
    from conductor.cli.interrupts import ended_by_signals
    from conductor.errors import UsageProblem
    from conductor.rehearsal.drills import DRILLS, find_drill

    if drill == "list":
        raise typer.Exit(list_drills(json=json))
    if drill and (real or patch):
        raise UsageProblem(
            f"a drill is acted out with stand-ins, on HEAD as it is: not with {'--real' if real else '--patch'}",
            hint=f"conductor rehearse --drill {drill}",
        )
    changed = find_patch(patch)
    chosen = list(DRILLS.values()) if drill == "all" else [find_drill(drill)] if drill else []
    source = find_source(Path.cwd())
    if changed is not None and source is None:
        raise UsageProblem("a patch is applied to a repository, and none is here to rehearse", hint="cd into it")
    with ended_by_signals():
        if not chosen:
            raise typer.Exit(rehearse_once(source, real=real, patch=changed, keep=keep, json=json))
        if drill == "all":
            raise typer.Exit(rehearse_all(source, chosen, seed=seed, keep=keep, json=json))
        raise typer.Exit(rehearse_drill(source, chosen[0], seed=seed, keep=keep, json=json))


def rehearse_once(source: Path | None, *, real: bool, patch: Path | None, keep: bool, json: bool) -> int:
    """Rehearse a release, print it, and return its exit code."""
    from conductor.cli.rehearse_real import choose_parts

    parts = choose_parts(source) if real else None
    performance = perform_and_show(source, None, seed=0, keep=keep, json=json, parts=parts, patch=patch)
    if json:
        print(as_json("rehearse", performance.result.exit_code, **payload(performance)))
    else:
        print("\n" + summarise(performance))
    return performance.result.exit_code


def rehearse_drill(source: Path | None, drill: Drill, *, seed: int, keep: bool, json: bool) -> int:
    """Run one drill and return its release's own code; where it did not end as declared, never 0."""
    performance = perform_and_show(source, drill, seed=seed, keep=keep, json=json)
    row = drill_row(drill, performance)
    code = row["exit"] if row["ok"] else row["exit"] or 1
    if json:
        print(as_json("rehearse", code, seed=seed, drills=[row], **payload(performance)))
    else:
        print("\n" + summarise(performance))
        print(f"Drill {drill.name}: {verdict(drill, performance)}.\n")
    return code


def rehearse_all(source: Path | None, drills: list[Drill], *, seed: int, keep: bool, json: bool) -> int:
    """Run the drills, a line for each as it ends, and return 0 where all ended as declared, else 1."""
    from conductor.cli.perform import perform
    from conductor.cli.progress import Silence

    rows, stream = [], sys.stderr if json else sys.stdout
    print(f"{len(drills)} drills, seed {seed}, on loopback servers. Nothing leaves this machine.\n", file=stream)
    for drill in drills:
        performance = perform(source, drill, seed=seed, keep=keep, opened=lambda _: None, observer=Silence)
        rows.append(drill_row(drill, performance))
        print(render_row(rows[-1], performance), file=stream, flush=True)
    code = 0 if all(row["ok"] for row in rows) else 1
    print(f"\n{sum(row['ok'] for row in rows)} of {len(rows)} drills ended as declared.", file=stream)
    if json:
        print(as_json("rehearse", code, seed=seed, drills=rows))
    return code


def list_drills(*, json: bool) -> int:
    """Print what each drill lets go wrong and how it must end; nothing is run."""
    from conductor.rehearsal.drills import DRILLS

    if json:
        rows = [{"name": one.name, "what": one.summary, "declared": one.declared} for one in DRILLS.values()]
        print(as_json("rehearse", 0, drills=rows))
    else:
        for one in DRILLS.values():
            print(f"{one.name:<26} {one.summary}\n{'':<26} must end: {one.declared}")
    return 0


def render_row(row: dict[str, Any], performance: Performance) -> str:
    """Return a drill's lines of the table: how it ended, and what is wrong about that, with the record to read."""
    lines = [f"  {'ok   ' if row['ok'] else 'WRONG'}  {row['name']:<26} {row['ended']:<44} {row['seconds']:>5.1f} s"]
    lines += [f"         {problem}" for problem in row["wrong"]]
    if row["wrong"] and performance.record is not None:
        lines.append(f"         {show_path(performance.record)}")
    return "\n".join(lines)


def perform_and_show(
    source: Path | None, drill: Drill | None, *, seed: int, keep: bool, json: bool, parts: Parts | None = None,
    patch: Path | None = None,
) -> Performance:  # fmt: skip
    """Perform with the steps shown live: on standard output, or, where that is JSON, on standard error."""
    from conductor.cli.perform import perform
    from conductor.cli.progress import Progress

    stream = sys.stderr if json else sys.stdout

    def opened(info: StageInfo) -> None:
        print(headline(info, drill, real=parts is not None) + "\n", file=stream, flush=True)
        if keep:
            print(f"The clone is kept in {info.folder}", file=sys.stderr)

    return perform(
        source, drill, seed=seed, keep=keep, parts=parts, patch=patch, opened=opened, observer=lambda: Progress(stream)
    )


def find_source(start: Path) -> Path | None:
    """Return the repository around the folder where its HEAD can be rehearsed, None for the sample project."""
    from conductor.errors import UsageProblem
    from conductor.providers.git import GitRepository

    try:
        repository = GitRepository.find(start)
    except UsageProblem:
        return None
    head = repository.head()
    if head is None:
        print("This repository has no commit yet: rehearsing a sample project instead.", file=sys.stderr)
        return None
    if not any(repository.read(head, name) is not None for name in ("CONDUCTOR.md", "conductor.yaml")):
        told = "conductor init writes a CONDUCTOR.md; commit it to rehearse this repository"
        print(f"HEAD has no CONDUCTOR.md: rehearsing a sample project instead ({told}).", file=sys.stderr)
        return None
    return repository.root


def find_patch(given: str) -> Path | None:
    """Return the patch's path; raises UsageProblem where no file is there."""
    from conductor.errors import UsageProblem

    path = Path(given)
    if given and not path.is_file():
        raise UsageProblem("there is no such file", hint="git diff HEAD > fix.patch, and name that", path=given)
    return path if given else None


def headline(info: StageInfo, drill: Drill | None, *, real: bool = False) -> str:
    """Return the first line."""
    what = f"Drill {drill.name}: {drill.summary}.\n" if drill else ""
    sample = " (a sample project)" if info.is_sample else ""
    where = "on loopback servers. Nothing leaves this machine."
    if real:
        where = "with real parts on loopback. Nothing is pushed elsewhere; the build fetches what it asks for."
    return f"{what}Rehearsing a release of {info.name}{sample} at {info.revision[:7]} {where}"


def summarise(performance: Performance) -> str:
    """Return the closing lines: how it ended, what was proven, what was left out, and where everything is recorded."""
    from conductor.cli.release_text import summarise as summarise_release

    release = performance.release
    lines = [summarise_release(performance.result, release).strip()]
    if performance.result.exit_code == 0:
        lines += proofs(release)
    lines.append(f"Rehearsed, not run for real: {', '.join(performance.not_run)}.")
    if performance.record is not None:
        lines.append(f"Everything that was sent and answered: {show_path(performance.record)}")
    return "\n".join(lines)


def proofs(release: dict[str, Any]) -> list[str]:
    """Return the lines that name what was released and what the smoke job showed."""
    versions = f"release {release['release_before']} → {release['release_after']}"
    lines = [
        f"  revision  {release['revision']}",
        f"  digest    {release['digest']}",
        f"  target    {', '.join(release['targets'])}: {versions}",
    ]
    output = (release["smoke"] or {}).get("output")
    if isinstance(output, dict) and {"frames", "width", "height"} <= output.keys():
        frames = f"{output['frames']} frames"
        seconds = f" in {output['seconds']:.2f} s" if isinstance(output.get("seconds"), int | float) else ""
        lines.append(
            f"  smoke     in: {frames} {size_of(output.get('source'))}; out: {frames} {size_of(output)}{seconds}"
        )
    return lines


def size_of(video: Any) -> str:
    """Return a video's width × height, where it tells them."""
    if isinstance(video, dict) and {"width", "height"} <= video.keys():
        return f"{video['width']}×{video['height']}"
    return "of unknown size"


def payload(performance: Performance) -> dict[str, Any]:
    """Return the JSON of one rehearsal."""
    record = str(performance.record) if performance.record else None
    release = {**performance.release, "seconds": round(performance.seconds, 2), "record": record}
    return {"release": release, "findings": [finding.as_json() for finding in performance.findings]}


def drill_row(drill: Drill, performance: Performance) -> dict[str, Any]:
    """Return a drill's line of the JSON."""
    return {
        "name": drill.name,
        "what": drill.summary,
        "declared": drill.declared,
        "ended": performance.ended,
        "exit": performance.result.exit_code,
        "seconds": round(performance.seconds, 2),
        "ok": not performance.wrong,
        "wrong": list(performance.wrong),
    }


def verdict(drill: Drill, performance: Performance) -> str:
    """Return whether the drill ended as declared, and what differs."""
    if not performance.wrong:
        return f"ended as declared ({drill.declared})"
    return f"did NOT end as declared ({drill.declared}): {'; '.join(performance.wrong)}"


def show_path(path: Path) -> str:
    """Return the path with the home folder as `~`."""
    from conductor.config.places import home_dir
    from conductor.errors import UsageProblem

    try:
        return f"~/{path.relative_to(home_dir())}"
    except (ValueError, UsageProblem):
        return str(path)
