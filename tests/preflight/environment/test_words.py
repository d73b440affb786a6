"""Programs in an image are read as the table of programs says: wrappers, apt, git, conda, downloads."""

import pytest

BASE = "FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime\n"


def run(image, line):
    return image.follow(f"{BASE}WORKDIR /app\nRUN {line}\n")


@pytest.mark.parametrize(
    "wrapper",
    [
        "nice -n 5",
        "nice --adjustment 5",
        "ionice -c 3",
        "timeout --kill-after 5 60",
        "timeout -k 5 60",
        "env -u PIP_USER A=1",
        "sudo --user root A=1",
        "stdbuf --output L",
        "/usr/bin/time -f %e",
        "setpriv --reuid 0",
        "flock --timeout 5 /tmp/lock",
    ],
)
def test_the_command_behind_a_wrapper_is_followed(image, wrapper):
    (install,) = run(image, f"{wrapper} pip install einops").pip_installs
    assert [requirement.name for requirement in install.requirements] == ["einops"]


@pytest.mark.parametrize("wrapper", ["chroot /mnt", "npx", "uvx", "watch", "docker run image", "conda run -n other"])
def test_what_runs_elsewhere_is_not(image, wrapper):
    assert not run(image, f"{wrapper} pip install einops").pip_installs


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("apt-get install -y -t bookworm-backports git", ["git"]),
        ("apt-get -qqy install git curl", ["git", "curl"]),
        ("apt-get -o Acquire::Retries=3 install git", ["git"]),
        ("apt-get install -yoAcquire::Retries=3 git", ["git"]),
        ("apt-get install --default-release stable git", ["git"]),
    ],
)
def test_packages_of_apt_are_words_and_no_values(image, line, names):
    packages = run(image, line).timeline.final.apt_packages
    assert [name for name in packages if name in {"git", "curl", "stable", "bookworm-backports"}] == names


@pytest.mark.parametrize(
    ("line", "folder"),
    [
        ("git clone --filter blob:none https://git.example/a/b.git", "b"),
        ("git clone --shallow-since 2026-01-01 -u x https://git.example/a/b c", "c"),
        ("git -c http.sslVerify=false -C /src clone https://git.example/a/b.git", "b"),
        ("git clone -b v1 --recurse-submodules https://git.example/a/b.git /opt/b", "/opt/b"),
    ],
)
def test_a_clone_goes_where_git_puts_it(image, line, folder):
    from conductor.preflight.environment.effects import clone_target

    (command,) = [command for command in run(image, line).commands if command.name == "git"]
    assert clone_target(command) == folder


@pytest.mark.parametrize(
    "line",
    [
        "curl --retry 3 -fsSLo /usr/local/bin/tool https://files.example/tool",
        "curl -H 'A: b' --output=/usr/local/bin/tool https://files.example/x",
        "wget --tries 3 -qO /usr/local/bin/tool https://files.example/x",
        "wget -O/usr/local/bin/tool --header 'A: b' https://files.example/x",
        "aria2c -d /usr/local/bin -o /usr/local/bin/tool https://files.example/x",
    ],
)
def test_a_download_into_a_folder_of_path_is_a_command(image, line):
    assert run(image, line).timeline.final.commands.get("tool") is True


def test_the_value_of_an_option_of_conda_is_no_package(image):
    commands = run(image, "conda install -y --solver libmamba -c conda-forge ffmpeg").timeline.final.commands
    assert commands.get("ffmpeg") is True
    assert "libmamba" not in commands
