"""Arguments are split as the programs themselves do."""

from hypothesis import given
from hypothesis import strategies as st

from conductor.programs.options import Reading
from conductor.programs.words import Words

ARGUMENTS = st.lists(
    st.sampled_from(["-v", "-vq", "-qn", "--name", "--name=x", "--", "-", "word", "other", "-nx", "-u"])
)
PROGRAM = Words(
    valued="-n/--name",
    optional="-u",
    commands={"add": Words(valued="-m"), "tool/run": Words(valued="-w/--with"), "tool": Words(valued="-p")},
)


@given(ARGUMENTS)
def test_each_word_and_value_stands_where_its_place_says(args):
    parsed = Reading({"-n", "--name"}, optional={"-u"}).parse(args)
    assert [args[place] for place in parsed.places] == parsed.words
    for (_, value), place in zip(parsed.options, parsed.at, strict=True):
        assert value is None or args[place].endswith(value)


@given(ARGUMENTS)
def test_every_argument_is_an_option_a_value_a_word_or_the_dashes(args):
    parsed = Reading({"-n", "--name"}, optional={"-u"}).parse(args)
    seen = {*parsed.places, *parsed.at}
    seen |= {
        place - 1 for place in parsed.at if args[place][:1] != "-" or args[place - 1 : place] in (["-n"], ["--name"])
    }
    left = [argument for place, argument in enumerate(args) if place not in seen]
    assert all(argument == "--" or argument in {"-qn", "-n", "--name"} for argument in left)


def test_a_subcommand_reads_its_own_options():
    parsed = PROGRAM.read(["-n", "x", "add", "-m", "text", "file", "-n", "y"])
    assert parsed.words == ["add", "file", "y"]
    assert parsed.options == [("-n", "x"), ("-m", "text"), ("-n", None)]


def test_options_may_stand_between_the_two_words_of_a_subcommand():
    parsed = PROGRAM.read(["tool", "-p", "3.12", "run", "--with", "torch", "conductor"])
    assert parsed.words == ["tool", "run", "conductor"]
    assert parsed.value("--with") == "torch"
    assert parsed.places == [0, 3, 6]


def test_what_stands_after_two_dashes_is_no_option():
    parsed = PROGRAM.read(["--", "add", "-m", "text"])
    assert parsed.words == ["add"]
    assert parsed.value("-m") == "text"
    assert PROGRAM.read(["add", "--", "-m", "text"]).words == ["add", "-m", "text"]


def test_a_subcommand_inherits_where_the_program_says_so():
    program = Words(valued="--python", inherits=True, commands={"install": Words(valued="-r/--requirement")})
    assert program.read(["install", "--python", "x", "-r", "y", "z"]).words == ["install", "z"]
    assert program.command(["install"]).long("-r") == "--requirement"
    assert program.read(["frobnicate", "--python", "x"]).words == ["frobnicate"]
