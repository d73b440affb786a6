"""What a wrapper starts, and where, as the table of programs says."""

import pytest

from conductor.programs.wrapping import behind, unwrap

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
    found = unwrap(line.split())
    assert (found and (found.argv, found.folder())) == STARTS[line]


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("A=1 B= docker push x", "docker push x"),
        ("sudo -u ci -E env -i A=1 time -p nice -n 5 docker build .", "docker build ."),
        ("retry -t 5 -d 10 docker push x", "docker push x"),
        ("timeout --signal TERM 60 nohup make -j 4", "make -j 4"),
        ("exec -a name ./run.sh", "./run.sh"),
        ("stdbuf -oL docker build .", "docker build ."),
        ("docker run x ls", "docker run x ls"),
        ("A=1", ""),
        ("env", ""),
        ("./A=1 x", "./A=1 x"),
    ],
)
def test_the_command_behind_all_of_them_is_found(line, command):
    assert " ".join(behind(line.split())) == command
