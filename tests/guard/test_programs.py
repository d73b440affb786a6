"""The guard reads a program's words as the table of programs says."""

import pytest

from conductor.guard.judge.command import judge
from tests.guard.cases import make_facts


def verdict(command, venv="none"):
    return judge(command, make_facts(venv=venv)).verdict


@pytest.mark.parametrize(
    "options",
    [
        "--uploaded-prior-to --user",
        "--requirements-from-script --user",
        "--source --user",
        "--client-cert --user",
        "--local-log --user",
    ],
)
def test_the_value_of_an_option_of_pip_is_no_option(options):
    assert verdict(f"pip install {options} torch", "active") == "allow"
    assert verdict(f"pip install {options} --user torch", "active") == "block"


@pytest.mark.parametrize("options", ["--torch-backend auto", "--overrides o.txt", "--config-settings a=b", "-P torch"])
def test_the_value_of_an_option_of_uv_is_no_word(options):
    assert verdict(f"uv --color never pip {options} install --system torch") == "block"
    assert verdict(f"uv pip install {options} --system torch") == "block"
    assert verdict(f"uv --directory . pip compile {options} r.in") == "allow"


@pytest.mark.parametrize(
    "wrapper",
    [
        "setpriv --reuid 1000 --regid 1000",
        "unshare -S 0 -w /tmp",
        "nsenter -t 1 -m",
        "nice --adjustment 5",
        "ionice -c 3",
        "timeout --kill-after 5 --signal TERM 60",
        "strace --trace-path /etc -U name",
        "systemd-run --uid 1000 --nice 5",
        "bwrap --hostname box",
        "xvfb-run --server-args -ac --error-file e.log",
        "compute-sanitizer --tool memcheck",
        "nsys profile --trace cuda",
        "op --account mine run --env-file .env --",
        "doppler --project shop run --config dev --",
        "chamber exec shop --",
        "direnv exec .",
        "dotenv -f .env run",
        "infisical run --env dev --",
        "mise x --",
        "rustup run nightly",
        "perf stat -e cycles",
        "env -u PATH -C . -S",
        "env - A=1",
        "flock --timeout 5 lock",
        "sudo --user root --chdir /tmp",
        "/usr/bin/time --format %e",
        "catchsegv",
        "cross-env A=1",
    ],
)
def test_what_a_wrapper_runs_is_found_behind_its_options(wrapper):
    assert verdict(f"{wrapper} apt-get install git") == "block"
    assert verdict(f"{wrapper} apt-get --simulate install git") == "allow"


@pytest.mark.parametrize(
    "command",
    [
        "coverage run -m pip install x",
        "conda run -n base --cwd /tmp pip install x",
        "rustup run nightly cargo install x",
    ],
)
def test_a_module_and_an_environment_are_followed_too(command):
    assert verdict(command) == "block"


@pytest.mark.parametrize(
    "command",
    [
        "cargo --color always $ARGS",
        "gem $ARGS",
        "dotnet tool install -g x --help",
        "cargo +nightly install --list",
        "go install -n ./...",
        "apt-get -o Debug::NoLocking=1 --print-uris install git",
    ],
)
def test_what_only_looks_passes(command):
    assert verdict(command) == "allow"


def test_the_version_of_a_tool_is_no_question_for_its_own():
    assert verdict("dotnet tool install -g x --version 1.2") == "block"


def test_the_first_stage_looks_for_every_program_with_an_effect():
    from conductor.guard.hooks.triggers import has_trigger
    from conductor.programs import load
    from conductor.programs.index import FILES
    from conductor.programs.words import COMMITS

    programs = {name: words for file in set(FILES.values()) for name, words in load(file).items()}
    stopped = [name for name, words in programs.items() if words.effects and COMMITS not in words.effects]
    assert len(stopped) > 100
    assert [name for name in stopped if not has_trigger(f"{name} x") or not has_trigger(f"/opt/{name} x")] == []
    effects = [word for effect in programs["git"].effects.values() for word in effect.split()]
    assert [word for word in effects if not has_trigger(f"git {word}")] == []
