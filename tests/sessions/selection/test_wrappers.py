"""What a wrapper starts, and where, as the table of programs says."""

import pytest

from conductor.sessions.selection.words import unwrap

STARTS = {
    "env -u A -C sub B=1 pytest -q": (["pytest", "-q"], "sub"),
    "timeout --signal TERM 60 pytest": (["pytest"], None),
    "sudo -u ci -D /srv pytest": (["pytest"], "/srv"),
    "setpriv --reuid 1000 pytest": (["pytest"], None),
    "uv run --with hypothesis --isolated pytest -q": (["pytest", "-q"], None),
    "uv --directory sub run -m pytest": (["python", "-m", "pytest"], "sub"),
    "uv run check.py --fast": (["python", "check.py", "--fast"], None),
    "uv tool run --from tox tox -e py": (["tox", "-e", "py"], None),
    "coverage run --source src -m pytest -q": (["python", "-m", "pytest", "-q"], None),
    "accelerate launch --num_processes 2 train.py": (["python", "train.py"], None),
    "poetry --directory sub run pytest": (["pytest"], "sub"),
    "conda run -n ci --cwd sub pytest": (["pytest"], "sub"),
    "npx --package vitest vitest run": (["vitest", "run"], None),
    "xargs -n 1 --max-procs 4 pytest": (["pytest"], None),
    "doppler run -- pytest": (["pytest"], None),
    "dotenv -f .env run pytest": (["pytest"], None),
    "pytest -q": None,
    "uv pip install x": None,
    "docker run image pytest": None,
    "watch -n 2 pytest": None,
}


@pytest.mark.parametrize("line", STARTS)
def test_a_wrapper_gives_up_its_command_and_its_folder(line):
    assert unwrap(line.split()) == STARTS[line]
