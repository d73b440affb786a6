"""HCL as bake files use it: values, templates, comprehensions, and text that is none of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.workflows.hcl import HclError, parse_hcl
from conductor.workflows.hcl_values import UNSEEN

VARIABLES = {"TAG": "v1", "LIST": ["a", "b"], "MAP": {"x": "1"}, "YES": True, "N": 3}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('"plain"', "plain"),
        ('"a-${TAG}-${upper(TAG)}"', "a-v1-V1"),
        ('"$${kept} \\"quoted\\" \\\\ \\n"', '${kept} "quoted" \\ \n'),
        ('YES ? "${TAG}" : "no"', "v1"),
        ('TAG == "v1" && N > 2 || false', True),
        ("1 + 2 * N", 7),
        ("-N", -3),
        ("!YES", False),
        ('["a", TAG, ]', ["a", "v1"]),
        ('{ a = 1, "b" = TAG }', {"a": 1, "b": "v1"}),
        ("LIST[1]", "b"),
        ("MAP.x", "1"),
        ('MAP["x"]', "1"),
        ('[for one in LIST : "${one}!"]', ["a!", "b!"]),
        ('[for one in LIST : one if one != "a"]', ["b"]),
        ("{ for key, one in MAP : one => key }", {"1": "x"}),
        ('join("-", concat(LIST, ["c"]))', "a-b-c"),
        ('format("%s:%d", TAG, N)', "v1:3"),
        ('replace("1.2", ".", "")', "12"),
        ('lookup(MAP, "y", "none")', "none"),
        ("NOT_THERE", UNSEEN),
        ("timestamp()", UNSEEN),
        ("length(N)", UNSEEN),
        ("<<END\n  two\n  lines\nEND\n", "two\nlines\n"),
        ("LIST[*]", ["a", "b"]),
    ],
)  # fmt: skip
def test_an_expression_has_its_value(expression, value):
    assert parse_hcl(f"value = {expression}\n").attributes["value"](VARIABLES) == value


def test_blocks_have_labels_attributes_and_blocks():
    top = parse_hcl(
        '# note\ntarget "a" {\n  x = 1 // one\n  /* no */ inner { y = "2" }\n}\ngroup "default" { targets = ["a"] }'
    )
    assert [(block.type, block.labels) for block in top.blocks] == [("target", ("a",)), ("group", ("default",))]
    assert top.blocks[0].blocks[0].attributes["y"]({}) == "2"


@pytest.mark.parametrize(
    "text",
    ["target {", 'x = "${', "= 1", "x = [1, 2", "x = 1 2", 'a "b" c', "x = {a 1}", "(" * 500, 'x = "' + "${[" * 300],
)
def test_what_is_no_hcl_is_said(text):
    with pytest.raises(HclError):
        parse_hcl(text)


@given(st.text(alphabet='abx= "{}[]()$#/\n<>-?:,.*1', max_size=80))
def test_no_text_ends_in_another_exception(text):
    try:
        block = parse_hcl(text)
    except HclError:
        return
    for expression in block.attributes.values():
        expression({})
