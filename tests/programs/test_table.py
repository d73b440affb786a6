"""The table of programs: every option is read as it says, no name stands twice, the index and the page are its own."""

import re

import pytest

from conductor.programs import find, known, load
from conductor.programs.index import FILES
from conductor.programs.options import parse
from conductor.programs.words import INSTALLS, Words
from tests.programs.script import script

PROGRAMS = {file: load(file) for file in script.files()}
EVERY = [
    (f"{name} {command}".strip(), words)
    for names in PROGRAMS.values()
    for name, program in names.items()
    for command, words in (("", program), *program.commands.items())
]


def test_no_program_stands_in_two_files_or_twice_in_one():
    names = [
        name
        for file in script.files()
        for line in __import__(f"conductor.programs.table.{file}", None, None, ("PROGRAMS",)).PROGRAMS
        for name in line.split()
    ]
    assert len(names) == len(set(names))


def test_the_index_and_the_page_are_what_the_table_says():
    assert script.INDEX.read_text() == script.index_of(PROGRAMS)
    assert script.rows_of(PROGRAMS) in script.PAGE.read_text()


@pytest.mark.parametrize(("name", "words"), EVERY, ids=[name for name, _ in EVERY])
def test_every_option_of_the_table_is_accepted_by_parse(name, words):
    for option in words.valued:
        parsed = words.parse([option, "value", "word"])
        behind = parsed.rest if option in words.column("last") else parsed.words
        assert (parsed.options, behind) == ([(option, "value")], ["word"]), option
        if option in words.column("apart"):
            continue
        joined = f"{option}=value" if option.startswith("--") or not words.clusters else f"{option}value"
        assert words.parse([joined, "word"]).options == [(option, "value")]
    for option in words.optional:
        parsed = words.parse([option, "word"])
        assert (parsed.options, parsed.words) == ([(option, None)], ["word"]), option
        joined = f"{option}=value" if option.startswith("--") else f"{option}value"
        assert words.parse([joined, "word"]).options == [(option, "value")] or option in words.column("numbered")
    for option in words.column("numbered"):
        assert words.parse([option, "4", "word"]).options == [(option, "4")], option
        assert words.parse([option, "word"]).words == ["word"], option
    for option in words.column("flags") - words.valued:
        assert words.parse([option, "word"]).words == ["word"], option


@pytest.mark.parametrize(("name", "words"), EVERY, ids=[name for name, _ in EVERY])
def test_what_stands_in_a_column_is_an_option_and_stands_there_once(name, words):
    for column, text in words.given.items():
        options = text.replace("/", " ").split()
        assert all(re.fullmatch(r"-[\w?#@]|--?[\w.-]+|\+[oO]", option) for option in options), (column, options)
        assert len(options) == len(set(options)), (column, sorted(o for o in options if options.count(o) > 1))
    assert not words.column("valued") & words.optional
    assert not words.column("flags") & words.column("valued") or words.parent is not None


@pytest.mark.parametrize(("name", "words"), EVERY, ids=[name for name, _ in EVERY])
def test_all_names_of_an_option_have_one_long_name(name, words):
    for text in words.given.values():
        for group in text.split():
            long = {words.long(option) for option in group.split("/")}
            assert len(long) == 1, group


def test_a_program_that_the_table_lacks_is_none_and_the_error_names_it():
    assert find("frobnicate") is None
    with pytest.raises(KeyError, match="frobnicate"):
        known("frobnicate")


def test_only_the_file_of_the_program_is_read():
    import subprocess
    import sys

    code = "import sys; from conductor.programs import find; find('uvx'); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    read = {name.rpartition(".")[2] for name in run.stdout.split() if name.startswith("conductor.programs.table.")}
    assert read == {FILES["uvx"]}


def test_effects_are_told_by_words_and_options():
    words = Words(effects={INSTALLS: "install default/ toolchain/add use?-g|--global"})
    for line, expected in {
        "install": True, "install x": True, "default": False, "default nightly": True, "toolchain add x": True,
        "toolchain list": False, "use x": False, "use -g x": True, "use --global x": True, "": False,
    }.items():  # fmt: skip
        parsed = parse(line.split())
        assert words.has_effect(INSTALLS, parsed.words, parsed) is expected, line
    every = Words(effects={INSTALLS: ""}, harmless="ls run")
    assert every.has_effect(INSTALLS, ["18"], parse(["18"]))
    assert not every.has_effect(INSTALLS, ["ls"], parse(["ls"]))
    assert not Words().has_effect(INSTALLS, ["install"], parse(["install"]))
