"""Whether a release's jobs are slower than those before, decided so that noise alone seldom says yes.

Times are compared on one GPU, warm jobs with warm ones and cold with cold, and only for the same smoke job. Slower is
what is slower by all of these:

- the median is over the earlier median by more than the percentage that was asked for, and by more than LEAST_S;
- every job took longer than every earlier one. Where nothing has changed, n jobs and m earlier ones stand in such an
  order once in C(n + m, n) times whatever the noise looks like: 3 and 3 once in 20, 5 and 5 once in 252, as the exact
  test of Mann and Whitney (Annals of Mathematical Statistics 18(1), 1947) has it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from conductor.domain.evidence import EvidenceLine, Outcome

LEAST_S = 0.5  # a queue tells times that hold its own work as well
_NAMES = {True: "warm_s", False: "cold_s"}


@dataclass(frozen=True, slots=True)
class Sample:
    """One job's time in seconds, as `clock` measured it (`queue`: the service, `answer`: the worker).

    `warm` tells whether the worker had loaded what it needs before, None where nobody says; so does `gpu`.
    """

    seconds: float
    warm: bool | None
    gpu: str | None
    clock: str

    def as_json(self) -> dict[str, Any]:
        """Return the form in which evidence keeps it."""
        return {"s": self.seconds, "warm": self.warm, "gpu": self.gpu, "clock": self.clock}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a job may take: so many percent more than before (None: not asked), and so many seconds where warm."""

    warm_percent: float | None = None
    cold_percent: float | None = None
    max_warm_s: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Jobs of one kind (`warm_s` or `cold_s`) on one GPU: median and limit in seconds, and what they were before.

    `against` is the reference of the evidence that holds the earlier times; without one only the limit in seconds
    counts.
    """

    name: str
    gpu: str | None
    seconds: float
    jobs: int
    before: float | None
    against: str | None
    limit: float
    slower: bool

    @property
    def told(self) -> str:
        """Return `warm 12.1 s (median of 3), 11.6 s before, +4 % on NVIDIA L40`."""
        of = f" (median of {self.jobs})" if self.jobs > 1 else ""
        text = f"{self.name[:-2]} {self.seconds:.3g} s{of}"
        if self.before is None:
            return f"{text}, limit {self.limit:.3g} s"
        more = f", {self.seconds / self.before - 1:+.0%}" if self.before else ""
        return f"{text}, {self.before:.3g} s before{more} on {self.gpu}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What could be compared, and in words what could not."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    @property
    def slower(self) -> bool:
        """Tell whether any kind of job is slower than it may be."""
        return any(row.slower for row in self.rows)

    @property
    def told(self) -> str:
        """Return everything in one line."""
        return "; ".join([*(row.told for row in self.rows), *self.notes])

    def as_detail(self) -> dict[str, Any]:
        """Return the figures for evidence: `gpu`, and of warm_s and cold_s the time, its limit, and what it was."""
        found: dict[str | None, dict[str, Any]] = {}
        for row in self.rows:
            found.setdefault(row.gpu, {"gpu": row.gpu}).update({
                row.name: row.seconds, f"{row.name}_limit": round(row.limit, 3), f"{row.name}_before": row.before,
                f"{row.name}_against": row.against, f"{row.name}_jobs": row.jobs,
            })  # fmt: skip
        first, *others = found.values() or [{}]
        return {**first, **({"others": others} if others else {}), **({"notes": [*self.notes]} if self.notes else {})}


def is_slower(now: Sequence[float], before: Sequence[float], percent: float) -> bool:
    """Tell whether these seconds are slower than those before by more than the percentage, and not by chance."""
    more = median(now) - median(before)
    return more > max(LEAST_S, median(before) * percent / 100) and min(now) > max(before)


def compare(last: EvidenceLine, lines: Iterable[EvidenceLine], limits: Limits) -> Comparison:
    """Compare the jobs of a smoke line with those of the releases before, each GPU with the last one that used it."""
    rows: list[Row] = []
    notes: list[str] = []
    samples, earlier = read_samples(last), find_baselines(last, lines)
    for word, percent in (("warm", limits.warm_percent), ("cold", limits.cold_percent)):
        warm = word == "warm"
        mine = [sample for sample in samples if sample.warm is warm]
        found, problems = _compare_kind(word, percent, mine, earlier) if percent is not None else ([], [])
        if warm and mine and limits.max_warm_s is not None:
            found = [_cap(row, limits.max_warm_s) for row in found] or [_judge_alone(mine, limits.max_warm_s)]
        rows += found
        notes += problems
    return Comparison(tuple(rows), tuple(notes))


def read_samples(line: EvidenceLine) -> list[Sample]:
    """Return the times that a smoke line holds; those of older ones stand as `warm_s` and `cold_s` alone."""
    detail = line.evidence.detail
    jobs = detail.get("jobs")
    if isinstance(jobs, list):
        return [found for job in jobs if isinstance(job, dict) and (found := _read_sample(job)) is not None]
    output = detail.get("output")
    gpu = read_gpu(detail) or (read_gpu(output) if isinstance(output, dict) else None)
    return [
        Sample(float(detail[name]), warm, gpu, "queue") for warm, name in _NAMES.items() if is_seconds(detail.get(name))
    ]


def find_baselines(last: EvidenceLine, lines: Iterable[EvidenceLine]) -> list[EvidenceLine]:
    """Return the smoke lines that may be compared with, newest first: the same job on other images, which stayed."""
    every = [line for line in lines if line.evidence.kind in {"smoke", "performance", "restored"}]
    target = _target_of(last)
    passed = [
        line
        for line in every
        if line.evidence.kind == "smoke"
        and line.evidence.outcome is Outcome.PASSED
        and _target_of(line) == target
        and line.evidence.subject != last.evidence.subject
        and _is_same_job(line, last)
        and line.evidence.observed_at <= last.evidence.observed_at
        and not any(_withdraws(other, line) for other in every)
    ]
    return sorted(passed, key=lambda line: (line.evidence.observed_at, line.seq), reverse=True)


def is_seconds(value: Any) -> bool:
    """Tell whether this is a number of seconds."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


