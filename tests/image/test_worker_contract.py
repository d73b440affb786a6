"""What a job may ask: the schema, what is said where an input does not hold to it, and the size that follows."""

from __future__ import annotations

import json
import math
import re
from fractions import Fraction

import pytest
import worker_harness
from hypothesis import assume, example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from worker.backends import BACKENDS
from worker.contract import CODES, MAX_PIXELS, MAX_SIDE, JobError, Size, Target, parse_request, settle_target
from worker.schema import SCHEMA, describe

PAGE = worker_harness.IMAGE.parent / "docs/worker.md"
VIDEO = {"video": "AAAA"}
GOOD = {**VIDEO, "target": {"scale": 2}}


def _refuse(data):
    with pytest.raises(JobError) as error:
        parse_request(data)
    assert error.value.code in CODES
    return error.value


def test_what_is_not_given_has_its_documented_value():
    request = parse_request(GOOD)
    assert (request.video, request.video_url, request.output_url) == (b"\0\0\0", None, None)
    assert (request.backend, request.model, request.seed) == ("seedvr2", "3b", 42)
    assert (request.codec, request.crf, request.output_deadline_s) == ("h264", 18, 600)
    assert request.target == Target(scale=Fraction(2))


def test_what_is_given_is_what_is_asked():
    given_ = {
        "video_url": "https://example.com/v.mp4",
        "target": {"width": 1920, "height": 1080},
        "backend": "cpu",
        "model": "7b_sharp_fp8",
        "seed": 2**32 - 1,
        "codec": "hevc",
        "crf": 0,
        "output_url": "https://example.com/put",
        "output_deadline_s": 3600,
    }
    request = parse_request(given_)
    assert request.target == Target(width=1920, height=1080)
    for name in given_.keys() - {"target"}:
        assert getattr(request, name) == given_[name]


def test_a_known_field_that_is_null_was_not_given():
    request = parse_request({**GOOD, "video_url": None, "seed": None, "target": {"scale": 2, "width": None}})
    assert (request.video_url, request.seed, request.target) == (None, 42, Target(scale=Fraction(2)))
    assert _refuse({**GOOD, "sead": None}).code == "unknown_field"
    assert _refuse({**VIDEO, "target": None}).code == "missing_field"


def test_a_whole_number_may_be_written_with_a_point():
    request = parse_request({**VIDEO, "target": {"width": 640.0}, "seed": 7.0, "crf": 20.0, "output_deadline_s": 5.0})
    assert [type(value) for value in (request.target.width, request.seed, request.crf, request.output_deadline_s)] == [
        int
    ] * 4


