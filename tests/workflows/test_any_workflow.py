"""Whatever stands in a workflow, an action or a bake file, a survey ends with an answer."""

from __future__ import annotations

import json
import shutil

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conductor.config.disk import DiskTree
from conductor.workflows.documents import join_path, load_yaml
from conductor.workflows.events import Facts, matches_filters
from conductor.workflows.survey import survey_repository

KEYS = st.sampled_from(
    ["on", "push", "branches", "tags", "jobs", "build", "steps", "uses", "with", "run", "env", "if", "strategy", "matrix",
     "include", "exclude", "needs", "outputs", "id", "inputs", "default", "workflow_call", "file", "context", "images",
     "targets", "files", "set", "target", "variable", "group", "dockerfile", "inherits", "defaults", "working-directory"]
)  # fmt: skip
TEXTS = st.sampled_from(
    ["docker/build-push-action@v6", "docker/metadata-action@v5", "docker/bake-action@v6", "./.github/actions/a", "${{ env.A }}",
     "./.github/workflows/b.yml", "${{ matrix.x || 'a/b' }}", "docker build -t a/b . && docker push a/b", "true", "", "a/b:1",
     "${{ fromJSON('[1,2]') }}", "echo A=1 >> $GITHUB_ENV", "../../..", "/etc", "${{", "build", "docker-bake.json", "*", "0"]
)  # fmt: skip
VALUES = st.recursive(
    TEXTS | st.none() | st.booleans() | st.integers(0, 9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)
STEPS = st.lists(st.dictionaries(KEYS, VALUES, max_size=4), max_size=4)
WORKFLOWS = st.fixed_dictionaries(
    {"on": VALUES, "jobs": st.dictionaries(KEYS, VALUES | st.fixed_dictionaries({"steps": STEPS}), max_size=3)}
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WORKFLOWS | VALUES, VALUES, VALUES)
def test_a_survey_of_anything_ends_with_an_answer(tmp_path, workflow, action, bake):
    root = tmp_path / "root"
    shutil.rmtree(root, ignore_errors=True)
    files = {
        ".github/workflows/a.yml": workflow,
        ".github/workflows/b.yml": {"on": {"workflow_call": action}, "jobs": {"x": {"steps": [workflow]}}},
        ".github/actions/a/action.yml": {"inputs": action, "runs": {"using": "composite", "steps": [action]}},
        "docker-bake.json": {"target": {"a": bake}, "group": {"default": bake}, "variable": bake},
        "docker-compose.yml": {"services": {"a": bake, "b": {"build": bake, "image": "a/b"}}},
    }
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(json.dumps(content))
    survey = survey_repository(DiskTree(root), Facts("o/n", "main"))
    assert set(survey.answers) == {"workflow", "dockerfile", "context", "image"}


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_path_leads_outside(folder, path):
    joined = join_path(folder, path)
    assert joined is None or not (joined.startswith("/") or ".." in joined.split("/"))


@given(st.text(max_size=100))
def test_any_text_is_yaml_or_nothing(text):
    load_yaml(text)


@given(st.lists(st.text(alphabet="ab*?+[]!-/\\^", max_size=12), max_size=4), st.text(alphabet="ab/", max_size=9))
def test_any_filter_is_a_filter(patterns, name):
    assert matches_filters(patterns, name) in {True, False}


def test_aliases_inside_themselves_and_deep_nesting_are_passed_over():
    assert load_yaml("a: &a [*a]") is None
    assert load_yaml("[" * 500 + "]" * 500) is None
