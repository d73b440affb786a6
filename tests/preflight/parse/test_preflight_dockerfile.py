"""BuildKit's own parser (the package dockerfile) is the oracle."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conductor.preflight.parse.dockerfile import parse_dockerfile

oracle = pytest.importorskip("dockerfile")

FILES = {
    "continuations and comments": "FROM a\nRUN one && \\\n  # why\n\n   two \\\n three\nCMD x\n",
    "heredocs": 'FROM a\nRUN <<EOF\necho hi\nEOF\nCOPY <<-"A" <<B /d/\n\tx\n\tA\ny\nB\nCMD ["z"]\n',
    "escape directive": "# escape=`\nFROM a\nRUN one `\n two\nCOPY c:\\x d:\\\n",
    "flags": "FROM --platform=linux/amd64 a AS b\nRUN --mount=type=cache,target=/x --network=none pip\nCOPY --from=b --chmod=755 --link x y\n",
    "json": 'FROM a\nCMD ["python", "-u", "h.py"]\nENTRYPOINT [ "a b" ]\nRUN ["x"\n',
    "onbuild": "FROM a\nONBUILD RUN echo x\nONBUILD COPY . /y\n",
    "environment": 'FROM a\nENV A=1 B="a b" C=d\\ e\nENV OLD form here\nARG X\nARG Y=2\nLABEL a=b "c d"=e\n',
    "trailing blanks": "FROM a   \nRUN x  \\  \n  y   \n   \nUSER 1\n",
    "crlf": "FROM a\r\nRUN x \\\r\n  y\r\nCMD z\r\n",
    "lower case": "from a as B\nrun x\n",
    "double backslash": "FROM a\nRUN echo \\\\\nCMD y\n",
    "byte order mark": "\ufeffFROM a\nRUN x\n",
    "health": 'FROM a\nHEALTHCHECK --interval=3s CMD curl x || exit 1\nEXPOSE 80 443\nVOLUME /x\nSTOPSIGNAL 9\nSHELL ["/bin/bash", "-c"]\n',
}


def rows(commands):
    """Return what both parsers must agree on."""
    return [
        (c.cmd.upper(), c.start_line, c.end_line, tuple(f.partition("=")[0] for f in c.flags), c.json) for c in commands
    ]


@pytest.mark.parametrize("name", FILES)
def test_instructions_are_read_as_buildkit_reads_them(name):
    text = FILES[name]
    ours = parse_dockerfile(text)
    theirs = oracle.parse_string(text)
    assert [(i.name, i.line, i.end_line, tuple(f"--{f.name}" for f in i.flags)) for i in ours.instructions] == [
        row[:4] for row in rows(theirs)
    ]
    assert ours.problems == ()


@pytest.mark.parametrize("name", FILES)
def test_heredocs_and_json_forms_are_read_as_buildkit_reads_them(name):
    ours = parse_dockerfile(FILES[name]).instructions
    for mine, other in zip(ours, oracle.parse_string(FILES[name]), strict=True):
        # BuildKit takes the tabs of `<<-` away later, where it uses the content.
        theirs = [
            (h.name, h.content.replace("\t", "") if own.strip_tabs else h.content)
            for own, h in zip(mine.heredocs, other.heredocs, strict=True)
        ]
        assert [(h.name, h.content) for h in mine.heredocs] == theirs
        if other.json:
            assert mine.json == other.value


LINES = st.sampled_from(
    ["FROM a", "FROM b AS c", "RUN x", "RUN x \\", "  y", "# note", "", "COPY a b", "ENV A=1", "ENV A b c", 'CMD ["x"]', "ARG Q",
     "WORKDIR /x", "RUN <<E", "E", "RUN a && \\", "LABEL a=b", "USER u", "EXPOSE 1", "COPY --from=c a b", "\tRUN z", "RUN echo \\\\"]
)  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(LINES, max_size=12))
def test_any_mix_of_lines_has_the_same_instructions_as_in_buildkit(lines):
    text = "\n".join(["FROM a", *lines, ""])
    try:
        theirs = oracle.parse_string(text)
    except oracle.GoParseError:
        return
    if any(
        c.cmd.upper() not in {"FROM", "RUN", "COPY", "ENV", "CMD", "ARG", "WORKDIR", "LABEL", "USER", "EXPOSE"}
        for c in theirs
    ):
        return
    ours = parse_dockerfile(text)
    assert [(i.name, i.line, i.end_line) for i in ours.instructions] == [row[:3] for row in rows(theirs)]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_no_text_makes_the_parser_fail(text):
    parsed = parse_dockerfile(text)
    for instruction in parsed.instructions:
        assert 1 <= instruction.line <= instruction.end_line <= len(parsed.lines)


def test_a_character_of_a_continued_line_leads_back_to_its_place():
    run = parse_dockerfile("FROM a\nRUN one && \\\n    two three\n").instructions[1]
    assert run.arguments.place(run.text.index("three")) == (3, 9)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "empty"),
        ("RUN x\n", "no-from"),
        ("ENV A=1\nFROM a\n", "before-from"),
        ("FROM a\npip install x\n", "unknown-instruction"),
        ("FROM a\nRUN <<EOF\nx\n", "unterminated-heredoc"),
        ("FROM a b c\n", "from-form"),
        ("FROM a\nRUN\n", "no-arguments"),
        ("FROM a\nRUN " + "x" * 1_100_000 + "\n", "long-line"),
    ],
)
def test_what_the_builder_refuses_is_a_problem(text, kind):
    assert kind in {problem.kind for problem in parse_dockerfile(text).problems}