def test_base64_may_be_broken_into_lines():
    assert parse_request({**GOOD, "video": "AAAA\nAAAA\r\n"}).video == bytes(6)


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (None, "bad_input", "the input is null; expected an object"),
        ([], "bad_input", "the input is a list; expected an object"),
        ("x", "bad_input", 'the input is "x"; expected an object'),
        ({}, "missing_field", "`target` is missing"),
        ({**VIDEO}, "missing_field", '`target` is missing; expected {"scale"}, {"width", "height"}'),
        ({"target": {"scale": 2}}, "missing_field", "no video; give it as `video` (base64) or `video_url` (https)"),
        ({**GOOD, "video_url": "https://a"}, "bad_input", "both given; expected exactly one"),
        ({**GOOD, "video_ulr": "x"}, "unknown_field", 'unknown field "video_ulr" (did you mean `video_url`?)'),
        ({**VIDEO, "scale": 2}, "unknown_field", "(did you mean `target`?); `target` is missing"),
        ({**GOOD, "outputUrl": "x"}, "unknown_field", "(did you mean `output_url`?)"),
        ({**GOOD, "zzz": 1}, "unknown_field", 'unknown field "zzz"; expected `video`, `video_url`, `target`'),
        ({**GOOD, "video": 7}, "bad_input", "`video` is a number; expected a text"),
        ({**GOOD, "video": " \n"}, "bad_input", "`video` is an empty text"),
        ({**GOOD, "video": "A" * 10_000_001}, "too_large", "a larger video goes into `video_url`"),
        ({**GOOD, "video": "!"}, "not_a_video", "`video` is not base64"),
        ({**GOOD, "video": "AAA"}, "not_a_video", "`video` is not base64"),
        ({**GOOD, "video": "data:video/mp4;base64,AAAA"}, "not_a_video", "what follows its comma"),
        ({**GOOD, "video": "https://example.com/v.mp4"}, "not_a_video", "an address goes into `video_url`"),
        ({**GOOD, "backend": "gpu"}, "unknown_backend", "(did you mean `seedvr2`?)"),
        ({**GOOD, "backend": ["cpu"]}, "bad_input", "`backend` is a list; expected `seedvr2` or `cpu`"),
        ({**GOOD, "model": "3b_fp16"}, "bad_input", "(did you mean `3b`?)"),
        ({**GOOD, "model": "13b"}, "bad_input", '`model` is "13b"; expected `3b`, `7b`, `7b_sharp`, `3b_fp8`'),
        ({**GOOD, "seed": -1}, "bad_input", "`seed` is -1; expected a whole number from 0 to 4,294,967,295"),
        ({**GOOD, "seed": 2**32}, "bad_input", "`seed` is 4294967296; expected"),
        ({**GOOD, "seed": "42"}, "bad_input", '`seed` is "42"; expected a whole number'),
        ({**GOOD, "seed": True}, "bad_input", "`seed` is true"),
        ({**GOOD, "seed": 0.5}, "bad_input", "`seed` is 0.5"),
        ({**GOOD, "seed": 10**5000}, "bad_input", "a number too long"),
        ({**GOOD, "codec": "H265"}, "bad_input", "(did you mean `hevc`?)"),
        ({**GOOD, "crf": 0}, "bad_input", "`crf` is 0; expected a whole number from 1 to 51"),
        ({**GOOD, "crf": -1, "codec": "hevc"}, "bad_input", "`crf` is -1; expected a whole number from 0 to 51"),
        ({**GOOD, "crf": 52}, "bad_input", "`crf` is 52; expected a whole number from 0 to 51"),
        ({**GOOD, "output_deadline_s": 0}, "bad_input", "expected a whole number from 1 to 3,600"),
        ({**GOOD, "output_url": {"href": "https://a"}}, "bad_input", "`output_url` is an object; expected a text"),
        ({**VIDEO, "target": "4k"}, "unknown_target", '`target` is "4k"; expected {"scale"}'),
        ({**VIDEO, "target": {}}, "unknown_target", "`target` is {}"),
        (
            {**VIDEO, "target": {"scale": 2, "width": 64}},
            "unknown_target",
            '`target` is {"scale": 2, "width": 64}; expected',
        ),
        ({**VIDEO, "target": {"heigth": 64}}, "unknown_target", "(did you mean `target.height`?)"),
        (
            {**VIDEO, "target": {"width": 321}},
            "unknown_target",
            "`target.width` is 321; expected an even number from 2 to 8,192",
        ),
        ({**VIDEO, "target": {"width": "320"}}, "unknown_target", '`target.width` is "320"'),
        ({**VIDEO, "target": {"height": 8194}}, "too_large", "`target.height` is 8194"),
        ({**VIDEO, "target": {"width": 8192, "height": 8192}}, "too_large", "33177600 pixels in all"),
        ({**VIDEO, "target": {"scale": 0.5}}, "unknown_target", "`target.scale` is 0.5; expected a number from 1 to 8"),
        ({**VIDEO, "target": {"scale": math.nan}}, "unknown_target", "`target.scale` is NaN"),
        ({**VIDEO, "target": {"scale": math.inf}}, "unknown_target", "`target.scale` is Infinity"),
    ],
)
def test_a_wrong_input_is_told_where_what_and_what_instead(data, code, said):
    error = _refuse(data)
    assert error.code == code
    assert said in error.message


