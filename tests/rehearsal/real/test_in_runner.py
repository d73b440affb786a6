"""What stands in for buildx and the marketplace's actions, with a `docker` that writes down how it was called."""

import json
import os
import subprocess
import sys

import pytest

from conductor.rehearsal.real import in_runner
from conductor.rehearsal.real.stand_ins import list_unknown, list_uses, write_stand_ins

DIGEST = "sha256:" + "12" * 32
DOCKER = f"""#!{sys.executable}
import json, pathlib, sys
with open("calls", "a") as calls:
    calls.write(json.dumps([sys.argv[1:], sys.stdin.read()]) + chr(10))
if "--iidfile" in sys.argv:
    pathlib.Path(sys.argv[sys.argv.index("--iidfile") + 1]).write_text("sha256:" + "34" * 32)
if sys.argv[1] == "push":
    print("v1: digest: {DIGEST} size: 5")
"""


@pytest.fixture
def run(tmp_path):
    """Return a function that runs the program as a step would; its calls of docker are in `calls`, its outputs too."""
    (tmp_path / "bin").mkdir()
    docker = tmp_path / "bin/docker"
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    plugin = tmp_path / "docker-buildx"
    plugin.symlink_to(in_runner.__file__)

    def call(*words, given=None, program=in_runner.__file__, **more):
        environment = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "GIVEN": json.dumps(given or {}),
                       "GITHUB_OUTPUT": str(tmp_path / "output"), **more}  # fmt: skip
        done = subprocess.run([sys.executable, program, *words], cwd=tmp_path, env=environment, capture_output=True,
                              text=True, check=False)  # fmt: skip
        calls = tmp_path / "calls"
        call.calls = [json.loads(line) for line in calls.read_text().splitlines()] if calls.exists() else []
        output = tmp_path / "output"
        call.output = output.read_text() if output.exists() else ""
        return done

    call.plugin = str(plugin)
    return call


def test_build_push_builds_with_its_inputs_pushes_each_tag_and_tells_the_digest(run):
    given = {"context": "image", "push": "true", "tags": "ghcr.io/o/n:1\nghcr.io/o/n:2", "labels": "a=b c",
             "build-args": "X=1\nY=2", "platforms": "linux/amd64", "provenance": "false", "target": "final"}  # fmt: skip
    assert run("build-push", given=given).returncode == 0
    (built, _), *pushed = run.calls
    assert built[:3] == ["build", "--network", "host"]
    for words in (["--file", "image/Dockerfile"], ["--label", "a=b c"], ["--build-arg", "Y=2"], ["--target", "final"]):
        assert " ".join(words) in " ".join(built)
    assert "--platform" not in built
    assert built[-1] == "image"
    assert [words for words, _ in pushed] == [["push", "ghcr.io/o/n:1"], ["push", "ghcr.io/o/n:2"]]
    assert f"digest<<_END_\n{DIGEST}\n" in run.output


def test_a_push_without_a_tag_fails_as_buildx_does(run):
    done = run("build-push", given={"push": "true"})
    assert (done.returncode, done.stderr) == (1, "ERROR: tag is needed when pushing to registry\n")
    assert run.calls == []


@pytest.mark.parametrize("words", [["--platform", "linux/arm64"], ["--platform=linux/amd64,linux/arm64"]])
def test_another_platform_is_refused_by_name(run, words):
    done = run("buildx", "build", *words, ".", program=run.plugin)
    assert done.returncode == 1
    assert "linux/arm64" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["--push", "-t", "a:1", "."],
        ["-t=a:1", "--output", "type=registry", "."],
        ["--tag", "a:1", "-o", "type=image,push=true", "--cache-from", "type=gha", "--provenance=false", "."],
    ],
)
def test_the_plugin_pushes_what_buildx_would_push(run, words):
    assert run("buildx", "build", *words, program=run.plugin).returncode == 0
    (built, _), (pushed, _) = run.calls
    assert built[-3:] == ["--tag", "a:1", "."]
    assert pushed == ["push", "a:1"]


def test_a_build_that_is_not_to_be_pushed_is_not(run):
    assert run("buildx", "build", "--load", "--push=false", "-t", "a:1", ".", program=run.plugin).returncode == 0
    assert [words[0] for words, _ in run.calls] == ["build"]


def test_the_plugin_says_what_docker_asks_a_plugin(run):
    answer = json.loads(run("docker-cli-plugin-metadata", program=run.plugin).stdout)
    assert answer["SchemaVersion"] == "0.1.0"
    assert run("buildx", "bake", program=run.plugin).returncode == 1


def test_a_password_goes_to_docker_on_standard_input_alone(run):
    given = {"registry": "ghcr.io", "username": "somebody", "password": "opaque-word"}
    done = run("login", given=given)
    assert run.calls == [[["login", "ghcr.io", "--username", "somebody", "--password-stdin"], "opaque-word"]]
    assert "opaque-word" not in done.stdout + done.stderr


def test_the_hub_s_login_names_no_registry(run):
    run("login", given={"username": "u", "password": "p"})
    assert run.calls[0][0] == ["login", "--username", "u", "--password-stdin"]


def test_metadata_tags_by_commit_branch_and_word(run):
    facts = {"GITHUB_SHA": "0123456789" * 4, "GITHUB_REF": "refs/heads/feature/x", "GITHUB_REPOSITORY": "o/n",
             "GITHUB_SERVER_URL": "https://github.com"}  # fmt: skip
    given = {"images": "ghcr.io/o/n", "tags": "type=sha\ntype=sha,prefix=,format=long\ntype=raw,value=stable\n"
             "type=ref,event=branch\ntype=ref,event=tag\ntype=raw,value=no,enable=false"}  # fmt: skip
    assert run("metadata", given=given, **facts).returncode == 0
    names = ["sha-0123456", "0123456789" * 4, "stable", "feature-x"]
    assert "\n".join(f"ghcr.io/o/n:{name}" for name in names) in run.output
    assert f"org.opencontainers.image.revision={'0123456789' * 4}" in run.output


def test_secrets_of_a_build_are_given_as_files(run):
    run("build-push", given={"secrets": "token=opaque-word"})
    words = " ".join(run.calls[0][0])
    assert "--secret id=token,src=" in words
    assert "opaque-word" not in words


WORKFLOW = {
    "jobs": {
        "a": {"uses": "./.github/workflows/b.yml"},
        "b": {"steps": [{"uses": "docker/login-action@v3"}, {"uses": "some/where/deep@main"}, {"run": "x"},
                        {"uses": "actions/checkout@v4"}, {"uses": "docker://alpine"}, {"uses": "./local"}]},
    }
}  # fmt: skip


def test_each_action_gets_a_repository_and_only_unknown_ones_are_told(tmp_path):
    uses = set(list_uses(WORKFLOW))
    written = write_stand_ins(tmp_path / "tools", uses)
    assert set(written) == {"docker/login-action@v3", "some/where@main"}
    assert (written["some/where@main"] / "deep/action.yml").is_file()
    assert list_unknown(uses) == ["some/where"]
