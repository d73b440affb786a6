"""`conductor preflight wheel` and `conductor preflight wheels`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from conductor.errors import ExitCode, UsageProblem

if TYPE_CHECKING:
    from conductor.preflight.wheels import Environment, Judgement


def wheel(
    name: str = typer.Argument(..., metavar="WHEEL", help="File name or address of the wheel."),
    image: str | None = typer.Option(None, help="Base image; what you do not say is taken from its facts."),
    python: str | None = typer.Option(None, help="Python version, as 3.11."),
    torch: str | None = typer.Option(None, help="torch version, as 2.7.1 or 2.7.1+cu126; `none` where there is none."),
    cuda: str | None = typer.Option(None, help="CUDA version of torch, as 12.6."),
    abi: str | None = typer.Option(None, help="C++ ABI of torch: true (new) or false (old)."),
    glibc: str | None = typer.Option(None, help="glibc version, as 2.35."),
    machine: str = typer.Option("x86_64", help="Machine: x86_64 or aarch64."),
    gpu: str | None = typer.Option(None, help="GPU, as L40, or its compute capability, as 8.9."),
    json_output: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Say whether a wheel fits an environment, and which one would.

    Example: conductor preflight wheel flash_attn-2.8.3+cu12torch2.7cxx11abiFALSE-cp310-cp310-linux_x86_64.whl
    --python 3.11 --torch 2.7.1 --cuda 12.6 --gpu L40
    """
    from conductor.cli.output import as_json
    from conductor.preflight.wheels import Environment, judge
    from conductor.preflight.wheels.batch import as_row

    row = {"image": image, "python": python, "cuda": cuda, "glibc": glibc, "machine": machine}
    row = {key: value for key, value in row.items() if value is not None}
    if torch is not None:
        row["torch"] = None if torch.lower() in {"none", ""} else torch
    environment = Environment.from_mapping({**row, "cxx11abi": _abi(abi), **_gpu(gpu)})
    judgement = judge(name, environment)
    if not judgement.wheel.is_wheel and not judgement.wheel.source and judgement.wheel.version is None:
        hint = "give a file name or an address that ends in .whl, or NAME==VERSION"
        raise UsageProblem(f"{name!r} does not name a wheel", hint=hint)
    code = ExitCode.FINDINGS if judgement.faults else ExitCode.OK
    if json_output:
        print(as_json("preflight wheel", code, wheel=judgement.wheel.file, **as_row(judgement)))
    else:
        print_judgement(judgement, environment)
    raise typer.Exit(code)


def _abi(value: str | None) -> bool | None:
    if value is None:
        return None
    words = {"true": True, "1": True, "new": True, "false": False, "0": False, "old": False}
    if value.lower() not in words:
        raise UsageProblem(f"--abi is {value!r}", hint="write --abi true or --abi false")
    return words[value.lower()]


def _gpu(value: str | None) -> dict[str, str]:
    from conductor.knowledge import gpu

    if value is None:
        return {}
    if value.replace(".", "", 1).isdigit() and "." in value:
        return {"sm": value}
    if gpu(value) is None:
        hint = "name one of `conductor knowledge show gpus`, or give the capability, as --gpu 8.9"
        raise UsageProblem(f"the GPU {value!r} is not known", hint=hint)
    return {"gpu": value}


def print_judgement(judgement: Judgement, environment: Environment) -> None:
    """Print what is wrong, what would fit and what was not known."""
    from conductor.domain.text import one_line

    print(f"{one_line(judgement.wheel.file)}: {judgement.verdict}")
    for fault in judgement.faults:
        print(f"  {fault.reason}: {one_line(fault.message)}")
    remedy = judgement.remedy
    if remedy:
        print(f"  remedy: {remedy.file}")
        if remedy.url:
            print(f"    {remedy.url}")
        if remedy.sha256:
            print(f"    {remedy.size_bytes:,} bytes, sha256 {remedy.sha256}")
    elif judgement.faults:
        print("  remedy: no wheel is known that fits")
    unknown = [
        key
        for key in ("python", "torch", "cuda", "cxx11abi", "glibc", "capability")
        if getattr(environment, key) is None and not (key == "torch" and environment.has_torch is False)
    ]
    if unknown:
        print(f"not judged, because not known: {', '.join(unknown)}", file=sys.stderr)


def wheels(
    jsonl: bool = typer.Option(False, "--jsonl", help="Read {id, env, wheel, url} from standard input, one a line."),
) -> None:
    """Judge many wheels: JSON lines in, JSON lines out; only what is in the line counts.

    Example: conductor preflight wheels --jsonl < wheels.jsonl
    """
    from conductor.preflight.wheels.batch import judge_lines

    if not jsonl:
        raise UsageProblem("this command reads JSON lines", hint="conductor preflight wheels --jsonl < FILE")
    sys.stdin.reconfigure(errors="replace")  # type: ignore[union-attr]
    for line in judge_lines(sys.stdin):
        print(line)
