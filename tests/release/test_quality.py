"""A release whose smoke job's video must be as good as bicubic, with real videos, from its plan to its end."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from av.video.reformatter import Interpolation

from conductor.config.settings import QualitySettings, SmokeSettings
from conductor.errors import UsageProblem
from conductor.ports.video import Compared, Likeness
from conductor.providers.video import PyAvJudge
from conductor.release.inline_video import find_video
from conductor.release.pipeline import describe_steps, run_release
from conductor.release.quality import (
    QualityPlan,
    as_detail,
    check_videos,
    describe_quality,
    find_worse,
    read_quality,
)
from tests.providers.test_video import REFERENCE, SOURCE, enlarge
from tests.release.test_pipeline import ended

ASKED = QualitySettings("image/smoke/reference.mp4", "bicubic")
SMOKE = SmokeSettings("image/smoke/input.json", quality=ASKED)


def b64(video):
    return base64.b64encode(video).decode()


@pytest.fixture
def judged(scene):
    def run(asked=ASKED, **output):
        scene.output.update(output)
        scene.smoke = replace(SMOKE, quality=asked)
        plan = QualityPlan(asked, SOURCE, REFERENCE)
        return run_release(scene.release(quality=plan, smoke_body={"input": {"video": b64(SOURCE)}}))

    return run


def smoke_line(scene):
    return [line.evidence for line in scene.evidence.lines(scene.id) if line.evidence.kind == "smoke"][-1]


def test_a_video_as_good_as_bicubic_is_verified_with_its_figures(judged, scene):
    assert ended(judged(video=b64(enlarge(Interpolation.LANCZOS)))) == ("verified", 0, None)
    detail = smoke_line(scene).detail
    assert set(detail["quality"]) == {"result", "bicubic", "encoder", "frames"}
    assert detail["quality"]["result"]["psnr_db"] > detail["quality"]["bicubic"]["psnr_db"] - 0.1
    assert detail["summary"].endswith(" SSIM on bicubic")


def test_bicubic_through_an_encoder_is_as_good_as_bicubic(judged):
    assert ended(judged(video=b64(enlarge(Interpolation.BICUBIC, crf="18")))) == ("verified", 0, None)


def test_a_worse_video_is_rolled_back_and_says_by_how_much(judged, scene):
    result = judged(video=b64(enlarge(Interpolation.POINT)))
    assert ended(result) == ("rolled_back", 6, "SMOKE_WORSE")
    assert "answered a worse video than was asked for: PSNR " in result.message
    assert " dB below bicubic's, and at least +0 dB was asked for; SSIM " in result.message
    assert smoke_line(scene).detail["quality"]["frames"] == 6


def test_what_may_be_below_is_allowed_and_what_must_be_above_is_asked(judged):
    nearest = b64(enlarge(Interpolation.POINT))
    allowed = replace(ASKED, psnr_margin_db=-20.0, ssim_margin=-0.5)
    assert ended(judged(allowed, video=nearest)) == ("verified", 0, None)


@pytest.mark.parametrize(
    ("video", "said"),
    [
        (None, "answered no video to compare with the reference"),
        ("https://example.org/result.mp4", "answered no video to compare with the reference"),
        (b64(SOURCE), "answered a video that is 96x56, and the reference 192x112"),
        (b64(REFERENCE[:400]), "answered a video that is no video that can be read here"),
    ],
)
def test_an_answer_without_a_video_that_can_be_compared_is_wrong(judged, video, said):
    result = judged(video=video)
    assert ended(result) == ("rolled_back", 6, "SMOKE_WRONG")
    assert said in result.message


def test_of_several_videos_in_an_answer_the_one_that_can_be_compared_counts(judged):
    output = {"given": b64(SOURCE), "result": {"files": [b64(REFERENCE[:400]), b64(enlarge(Interpolation.LANCZOS))]}}
    assert ended(judged(**output)) == ("verified", 0, None)


def likeness(db, ssim, encoder=(0, 0)):
    return Compared(Likeness(30 + db, 0.9 + ssim), Likeness(30, 0.9), Likeness(*encoder), 24)


@pytest.mark.parametrize(
    ("asked", "found", "said"),
    [
        ((0, 0), (0, 0), None),
        ((0, 0), (-0.09, -0.0049), None),
        ((0, 0), (-0.29, -0.019, (0.3, 0.02)), None),
        ((0, 0), (-0.31, 0, (0.3, 0.02)), "PSNR 29.69 dB is 0.31 dB below bicubic's, and at least +0 dB was asked for"),
        ((0, 0), (-0.11, 0), "PSNR 29.89 dB is 0.11 dB below bicubic's, and at least +0 dB was asked for"),
        ((0, 0), (0, -0.006), "SSIM 0.8940 is 0.0060 below bicubic's, and at least +0 was asked for"),
        ((-3, -0.1), (-3.05, -0.1), None),
        ((-3, 0), (-3.2, 0), "PSNR 26.80 dB is 3.20 dB below bicubic's, and at least -3 dB was asked for"),
        ((1, 0), (0.95, 0), None),
        ((1, 0), (0.5, 0), "PSNR 30.50 dB is 0.50 dB above bicubic's, and at least +1 dB was asked for"),
        ((0, 0.02), (9, 0.01), "SSIM 0.9100 is 0.0100 above bicubic's, and at least +0.02 was asked for"),
    ],
)
def test_both_figures_count_less_what_an_encoder_may_lose(asked, found, said):
    worse = find_worse(QualitySettings("r", "bicubic", *asked), likeness(*found))
    assert worse == (said and f"answered a worse video than was asked for: {said}")


def test_figures_are_told_and_kept_as_json():
    assert describe_quality(likeness(0.45, 0.0047)) == "+0.45 dB and +0.005 SSIM on bicubic"
    equal = Compared(Likeness(float("inf"), 1.0), Likeness(30, 0.9), Likeness(0, 0), 24)
    assert json.loads(json.dumps(as_detail(equal), allow_nan=False))["result"] == {"psnr_db": None, "ssim": 1.0}
    assert describe_quality(equal) == "+70.00 dB and +0.100 SSIM on bicubic"


@pytest.fixture
def committed(scene, repository, git):
    """Return a function that commits reference, job and example and reads the plan's part of them."""

    def read(job=None, example=None, reference=REFERENCE):
        folder = repository / "image/smoke"
        folder.mkdir(exist_ok=True)
        if reference is not None:
            (folder / "reference.mp4").write_bytes(reference)
        smoke = SMOKE
        if example is not None:
            (folder / "example.json").write_text(example)
            smoke = replace(SMOKE, example="image/smoke/example.json")
        git("add", "--all", cwd=repository)
        git("commit", "--quiet", "--allow-empty", "-m", "Smoke", cwd=repository)
        head = git("rev-parse", "HEAD", cwd=repository)
        return read_quality(scene.repository, head, smoke, {"input": job or {"video": b64(SOURCE)}})

    return read


