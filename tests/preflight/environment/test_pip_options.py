"""What stands after an option of pip or uv is its value where the program says so, and nothing to install."""

import pytest


def installs(image, line):
    return image.follow(
        f"FROM python:3.11-slim\nRUN {line}\n", {"r.txt": "einops\n", "c.txt": "torch<3\n"}
    ).pip_installs


@pytest.mark.parametrize(
    "options",
    [
        "--root-user-action ignore",
        "--resume-retries 3",
        "--keyring-provider subprocess",
        "--client-cert /run/client.pem",
        "--group dev",
        "--build-constraint c.txt",
        "--uploaded-prior-to 2026-01-01",
        "--log-file /tmp/pip.log",
        "--install-option x",
        "--source /src",
        "-b /tmp/build",
        "--config-setting a=b",
        "-qi https://mirror.example/simple",
        "-c c.txt",
        "-cc.txt",
        "--constraint=c.txt",
    ],
)
def test_the_value_of_an_option_of_pip_is_not_installed(image, options):
    (install,) = installs(image, f"pip install {options} torch")
    assert [requirement.name for requirement in install.requirements] == ["torch"]
    (install,) = installs(image, f"pip install torch {options}")
    assert [requirement.name for requirement in install.requirements] == ["torch"]


@pytest.mark.parametrize(
    "options",
    [
        "--torch-backend auto",
        "--index-strategy unsafe-best-match",
        "--keyring-provider subprocess",
        "-P torch",
        "--exclude-newer 2026-01-01",
        "--python-platform linux",
        "--refresh-package torch",
        "--overrides c.txt",
        "-b c.txt",
        "--link-mode copy",
    ],
)
def test_the_value_of_an_option_of_uv_is_not_installed(image, options):
    (install,) = installs(image, f"uv pip install {options} torch")
    assert [requirement.name for requirement in install.requirements] == ["torch"]


@pytest.mark.parametrize(
    "line",
    [
        "pip install -r r.txt",
        "pip install -rr.txt",
        "pip install -qr r.txt",
        "pip install -Ur r.txt",
        "pip install --requirement=r.txt",
        "pip --proxy http://proxy.example:3128 install -r r.txt",
        "pip --client-cert /run/c.pem install -qqr r.txt",
        "python -m pip --retries 3 install -r r.txt",
        "uv pip install --requirements r.txt",
        "uv --directory /app pip install -r r.txt",
        "uv --no-cache pip --color never install -r r.txt",
    ],
)
def test_a_file_is_read_however_its_option_is_written(image, line):
    subject = image.follow(
        f"FROM python:3.11-slim\nCOPY r.txt /app/\nWORKDIR /app\nRUN {line}\n", {"r.txt": "einops\n"}
    )
    (install,) = subject.pip_installs
    assert [requirement.name for requirement in install.requirements] == ["einops"]
    assert install.has("--requirement")


def test_a_short_option_in_a_cluster_means_its_long_one(image):
    (install,) = installs(image, "pip install -UIq torch")
    assert install.has("--upgrade")
    assert install.has("--ignore-installed")
    assert install.has("--quiet")


def test_nothing_after_two_dashes_is_an_option(image):
    (install,) = installs(image, "pip install --upgrade -- torch")
    assert [requirement.name for requirement in install.requirements] == ["torch"]
    assert install.complete
