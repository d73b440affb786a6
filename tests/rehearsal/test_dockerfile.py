from __future__ import annotations

import pytest

from conductor.rehearsal.dockerfile import handler_of, read_recipe

TEXT = """\
ARG BASE=python:3.11
FROM ${BASE} AS first
ENV ONLY=here
FROM pytorch/pytorch:2.7.1
# a comment
ARG REVISION=unknown
WORKDIR /worker
ENV A=1 B="two words" \\
    C=${REVISION}
ENV OLD style
RUN pip install \\
    # inside
    x
RUN <<EOF
CMD ["not", "this"]
EOF
CMD ["python", "-u", "handler.py"]
"""


def test_the_last_stage_gives_environment_folder_and_command():
    recipe = read_recipe(TEXT, {"REVISION": "abc"})
    assert recipe.base == "pytorch/pytorch:2.7.1"
    assert recipe.environment == {"A": "1", "B": "two words", "C": "abc", "OLD": "style"}
    assert recipe.working_dir == "/worker"
    assert recipe.command == ["python", "-u", "handler.py"]
    assert [line.split()[0] for line in recipe.skipped] == ["pip", "<<EOF"]


def test_a_stage_that_begins_from_an_earlier_one_has_what_that_one_set():
    text = """\
FROM nvidia/cuda:12 AS base
ARG ONLY=there
ENV A=1
WORKDIR /app
RUN one
CMD ["/start.sh"]
FROM base AS downloader
CMD ["never"]
FROM Base AS final
ENV B=${A}${ONLY}
RUN two
"""
    recipe = read_recipe(text, {})
    assert (recipe.base, recipe.working_dir, recipe.command) == ("nvidia/cuda:12", "/app", ["/start.sh"])
    assert recipe.environment == {"A": "1", "B": "1"}
    assert recipe.skipped == ["one", "two"]


@pytest.mark.parametrize(
    ("lines", "entrypoint", "command"),
    [
        ('CMD ["a"]\nFROM base\nENTRYPOINT ["b"]', ["b"], []),
        ('FROM base\nCMD ["a"]\nENTRYPOINT ["b"]', ["b"], ["a"]),
        ('ENTRYPOINT ["b"]\nCMD ["x"]\nFROM base\nCMD ["a"]', ["b"], ["a"]),
    ],
)
def test_an_entrypoint_takes_away_the_command_of_the_base_alone(lines, entrypoint, command):
    recipe = read_recipe(f"FROM scratch AS base\n{lines}\n", {})
    assert (recipe.entrypoint, recipe.command) == (entrypoint, command)


def test_an_argument_without_a_value_is_its_default():
    assert read_recipe(TEXT, {}).environment["C"] == "unknown"


def test_an_argument_before_the_first_from_reaches_a_stage_that_asks_for_it():
    text = (
        "ARG MODE=fast\nARG FOLDER=/app\nFROM scratch\nARG MODE\nWORKDIR ${FOLDER:-/none}\nENV M=${MODE} N='${MODE}'\n"
    )
    recipe = read_recipe(text, {})
    assert recipe.environment == {"M": "fast", "N": "${MODE}"}
    assert recipe.working_dir == "/none"
    assert read_recipe(text, {"MODE": "slow"}).environment["M"] == "slow"


@pytest.mark.parametrize("text", ["", "CMD x", "FROM", "FROM x\nENV\nENV A\nWORKDIR\nCMD [1]\nRUN <<E\n", "\0[["])
def test_a_file_that_docker_refuses_is_read_as_far_as_it_goes(text):
    assert read_recipe(text, {}).environment == {}


@pytest.mark.parametrize(
    ("command", "handler"),
    [
        (["python", "-u", "/app/handler.py"], "/app/handler.py"),
        (["/bin/sh", "-c", "exec python src/main.py --port 1"], "src/main.py"),
        (["./start.sh"], None),
        (["/bin/sh", "-c", "echo it's up; python a.py"], "a.py"),
    ],
)
def test_the_handler_is_the_first_python_file_of_the_command(command, handler):
    assert handler_of(command) == handler
