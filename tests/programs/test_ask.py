"""What a program's help says of its options is read, and compared with the table."""

import sys

import pytest

from conductor.programs.words import Words
from tests.programs.script import script

# Written for this test, each in the manner of the program that is named.
PIP = """
Usage:
  pip install [options] <requirement specifier> [package-index-options] ...

Install Options:
  -r, --requirement <file>    Install from the given requirements file. This
                              option can be used multiple times.
  --no-deps                   Don't install package dependencies.
  --root-user-action <root_user_action>
                              Action if pip is run as a root user
  -q, --quiet                 Give less output.
"""
GIT = """usage: git frob [<options>] [--] <path>...

    -q, --[no-]quiet      be quiet
    -m, --[no-]message <message>
                          frob message
    -S, --[no-]gpg-sign[=<key-id>]
                          GPG sign it
    -u, --[no-]untracked-files[=<mode>]
    -U, --unified <n>     generate diffs with <n> lines context
    --[no-]recurse-submodules (check|on-demand|no)
                          control recursive frobbing
"""
UV = """Options:
  -p, --python <PYTHON>       The Python interpreter [env: UV_PYTHON=]
      --color <COLOR_CHOICE>  Control colors [possible values: auto, always, never]
  -q, --quiet...              Do not print any output
"""
CURL = """ -d, --data <data>           HTTP POST data
 -G, --get                   Put the post data in the URL and use GET
     --tlsv1.2               TLSv1.2 or greater
"""
GNU = """Mandatory arguments to long options are mandatory for short options too.
  -s, --signal=SIGNAL   specify the signal to be sent on timeout
  -k, --kill-after=DURATION
                        also send a KILL signal
      --color[=WHEN]    colorize the output; WHEN can be 'always'
  -v, --verbose         diagnose to stderr
  -P,  --directory-prefix=PREFIX   save files to PREFIX/..
"""
NPM = """Usage:
npm frob [<package-spec> ...]

Options:
[-S|--save|--no-save] [-E|--save-exact] [-g|--global]
[--install-strategy <hoisted|nested|shallow|linked>]
[-w|--workspace <workspace-name> [-w|--workspace <workspace-name> ...]]
"""
DOCKER = """Options:
      --add-host list      Add a custom host-to-IP mapping (host:ip)
  -d, --detach             Run container in background and print container ID
  -e, --env list           Set environment variables
      --name string        Assign a name to the container
"""
ARGPARSE = """options:
  -h, --help            show this help message and exit
  -p PYTHON, --python PYTHON
                        the interpreter
  --mode {fast,slow}    how
"""
READ = {
    PIP: {"--requirement": "valued", "-r": "valued", "--no-deps": "flag", "--root-user-action": "valued", "-q": "flag"},
    GIT: {
        "-q": "flag",
        "--quiet": "flag",
        "-m": "valued",
        "--message": "valued",
        "-S": "optional",
        "--gpg-sign": "optional",
        "-u": "optional",
        "-U": "valued",
        "--recurse-submodules": "valued",
    },
    UV: {"-p": "valued", "--python": "valued", "--color": "valued", "-q": "flag", "--quiet": "flag"},
    CURL: {"-d": "valued", "--data": "valued", "-G": "flag", "--get": "flag", "--tlsv1.2": "flag"},
    GNU: {
        "-s": "valued",
        "--signal": "valued",
        "-k": "valued",
        "--color": "optional",
        "-v": "flag",
        "--verbose": "flag",
        "-P": "valued",
        "--directory-prefix": "valued",
    },
    NPM: {
        "-S": "flag",
        "--save": "flag",
        "-g": "flag",
        "--global": "flag",
        "--install-strategy": "valued",
        "-w": "valued",
        "--workspace": "valued",
    },
    DOCKER: {"--add-host": "valued", "-d": "flag", "--detach": "flag", "-e": "valued", "--name": "valued"},
    ARGPARSE: {"-h": "flag", "-p": "valued", "--python": "valued", "--mode": "valued"},
}


@pytest.mark.parametrize("text", READ, ids=["pip", "git", "uv", "curl", "gnu", "npm", "docker", "argparse"])
def test_options_are_read_from_the_help_of_each_kind(text):
    found = script.options_in(text)
    assert {name: found.get(name) for name in READ[text]} == READ[text]


def test_an_option_that_the_table_lacks_is_named():
    words = Words(valued="-r/--requirement -q")
    assert list(script.lacking(words, PIP)) == [
        "--root-user-action is valued there, flag in the table",
        "-q is flag there, valued in the table",
    ]
    assert not list(script.lacking(Words(valued="-r/--requirement --root-user-action"), PIP))


def test_a_program_of_this_machine_is_asked(tmp_path, capsys):
    program = tmp_path / "frob"
    program.write_text(f"#!{sys.executable}\nprint('''{PIP}''')\n")
    program.chmod(0o755)
    table = {"frob": {"frob": Words(valued="--requirement", help="--help"), "other": Words(help="--help")}}
    assert script.ask(table, {"frob": str(program)}) == 2
    out = capsys.readouterr().out
    assert "frob --help: --root-user-action is valued there, flag in the table\n" in out
    assert "frob --help: -r is valued there, flag in the table\n" in out
    assert "1 help texts read" in out
