"""Values nobody filled in, names that are none, files that are not there."""

from __future__ import annotations

import pytest

from conductor.config.faults import find_faults, is_repository, require_filled
from conductor.config.schema import is_unfilled
from conductor.config.settings import load_settings
from conductor.errors import ConfigurationProblem

BUILD = """---
conductor: 1
build:
  workflow: {workflow}
  dockerfile: {dockerfile}
  context: .
  image: {image}
targets:
  production: {{id: "{endpoint}"}}
---
"""


def settings_of(root, **values):
    given = {"workflow": "w.yml", "dockerfile": "Dockerfile", "image": "ghcr.io/o/n", "endpoint": "env:E"} | values
    (root / "CONDUCTOR.md").write_text(BUILD.format(**given))
    return load_settings(root)


@pytest.mark.parametrize(
    "text",
    [
        "FILL_IN",
        "docker.io/OWNER/NAME",
        "ghcr.io/OWNER/worker",
        "<your endpoint>",
        "${{ vars.X }}/y",
        "TODO",
        "???",
        "your-username/worker",
        "docker.io/YOUR_DOCKERHUB_USERNAME/worker",
        "ghcr.io/your-org/worker",
        "your-endpoint-id",
        "YOUR_RUNPOD_ENDPOINT_ID",
        "$RUNPOD_ENDPOINT",
        "${ENDPOINT}",
        "...",
    ],
)
def test_a_text_that_only_holds_a_place_is_not_filled_in(text):
    assert is_unfilled(text)


@pytest.mark.parametrize(
    "text",
    [
        "docker.io/owner/name",
        "env:RUNPOD_ENDPOINT",
        "image/Dockerfile",
        ".github/workflows/todo.yml",
        "my-owner/todo-app",
        "yourmechanic/worker",
        "your-world/worker",
        "ghcr.io/acme/your-voice",
        ".",
    ],
)
def test_a_value_is_a_value(text):
    assert not is_unfilled(text)


def test_every_open_value_is_named_with_its_line_and_what_to_write(tmp_path):
    settings = settings_of(tmp_path, workflow="FILL_IN", image="docker.io/OWNER/NAME", endpoint="<endpoint>")
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    found = find_faults(tmp_path, settings)
    assert [(one.code, one.location.line, one.message.split()[0]) for one in found] == [
        ("CF-FILL-001", 4, "build.workflow"),
        ("CF-FILL-001", 7, "build.image"),
        ("CF-FILL-001", 9, "targets.production.id"),
    ]
    with pytest.raises(ConfigurationProblem) as caught:
        require_filled(settings)
    assert [problem.line for problem in caught.value.problems] == [4, 7, 9]


def test_files_that_are_there_and_a_repository_s_name_are_no_fault(tmp_path):
    settings = settings_of(tmp_path)
    for name in ("Dockerfile", "w.yml"):
        (tmp_path / name).write_text("")
    assert find_faults(tmp_path, settings) == []
    require_filled(settings)
    (tmp_path / "w.yml").unlink()
    assert [one.code for one in find_faults(tmp_path, settings)] == ["CF-PATH-001"]


def test_a_job_s_file_that_is_not_there_is_a_fault(tmp_path):
    settings = settings_of(tmp_path)
    for name in ("Dockerfile", "w.yml", "there.json"):
        (tmp_path / name).write_text("{}")
    path = tmp_path / "CONDUCTOR.md"
    path.write_text(path.read_text().replace("build:", "smoke: {input: there.json, example: gone.json}\nbuild:"))
    settings = load_settings(tmp_path)
    found = [(one.code, one.message, one.location.line) for one in find_faults(tmp_path, settings)]
    assert found == [("CF-PATH-001", "smoke.example: there is no gone.json", 3)]


def test_an_endpoint_that_is_not_filled_in_is_told_as_it_stands(tmp_path):
    (finding,) = [
        one for one in find_faults(tmp_path, settings_of(tmp_path, endpoint="$ENDPOINT")) if "id" in one.message
    ]
    assert "write the endpoint's id, or env:VARIABLE, in the place of '$ENDPOINT'" in finding.remedy


@pytest.mark.parametrize(
    ("line", "place"), [("timezone: Europe/Nowhere", 3), ("targets: {a: {id: x}, b: {id: y, after: c}}", 3)]
)
def test_a_value_that_does_not_fit_is_told_with_its_line(tmp_path, line, place):
    (tmp_path / "CONDUCTOR.md").write_text(f"---\nconductor: 1\n{line}\n---\n")
    with pytest.raises(ConfigurationProblem) as caught:
        load_settings(tmp_path)
    assert [(one.path, one.line) for one in caught.value.problems] == [("CONDUCTOR.md", place)]


def test_lines_above_do_not_make_other_settings(tmp_path):
    before = settings_of(tmp_path)
    path = tmp_path / "CONDUCTOR.md"
    path.write_text(path.read_text().replace("conductor: 1\n", "# a note\nconductor: 1\n"))
    assert load_settings(tmp_path) == before
    assert repr(load_settings(tmp_path)) == repr(before)


@pytest.mark.parametrize(
    "image", ["docker.io/owner/name", "owner/name", "localhost:5000/name", "127.0.0.1:5000/a/b-c.d/e__f", "ghcr.io/o/n"]
)
def test_a_repository_s_name_is_taken(image):
    assert is_repository(image)


@pytest.mark.parametrize(
    "image", ["docker.io/OWNER/name", "a/b:tag", "a//b", "/a", "a/", "a@sha256:0", "a b", "", "name", "docker.io/a"]
)
def test_anything_else_is_not(image):
    assert not is_repository(image)
