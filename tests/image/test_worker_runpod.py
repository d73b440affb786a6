"""What RunPod is told of the worker: the Hub's files, the endpoint's settings, and what it all costs."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import jsonschema
import pytest
from worker_harness import IMAGE

ROOT = IMAGE.parent
HUB = json.loads((ROOT / ".runpod/hub.json").read_text(encoding="utf-8"))
TESTS = json.loads((ROOT / ".runpod/tests.json").read_text(encoding="utf-8"))
ENDPOINT = json.loads((ROOT / ".runpod/endpoint.json").read_text(encoding="utf-8"))
DOCKERFILE = (IMAGE / "Dockerfile").read_text(encoding="utf-8")
PAGE = ROOT / "docs/worker.md"

TEXT = {"type": "string", "minLength": 1}
CUDA = {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"type": "string", "pattern": r"^\d+\.\d+$"}}


def _object(required, optional=()):
    properties = {**required, **dict(optional)}
    return {"type": "object", "required": [*required], "properties": properties, "additionalProperties": False}


VARIABLE = {
    "oneOf": [
        _object({"key": TEXT, "value": {"type": "string"}}),
        _object({
            "key": TEXT,
            "input": _object(
                {"name": TEXT, "type": {"enum": ["string", "number", "boolean", "huggingface"]}},
                {
                    "description": TEXT, "default": {}, "advanced": {"type": "boolean"}, "min": {}, "max": {},
                    "options": {"type": "array"}, "trueValue": {}, "falseValue": {}, "required": {"type": "boolean"},
                },
            ),
        }),
    ]
}  # fmt: skip
# docs.runpod.io/hub/publishing-guide, "hub.json reference" and "tests.json reference", read in November 2026.
HUB_SCHEMA = _object(
    {
        "title": TEXT,
        "description": TEXT,
        "type": {"const": "serverless"},
        "category": {"enum": ["audio", "embedding", "language", "video", "image"]},
        "config": _object(
            {
                "runsOn": {"const": "GPU"},
                "containerDiskInGb": {"type": "integer", "minimum": 1},
                "gpuCount": {"type": "integer", "minimum": 1},
                "gpuIds": TEXT,
            },
            {"allowedCudaVersions": CUDA, "env": {"type": "array", "items": VARIABLE}, "presets": {"type": "array"}},
        ),
    },
    {"iconUrl": {"type": "string", "pattern": "^https://"}},
)
TESTS_SCHEMA = _object({
    "tests": {
        "type": "array",
        "minItems": 1,
        "items": _object({"name": TEXT, "input": {"type": "object"}}, {"timeout": {"type": "integer", "minimum": 1}}),
    },
    "config": _object(
        {"gpuTypeId": TEXT, "gpuCount": {"type": "integer", "minimum": 1}},
        {"allowedCudaVersions": CUDA, "env": {"type": "array", "items": VARIABLE}},
    ),
})  # fmt: skip
# UpdateEndpointRequest of RunPod's REST v2, without what differs between deployments or is a secret.
ENDPOINT_SCHEMA = _object(
    {
        "gpu": _object(
            {"pools": {"type": "array", "minItems": 1, "items": TEXT}, "count": {"type": "integer", "minimum": 1}},
            {"excludedTypes": {"type": "array", "items": TEXT}, "minCudaVersion": {"type": "string", "pattern": r"^\d+\.\d+$"}},
        ),
        "workers": _object(
            {
                "min": {"type": "integer", "minimum": 0},
                "max": {"type": "integer", "minimum": 1},
                "idleTimeout": {"type": "integer", "minimum": 1, "maximum": 3600},
            }
        ),
        "scaling": _object({"type": {"const": "QUEUE_DELAY"}, "queueDelay": {"type": "number", "minimum": 0.5}}),
        "timeout": {"type": "integer", "minimum": 5000},
        "flashboot": {"enum": ["OFF", "FLASHBOOT", "PRIORITY_FLASHBOOT"]},
        "disk": {"type": "integer", "minimum": 1},
        "env": {"type": "object", "additionalProperties": {"type": "string"}},
    }
)  # fmt: skip


@pytest.mark.parametrize(
    ("data", "schema"),
    [(HUB, HUB_SCHEMA), (TESTS, TESTS_SCHEMA), (ENDPOINT, ENDPOINT_SCHEMA)],
    ids=["hub", "tests", "endpoint"],
)
def test_each_file_has_the_form_that_runpod_documents(data, schema):
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(data, schema)


def test_the_three_files_say_the_same():
    config = HUB["config"]
    assert config["containerDiskInGb"] == ENDPOINT["disk"]
    assert config["gpuIds"].split(",") == ENDPOINT["gpu"]["pools"]
    assert config["gpuCount"] == ENDPOINT["gpu"]["count"] == TESTS["config"]["gpuCount"]
    assert config["allowedCudaVersions"] == TESTS["config"]["allowedCudaVersions"]
    variables = {row["key"]: row["value"] for row in config["env"] if "value" in row}
    assert variables == ENDPOINT["env"]


def test_no_worker_is_placed_where_the_base_images_cuda_does_not_start():
    cuda = re.search(r"^FROM \S+-cuda(\d+\.\d+)-", DOCKERFILE, re.MULTILINE)[1]
    assert ENDPOINT["gpu"]["minCudaVersion"] == cuda
    assert min(HUB["config"]["allowedCudaVersions"], key=lambda text: tuple(map(int, text.split(".")))) == cuda


def test_the_worker_knows_the_time_that_the_endpoint_gives_a_job():
    assert int(ENDPOINT["env"]["CONDUCTOR_EXECUTION_TIMEOUT_S"]) * 1000 == ENDPOINT["timeout"]


def test_the_hubs_test_is_the_smoke_job():
    """The Hub reads no other file; after a change, copy `input` of image/smoke/input.json into .runpod/tests.json."""
    smoke = json.loads((IMAGE / "smoke/input.json").read_text(encoding="utf-8"))
    assert [test["input"] for test in TESTS["tests"]] == [smoke["input"]]


def test_no_file_holds_what_belongs_to_one_account():
    text = json.dumps([HUB, TESTS["config"], ENDPOINT]).lower()
    assert not re.search(r"token|secret|password|api_key|registry|networkvolumes|datacenter", text)


def _cost(*options):
    command = [sys.executable, "scripts/worker_cost.py", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_the_page_shows_the_costs_as_they_are_computed(request):
    page = PAGE.read_text(encoding="utf-8")
    filled = re.sub(
        r"(<!-- cost -->\n).*?(<!-- /cost -->)",
        lambda found: found[1] + _cost() + found[2],
        page,
        count=1,
        flags=re.DOTALL,
    )
    if request.config.getoption("--update-golden"):
        PAGE.write_text(filled, encoding="utf-8")
        pytest.skip("written anew")
    assert "<!-- cost -->" in page
    assert page == filled


def test_the_costs_are_of_the_seconds_that_the_page_says_were_measured():
    rows = dict(re.findall(r"^\| (\d+×\d+) \|.*\| ([\d.]+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    names = {"720p": "1280×720", "1080p": "1920×1080", "2160p": "3840×2160"}
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import worker_cost
    finally:
        sys.path.pop(0)
    assert {size: float(rows[name]) for size, name in names.items()} == worker_cost.SECONDS_PER_FRAME


def test_price_speed_and_frame_rate_are_what_the_caller_says():
    rows = _cost("--price", "0.001", "--slower", "2", "--fps", "20", "--fixed", "100").splitlines()[2:]
    assert rows[0] == "| 720p | 20 | 6 min, $0.33 | 11 min, $0.66 | 100 s, $0.10 |"
    assert len(rows) == 3
