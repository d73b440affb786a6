"""Laws of the judgement, tried on published wheels in the environments of known images."""

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from conductor.knowledge import entries, published_wheels
from conductor.preflight.wheels import Environment, Reason, judge, parse_wheel
from conductor.preflight.wheels.batch import answer

WHEELS = st.sampled_from(sorted(published_wheels()))
IMAGES = st.sampled_from([str(entry["name"]) for entry in entries("images")])
GPUS = st.sampled_from(["L40", "T4", "A100", "H100", "B200", "RTX 5090", None])
ORDER = list(Reason)


@settings(max_examples=80, deadline=None)
@given(WHEELS, IMAGES, GPUS)
def test_a_remedy_has_no_fault_itself(wheel, image, gpu):
    environment = Environment.from_image(image, gpu=gpu)
    remedy = judge(wheel, environment).remedy
    assert remedy is None or judge(remedy.file, environment, remedy.url).verdict == "ok"


@settings(max_examples=80, deadline=None)
@given(WHEELS, IMAGES, GPUS)
def test_faults_come_in_the_order_of_priority(wheel, image, gpu):
    found = [ORDER.index(fault.reason) for fault in judge(wheel, Environment.from_image(image, gpu=gpu)).faults]
    assert found == sorted(set(found))


@settings(max_examples=80, deadline=None)
@given(WHEELS, IMAGES)
def test_knowing_less_never_adds_a_fault(wheel, image):
    known = {fault.reason for fault in judge(wheel, Environment.from_image(image, gpu="L40")).faults}
    less = {fault.reason for fault in judge(wheel, Environment.from_image(image)).faults}
    assert less <= known


@settings(max_examples=80, deadline=None)
@given(WHEELS)
def test_a_published_name_says_what_the_facts_say(file):
    wheel, name = published_wheels()[file], parse_wheel(file)
    assert (name.torch, name.label) == (wheel.torch, wheel.label)
    assert Version(str(name.version)) == Version(wheel.version)
    assert str(name.cuda).replace(".", "") == wheel.cuda


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_no_text_as_a_wheel_name_ends_in_an_exception(text):
    judge(text, Environment.from_image("pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(
    JSON, st.dictionaries(st.sampled_from(["python", "torch", "cuda", "sm", "gpu", "glibc", "image", "os"]), JSON), JSON
)
def test_every_line_is_answered(wheel, env, url):
    import json

    row = answer(json.dumps({"id": 1, "wheel": wheel, "env": env, "url": url}))
    assert row["id"] == 1
    assert row["verdict"] in {"ok", "fail"}