def test_all_that_is_wrong_is_told_at_once_and_its_code_is_that_of_the_first():
    error = _refuse({"video_ulr": "x", "target": {"width": 3}, "crf": 99, "seed": "x"})
    assert error.code == "unknown_field"
    assert re.findall(r"`([\w.]+)` is ", error.message) == ["target.width", "seed", "crf"]
    assert "no video" in error.message
    many = _refuse({f"field{number}": 1 for number in range(100)} | GOOD)
    assert many.message.endswith("; and 95 more")
    assert len(many.message) < 1000


SECRET = "https://user:hunter2@example.com/v.mp4?X-Amz-Signature=hunter2"


@pytest.mark.parametrize("name", [*SCHEMA["properties"], "vidoe", SECRET])
@pytest.mark.parametrize("value", [SECRET, [SECRET], {SECRET: SECRET}, {"width": SECRET}, "?X-Amz-Signature=hunter2"])
def test_no_message_repeats_an_address(name, value):
    for data in ({**GOOD, name: value}, {name: value}, {**VIDEO, "target": {name: value}}):
        try:
            assert "hunter2" not in repr(parse_request(data))
        except JobError as error:
            assert "hunter2" not in error.message


def test_a_deep_input_is_refused_and_not_a_fault():
    deep = []
    for _ in range(900):
        deep = [deep]
    assert _refuse({**VIDEO, "target": deep}).code in {"bad_input", "unknown_target"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from([*SCHEMA["properties"], *SCHEMA["properties"]["target"]["properties"], "x"])


@given(JSON | st.dictionaries(FIELDS, JSON | st.dictionaries(FIELDS, JSON, max_size=3), max_size=5))
def test_any_json_is_a_request_or_an_error_of_the_contract(data):
    try:
        request = parse_request(data)
    except JobError as error:
        assert error.code in CODES
        assert error.message.isprintable()
    else:
        assert (request.video is None) != (request.video_url is None)
        assert 0 <= request.seed < 2**32
        json.dumps({"seed": request.seed, "crf": request.crf})


NUMBERS = st.sampled_from((0, 1, 2, 7, 18, 51, 52, 2.0, 2.5, 8, 64, 321, 8192, 8194, 2**32 - 1, 2**32))
WORDS = st.sampled_from(
    ("", " ", "AAAA", "cpu", "seedvr2", "3b", "7b_sharp", "3B", "h264", "hevc", "https://example.com/v")
)
VALUES = NUMBERS | WORDS | st.sampled_from((True, [], {}))
TARGETS = st.dictionaries(st.sampled_from(["scale", "width", "height", "x"]), VALUES, max_size=3)


@given(
    st.fixed_dictionaries({}, optional={name: TARGETS if name == "target" else VALUES for name in SCHEMA["properties"]})
)
@example({"video": "AAAA", "target": {"width": 8192, "height": 2}, "codec": "hevc", "crf": 0})
@example({"video": "AAAA", "target": {"scale": 1}, "codec": "h264", "crf": 0})
def test_what_any_validator_says_of_the_schema_is_what_the_worker_does(data):
    """But for what no schema can say: that a text is base64, and how many pixels a picture has."""
    try:
        parse_request(data)
    except JobError as error:
        beyond = error.message.startswith(("`video` is not base64", "target "))
        assert Draft202012Validator(SCHEMA).is_valid(data) == beyond
    else:
        Draft202012Validator(SCHEMA).validate(data)


SIDES = st.integers(1, MAX_SIDE)


@given(SIDES, SIDES, st.decimals(1, 8, places=2))
@example(1920, 1080, "1.1")
@example(33, 17, "1")
def test_a_scale_gives_the_next_even_sides_exactly(width, height, scale):
    scale = float(scale)
    exact = [Fraction(str(scale)) * side for side in (width, height)]
    assume(max(exact) <= MAX_SIDE and exact[0] * exact[1] <= MAX_PIXELS * Fraction(99, 100))
    size = settle_target(parse_request({**VIDEO, "target": {"scale": scale}}).target, Size(width, height))
    for side, wanted in zip((size.width, size.height), exact, strict=True):
        assert side % 2 == 0
        assert 0 <= side - wanted < 2


@given(SIDES, SIDES, st.integers(1, MAX_SIDE // 2), st.booleans())
@example(1000, 17, 500, True)
@example(1001, 563, 1001, True)
@example(8192, 2, 4096, False)
def test_one_side_brings_the_other_by_the_videos_ratio(width, height, half, is_width):
    given_side, other = (width, height) if is_width else (height, width)
    target = parse_request({**VIDEO, "target": {"width" if is_width else "height": 2 * half}}).target
    exact = 2 * half * Fraction(other, given_side)
    try:
        size = settle_target(target, Size(width, height))
    except JobError as error:
        too_large = exact >= MAX_SIDE + 1 or 2 * half * (exact + 1) > MAX_PIXELS
        assert error.code == "too_large" if too_large else (error.code == "unknown_target" and 2 * half < given_side)
        return
    sides = (size.width, size.height) if is_width else (size.height, size.width)
    assert sides[0] == 2 * half >= given_side
    assert sides[1] % 2 == 0
    assert sides[1] >= other
    assert abs(sides[1] - exact) <= 1


def test_a_side_alone_may_still_be_too_small_or_too_large():
    with pytest.raises(JobError, match="smaller than the video's 1920x1080") as error:
        settle_target(Target(width=1280), Size(1920, 1080))
    assert error.value.code == "unknown_target"
    with pytest.raises(JobError) as error:
        settle_target(Target(height=8192), Size(8192, 2))
    assert error.value.code == "too_large"


def test_the_schema_is_one_and_agrees_with_what_it_speaks_of():
    Draft202012Validator.check_schema(SCHEMA)
    assert set(SCHEMA["properties"]["backend"]["enum"]) == set(BACKENDS)
    for field in SCHEMA["properties"].values():
        assert field["description"]
        if "default" in field:
            Draft202012Validator(field).validate(field["default"])
    codes = set(re.findall(r'"x-codes": \{([^}]*)\}', json.dumps(SCHEMA)))
    assert {code for group in codes for code in re.findall(r': "(\w+)"', group)} <= set(CODES)


def render_table():
    """Return the page's table of fields, from the schema."""
    rows = []
    for name, field in SCHEMA["properties"].items():
        rows.append((f"`{name}`", describe(field), field.get("default"), field["description"]))
        for inner, value in field.get("properties", {}).items():
            rows.append((f"`{name}.{inner}`", describe(value), None, value["description"]))
    cells = [
        f"| {name} | {what} | {f'`{default}`' if default is not None else ''} | {text} |"
        for name, what, default, text in rows
    ]
    return "\n".join(["| field | is | default | |", "| --- | --- | --- | --- |", *cells, ""])


def test_the_page_shows_the_schemas_fields(request):
    page = PAGE.read_text(encoding="utf-8")
    filled = re.sub(
        r"(<!-- input -->\n).*?(<!-- /input -->)",
        lambda found: found[1] + render_table() + found[2],
        page,
        flags=re.DOTALL,
    )
    if request.config.getoption("--update-golden"):
        PAGE.write_text(filled, encoding="utf-8")
        pytest.skip("written anew")
    assert "<!-- input -->" in page
    assert page == filled


def test_the_error_that_the_page_shows_is_what_is_answered():
    error = _refuse({"video_ulr": "https://example.com/v.mp4", "target": {"scale": 2}, "crf": 99})
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert f"``` {error.code}: {error.message} (revision …) ```" in page


def test_the_inputs_that_the_page_shows_hold_to_the_schema():
    shown = re.findall(r'^\{"input": .*\}$', PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert shown
    for line in shown:
        parse_request(json.loads(line)["input"])
