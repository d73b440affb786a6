"""What is left out of a Dockerfile that this machine can't build whole."""

import pytest

from conductor.rehearsal.real.adapt import adapt, list_addresses

DIGEST = "sha256:" + "ab" * 32


def changed(text, silent=()):
    adapted = adapt(text, silent)
    assert len(adapted.text.splitlines()) == len(text.splitlines()), "every line keeps its number"
    return adapted.text, adapted.differences


def test_what_can_be_built_stays_as_it_is():
    text = (
        'FROM a:1 AS b\nRUN pip install x --index-url https://answers.example/simple\nCOPY --from=b /a /b\nCMD ["x"]\n'
    )
    assert changed(text) == (text, ())


@pytest.mark.parametrize(
    "line",
    [
        "RUN curl -O https://silent.example/file",
        'RUN pip install "https://silent.example/a.whl#sha256=00"',
        "RUN git clone https://user:secret@silent.example/r.git /r",
        "RUN pip install x \\\n    --extra-index-url=https://silent.example/whl/cu126 \\\n    y",
        "RUN <<EOF\nwget https://silent.example/x\nEOF",
        "RUN --mount=type=cache,target=/c wget https://silent.example/x",
    ],
)
def test_a_line_that_fetches_from_a_host_that_does_not_answer_is_left_out_and_told(line):
    text, differences = changed(f"FROM a\n{line}\nRUN echo stays\n", {"silent.example"})
    assert "silent.example" not in text
    assert text.endswith("RUN echo stays\n")
    assert differences == ("line 2: RUN left out, silent.example does not answer here",)


def test_a_port_belongs_to_the_host():
    text = "FROM a\nRUN curl http://localhost:8000/x\n"
    assert list_addresses(text) == ["localhost:8000"]
    assert changed(text, {"localhost"})[1] == ()


def test_what_was_to_be_added_leaves_its_folder():
    text, _ = changed(
        "FROM a\nADD https://silent.example/x.tar /opt/x\nADD https://silent.example/y y\n", {"silent.example"}
    )
    assert text.splitlines()[1:] == ["RUN mkdir -p /opt/x", "# left out by the rehearsal"]


def test_a_git_repository_is_left_out_also_where_its_host_answers():
    _, differences = changed("FROM a\nADD https://here.example/o/n.git#v1 /n\n")
    assert differences == ("line 2: ADD left out, this engine adds no git repository",)


def test_a_comment_that_names_a_silent_host_is_no_reason():
    text = "FROM a\n# from https://silent.example/x\nLABEL source=https://silent.example/r\n"
    assert changed(text, {"silent.example"}) == (text, ())
    assert list_addresses(text) == []


def test_a_base_by_digest_is_built_on_by_its_tag():
    text, differences = changed(f"FROM --platform=linux/amd64 a/b:1@{DIGEST} AS c\nCOPY --from=x:2@{DIGEST} /x /\n")
    assert text == "FROM --platform=linux/amd64 a/b:1 AS c\nCOPY --from=x:2 /x /\n"
    assert len(differences) == 2


def test_no_frontend_is_fetched():
    text, differences = changed("# syntax=docker/dockerfile:1.7\n# escape=\\\nFROM a\n")
    assert text.startswith("#\n")
    assert differences == ("line 1: no frontend is fetched (# syntax=docker/dockerfile:1.7)",)
    assert changed("FROM a\n# syntax=docker/dockerfile:1\n")[1] == ()
