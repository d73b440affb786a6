"""A template is Jinja2's, whichever way it is filled in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conductor.config.resources import templates_dir
from conductor.errors import RecordSyntaxError
from conductor.records.templates import fill_plain, fill_with_jinja, render_template

NAMES = ("title", "id", "fix", "first_seen", "body")
PIECES = st.one_of(
    st.sampled_from([f"{{{{ {name} }}}}" for name in NAMES] + [f"{{{{{name}}}}}" for name in NAMES]),
    st.sampled_from(
        ["{", "}", "{{", "}}", "{%", "%}", "{#", "#}", "-", " ", "\n", "\r\n", "\r", "\t", "%", "#", "title"]
    ),
    st.text(max_size=6),
)
TEXTS = st.lists(PIECES, max_size=10).map("".join)
VALUES = st.fixed_dictionaries({name: st.one_of(st.text(max_size=12), st.integers(), st.none()) for name in NAMES})


def unix(text):
    """Return the text with the line ends with which a template and a record are read."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


@settings(max_examples=600)
@given(TEXTS, VALUES.map(lambda values: {name: unix(str(value)) for name, value in values.items()}))
def test_what_is_filled_in_without_jinja_is_what_jinja_gives(text, values):
    text = unix(text)  # as a template is read
    plain = fill_plain(text, values)
    if plain is not None:
        assert plain == fill_with_jinja(text, values, "made up")


@pytest.mark.parametrize(
    "text",
    [
        *("{{{ title }}", "{{ title }", "{% if title %}", "{# note #}", "{{ title|upper }}", "{{ nothing }}", "{{}}"),
        *("{{- title }}", "{{ title -}}", "{{\ttitle }}", "{{{{ title }}", "{{ '{{ title }}' }}", "{{ t2 }}", "{{ Title }}"),
    ],
)  # fmt: skip
def test_what_does_more_than_name_a_value_is_left_to_jinja(text):
    assert fill_plain(text, {"title": "T", "id": "1"}) is None


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{ title }}", "T"),
        ("{{title}}{{ id }}", "T1"),
        ("{ {{ title }} }", "{ T }"),
        ("{{ title }}}", "T}"),
        ("%}{{ title }}#}", "%}T#}"),
        ("nothing } to fill in {", "nothing } to fill in {"),
        ("", ""),
    ],
)
def test_what_only_names_values_is_filled_in_and_jinja_agrees(text, filled):
    values = {"title": "T", "id": "1"}
    assert (fill_plain(text, values), fill_with_jinja(text, values, "made up")) == (filled, filled)


def test_the_text_of_a_value_is_never_read_as_a_template():
    values = {"title": "{{ id }} {% raw %}", "id": "1"}
    assert fill_plain("{{ title }}", values) == fill_with_jinja("{{ title }}", values, "made up") == values["title"]


@pytest.mark.parametrize("name", ["task.j2", "tasks_file.j2", "journal_entry.j2", "journal_file.j2", "error_row.j2"])
def test_conductors_own_records_need_no_jinja(name):
    text = (templates_dir() / name).read_text(encoding="utf-8")
    values = dict.fromkeys(
        [
            "heading",
            "id",
            "title",
            "status",
            "created",
            "started",
            "dependencies",
            "fields",
            "context",
            "expectations",
            "date",
            "project",
            "stamp",
            "link",
            "body",
            "first_seen",
            "severity",
            "area",
            "fix",
        ],
        "x",
    )
    assert fill_plain(text, values) is not None


@pytest.mark.parametrize("text", ["{{{ title }}", "{{ nothing }}", "{% for %}", "{{ title", "{{ 1 // 0 }}"])
def test_a_template_that_cant_be_used_is_named_with_what_to_do(tmp_path, text):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/memory.j2").write_text(text)
    with pytest.raises(RecordSyntaxError, match="template can't be used") as caught:
        render_template("memory.j2", tmp_path, title="T", text="x")
    assert caught.value.path == "templates/memory.j2"