def test_the_plan_has_both_videos_and_says_what_is_asked(committed, scene):
    plan = committed(example=json.dumps({"output": {"video": b64(REFERENCE)}}))
    assert plan == QualityPlan(ASKED, SOURCE, REFERENCE)
    check_videos(PyAvJudge(), plan, SMOKE)
    assert any("its video as good as bicubic's" in line for line in describe_steps(scene.plan(quality=plan)))


@pytest.mark.parametrize(
    ("given", "said", "hint"),
    [
        ({"reference": None}, "image/smoke/reference.mp4 is not in ", "git add image/smoke/reference.mp4"),
        (
            {"reference": b"version https://git-lfs.github.com/spec/v1\noid x"},
            "only a pointer of Git LFS",
            "without Git LFS",
        ),
        ({"job": {"video_url": "https://example.org/a.mp4"}}, "image/smoke/input.json holds none", "as base64"),
        ({"job": {"video": b64(SOURCE), "output_url": "https://x"}}, "sends it away", "take output_url out"),
        ({"example": '{"output": {"frames": 6}}'}, "image/smoke/example.json holds none", "declare an answer"),
        ({"example": "no json"}, "image/smoke/example.json holds none", "declare an answer"),
    ],
)
def test_what_can_never_be_compared_is_told_before_anything_is_released(committed, given, said, hint):
    with pytest.raises(UsageProblem, match=said) as problem:
        committed(**given)
    assert hint in problem.value.hint


@pytest.mark.parametrize(
    ("source", "reference", "path", "said"),
    [
        (SOURCE, b"\0\0\0\x20ftypisom" + bytes(300), "image/smoke/reference.mp4", "is no video that can be read"),
        (REFERENCE, SOURCE, "image/smoke/reference.mp4", "is 96x56, not larger than the job's video of 192x112"),
        (SOURCE[:300], REFERENCE, "image/smoke/input.json", "is no video that can be read here"),
    ],
)
def test_videos_that_don_t_belong_together_are_told_with_their_file(source, reference, path, said):
    with pytest.raises(UsageProblem, match=said) as problem:
        check_videos(PyAvJudge(), QualityPlan(ASKED, source, reference), SMOKE)
    assert problem.value.path == path


def test_nothing_is_read_where_nothing_is_asked(scene):
    assert read_quality(scene.repository, scene.revision, SmokeSettings("x"), {}) is None
    assert find_video(scene.plan().smoke_body) is None