def read_gpu(holder: dict[str, Any]) -> str | None:
    """Return the GPU's name, its spaces single; None where the holder tells none."""
    gpu = holder.get("gpu")
    return " ".join(gpu.split()) or None if isinstance(gpu, str) else None


def _read_sample(job: dict[str, Any]) -> Sample | None:
    seconds, warm = job.get("s"), job.get("warm")
    if not is_seconds(seconds):
        return None
    return Sample(
        float(str(seconds)), warm if isinstance(warm, bool) else None, read_gpu(job), str(job.get("clock", ""))
    )


def _withdraws(other: EvidenceLine, line: EvidenceLine) -> bool:
    """Tell whether the same release said later that this image failed, or put back what was there before."""
    if other.writer != line.writer or other.seq <= line.seq or other.evidence.detail.get("asked_again"):
        return False
    if other.evidence.kind == "restored":
        return _target_of(other) == _target_of(line)
    return other.evidence.outcome is Outcome.FAILED and other.evidence.subject == line.evidence.subject


def _compare_kind(
    word: str, percent: float, mine: list[Sample], earlier: list[EvidenceLine]
) -> tuple[list[Row], list[str]]:
    if not mine:
        return [], [f"no job was seen that was {word}"]
    rows, notes = [], []
    for gpu in dict.fromkeys(sample.gpu for sample in mine):
        these = [sample for sample in mine if sample.gpu == gpu]
        if gpu is None:
            notes.append(f"the {word} jobs tell no GPU, and only times on the same one are compared")
            continue
        found = next(((line, was) for line in earlier if (was := _same_kind(line, these[0]))), None)
        if found is None:
            notes.append(f"no earlier release has times of {word} jobs on {gpu} for this smoke job")
        else:
            rows.append(_judge(these, found[1], found[0].reference, percent))
    return rows, notes


def _same_kind(line: EvidenceLine, one: Sample) -> list[float]:
    kept = (one.warm, one.gpu, one.clock)
    return [sample.seconds for sample in read_samples(line) if (sample.warm, sample.gpu, sample.clock) == kept]


def _judge(mine: list[Sample], before: list[float], against: str, percent: float) -> Row:
    now, was = [sample.seconds for sample in mine], median(before)
    limit = was + max(LEAST_S, was * percent / 100)
    slower = is_slower(now, before, percent)
    return Row(_NAMES[bool(mine[0].warm)], mine[0].gpu, median(now), len(now), was, against, limit, slower)


def _judge_alone(mine: list[Sample], most: float) -> Row:
    middle = median(sample.seconds for sample in mine)
    return Row(_NAMES[True], mine[0].gpu, middle, len(mine), None, None, most, middle > most)


def _cap(row: Row, most: float) -> Row:
    return replace(row, limit=min(row.limit, most), slower=row.slower or row.seconds > most)


def _is_same_job(line: EvidenceLine, other: EvidenceLine) -> bool:
    one, two = line.evidence.detail, other.evidence.detail
    # Older lines keep the job's input alone, with long texts shortened.
    name = "job_hash" if "job_hash" in one and "job_hash" in two else "input"
    return bool(one.get(name) == two.get(name))


def _target_of(line: EvidenceLine) -> str:
    return line.evidence.subject.partition("@")[0]
