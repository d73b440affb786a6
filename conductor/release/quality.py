"""What a release asks of the smoke job's video: at least as good as bicubic, measured against a reference.

The reference is what the job's video was made smaller from. Bicubic enlarges the job's video here and goes through an
encoder, as the answer's video went through its own. Encoders differ: what one costs on this very clip, and no less than
LEAST_DB and LEAST_SSIM, is never held against a release.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from conductor.config.settings import QualitySettings, SmokeSettings
from conductor.errors import UsageProblem
from conductor.ports.git import Repository
from conductor.ports.video import Compared, VideoFault, VideoJudge
from conductor.release.inline_video import find_video, find_videos

LEAST_DB, LEAST_SSIM = 0.1, 0.005
_KEY = "smoke.expect.quality"
_LFS = b"version https://git-lfs.github.com/spec/"


@dataclass(frozen=True, slots=True)
class QualityPlan:
    """The demand with its two videos: the one that the job holds, and the reference."""

    asked: QualitySettings
    source: bytes
    reference: bytes


def read_quality(
    repository: Repository, revision: str, smoke: SmokeSettings, body: dict[str, Any]
) -> QualityPlan | None:
    """Return what is asked, None where nothing is.

    Raises UsageProblem where the reference is not in that revision, or where job or answer hold no video to compare.
    """
    asked = smoke.quality
    if asked is None:
        return None
    reference = repository.read(revision, asked.reference)
    if reference is None:
        hint = f"git add {asked.reference}, and commit it"
        raise UsageProblem(
            f"{_KEY}.reference: {asked.reference} is not in {revision[:7]}", hint=hint, path=asked.reference
        )
    if reference.startswith(_LFS):
        hint = "commit the video itself, without Git LFS: a few seconds of it are enough"
        message = f"{_KEY}.reference: {asked.reference} is only a pointer of Git LFS in {revision[:7]}"
        raise UsageProblem(message, hint=hint, path=asked.reference)
    source = find_video(body)
    if source is None:
        hint = "give the job its video as base64, made smaller from the reference"
        raise UsageProblem(
            f"{_KEY} compares the job's own video, and {smoke.input} holds none", hint=hint, path=smoke.input
        )
    job = body.get("input")
    if isinstance(job, dict) and job.get("output_url"):
        hint = "take output_url out of the job, so that the answer holds the video"
        raise UsageProblem(
            f"{_KEY} compares the answer's video, and {smoke.input} sends it away", hint=hint, path=smoke.input
        )
    if smoke.example is not None and find_video(_read_json(repository, revision, smoke.example)) is None:
        hint = "declare an answer of this job: it holds the enlarged video as base64"
        raise UsageProblem(
            f"{_KEY} compares the answer's video, and {smoke.example} holds none", hint=hint, path=smoke.example
        )
    return QualityPlan(asked, source, reference)


def check_videos(judge: VideoJudge, plan: QualityPlan, smoke: SmokeSettings) -> None:
    """Raise UsageProblem where the two videos of the plan can't be compared: before anything is released."""
    try:
        judge.check(plan.source, plan.reference)
    except VideoFault as fault:
        path = plan.asked.reference if fault.which == "reference" else smoke.input
        hint = f"make the job's video in {smoke.input} smaller from every frame of {plan.asked.reference}"
        raise UsageProblem(f"{_KEY}: the video of {path} {fault.problem}", hint=hint, path=path) from fault


def compare_answer(judge: VideoJudge, plan: QualityPlan, answer: Any) -> Compared:
    """Compare the video in the answer; of several (the input given back, a preview) the first that can be compared.

    Raises VideoFault where none can, with what is wrong with the first one.
    """
    faults = []
    for video in find_videos(answer):
        try:
            return judge.compare(plan.source, video, plan.reference)
        except VideoFault as fault:
            if fault.which != "result":
                raise
            faults.append(VideoFault("result", f"a video that {fault.problem}"))
    raise faults[0] if faults else VideoFault("result", "no video to compare with the reference")


def find_worse(asked: QualitySettings, found: Compared) -> str | None:
    """Return by how much the video is worse than was asked, in words that follow `the smoke job`, or None."""
    margin = found.margin
    problems = []
    if margin.psnr_db < asked.psnr_margin_db - max(LEAST_DB, found.encoder.psnr_db):
        problems.append(f"PSNR {found.result.psnr_db:.2f} dB is {_apart(margin.psnr_db, 'dB', asked.psnr_margin_db)}")
    if margin.ssim < asked.ssim_margin - max(LEAST_SSIM, found.encoder.ssim):
        problems.append(f"SSIM {found.result.ssim:.4f} is {_apart(margin.ssim, '', asked.ssim_margin)}")
    return f"answered a worse video than was asked for: {'; '.join(problems)}" if problems else None


def describe_quality(found: Compared) -> str:
    """Return `+0.45 dB and +0.005 SSIM on bicubic`."""
    margin = found.margin
    return f"{margin.psnr_db:+.2f} dB and {margin.ssim:+.3f} SSIM on bicubic"


def as_detail(found: Compared) -> dict[str, Any]:
    """Return the figures for evidence; a PSNR of equal videos, which is infinite, is null."""
    rows = {"result": found.result, "bicubic": found.bicubic, "encoder": found.encoder}
    return {
        name: {"psnr_db": round(one.psnr_db, 3) if one.psnr_db != float("inf") else None, "ssim": round(one.ssim, 5)}
        for name, one in rows.items()
    } | {"frames": found.frames}


def _apart(margin: float, unit: str, asked: float) -> str:
    digits = 2 if unit else 4
    word = "above" if margin >= 0 else "below"
    unit = f" {unit}" if unit else ""
    return f"{abs(margin):.{digits}f}{unit} {word} bicubic's, and at least {asked:+g}{unit} was asked for"


def _read_json(repository: Repository, revision: str, path: str) -> Any:
    try:
        return json.loads(repository.read(revision, path) or b"null")
    except ValueError:
        return None  # what is wrong with the file is said where its keys are read
