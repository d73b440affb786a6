"""Everything a person can get wrong before a release: one clear message, the right exit code, nothing done."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest

from tests.waiting import wait_until


def fail(show, *words, **environment):
    """Run a release that is refused and return its exit code, message and hint."""
    code, output, errors = show.run("release", "--yes", "--json", *words, **environment)
    answer = json.loads(output)
    assert answer["exit"] == code
    assert "Traceback" not in errors
    first = (answer.get("errors") or answer["findings"])[0]
    return code, first["message"], first.get("hint") or first["remedy"]


def nothing_done(show):
    return show.counts() == {"pushes": 0, "deploys": [], "jobs": 0} and show.ledger_files() == []


def test_a_dirty_tree(show):
    (show.root / "image/handler.py").write_text("x = 1\n")
    (show.root / "new.txt").write_text("new\n")
    code, message, hint = fail(show)
    assert code == 2
    assert "image/handler.py, new.txt" in message
    assert "git stash" in hint
    assert nothing_done(show)


def test_a_detached_head(show):
    show.git("checkout", "--quiet", "--detach")
    code, message, hint = fail(show)
    assert (code, "detached" in message, hint) == (2, True, "git switch main")
    assert nothing_done(show)


def test_another_branch(show):
    show.git("switch", "--quiet", "-c", "next")
    code, message, _ = fail(show)
    assert code == 2
    assert "releases are made from main" in message
    assert nothing_done(show)


def test_no_remote(show):
    show.git("remote", "remove", "origin")
    code, message, hint = fail(show)
    assert code == 2
    assert "no remote 'origin'" in message
    assert hint.startswith("git remote add origin")
    assert nothing_done(show)


@pytest.mark.parametrize("option", [(), ("--push",)])
def test_an_https_remote(show, option):
    show.git("remote", "set-url", *option, "origin", "https://github.com/owner/worker.git")
    code, message, hint = fail(show)
    assert code == 1
    assert "not over SSH" in message
    assert "git@github.com:owner/worker" in hint
    assert nothing_done(show)


def test_an_ssh_remote_that_git_rewrites_to_https(show):
    show.git("config", "url.https://github.com/.insteadOf", "ssh://git@127.0.0.1")
    code, message, _ = fail(show)
    assert code == 1
    assert "https://github.com" in message
    assert nothing_done(show)


@pytest.mark.parametrize(("name", "word"), [("GITHUB_TOKEN", "GitHub token"), ("RUNPOD_API_KEY", "RunPod key")])
def test_a_missing_credential(show, name, word):
    del show.environment[name]
    code, message, hint = fail(show, PATH="/usr/bin:/bin")
    assert code == 2
    assert word in message
    assert name in hint
    assert nothing_done(show)


def test_an_endpoint_that_is_not_named(show):
    name = next(name for name in show.environment if name.startswith("RUNPOD_ENDPOINT"))
    del show.environment[name]
    code, message, _ = fail(show)
    assert code == 2
    assert name in message
    assert nothing_done(show)


def test_a_key_the_git_host_does_not_know(show, tmp_path):
    import subprocess

    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
    host = show.stage.git_host
    other = host.ssh_command.replace(str(host.key_file), str(tmp_path / "other"))
    replace_in_user_configuration(show, host.ssh_command, other)
    code, answer = show.release()
    assert (code, answer["release"]["cause"]) == (5, "SSH_PUBLICKEY")
    assert show.counts()["pushes"] == 0


def test_a_host_key_that_is_not_known(show):
    host = show.stage.git_host
    replace_in_user_configuration(show, host.ssh_command, host.ssh_command.replace(str(host.known_hosts), os.devnull))
    code, answer = show.release()
    assert (code, answer["release"]["cause"]) == (5, "SSH_HOST_KEY")
    assert show.counts()["pushes"] == 0


def replace_in_user_configuration(show, old, new):
    import yaml

    path = show.stage.folder / "config/conductor/config.yaml"
    values = yaml.safe_load(path.read_text())
    assert values["ssh_command"] == old
    path.write_text(yaml.safe_dump(values | {"ssh_command": new}))


def test_an_address_of_a_service_that_is_neither_https_nor_loopback(show):
    path = show.stage.folder / "config/conductor/config.yaml"
    path.write_text(path.read_text().replace(show.stage.info.runpod_url, "http://runpod.example"))
    code, message, _ = fail(show)
    assert code == 2
    assert "not an https address" in message
    assert nothing_done(show)


def test_a_pod_is_for_a_later_version(open_show):
    show = open_show(configure=lambda text: text.replace("kind: serverless", "kind: pod"))
    code, message, _ = fail(show)
    assert code == 2
    assert "of kind pod" in message


def test_a_target_that_is_promoted_from_another(open_show):
    more = "  live: {kind: serverless, id: abc, after: production}\npoll:\n"
    show = open_show(configure=lambda text: text.replace("poll:\n", more, 1))
    code, message, hint = fail(show, "--target", "live")
    assert code == 2
    assert "promoted from production" in message
    assert "--target production" in hint


def test_a_target_that_is_not_there(show):
    code, message, hint = fail(show, "--target", "moon")
    assert (code, "no target 'moon'" in message, "production" in hint) == (2, True, True)


def test_a_release_that_is_not_there(show):
    assert show.run("release", "status", "r-20260105-103100-4f2a91c")[0] == 2
    assert show.run("release", "--resume", "r-20260105-103100-4f2a91c")[0] == 2
    assert show.run("release", "--resume", "../../etc/passwd")[0] == 2
    assert show.run("release", "--resume")[0] == 3
    assert show.run("release", "status")[0] == 3
    assert show.run("release", "list")[0] == 0


def test_outside_a_repository(show, tmp_path):
    show.root = tmp_path
    code, output, errors = show.run("release", "--yes")
    assert (code, output) == (2, "")
    assert "not in a git working tree" in errors


def test_two_releases_at_once(show):
    first = show.start("release", "--yes", "--json")
    wait_until(show.ledger_files)
    # However long the second one takes to begin, the first is not done by then.
    first.send_signal(signal.SIGSTOP)
    code, output, _ = show.run("release", "--yes", "--json")
    assert code == 7
    assert "another release runs" in json.loads(output)["errors"][0]["message"]
    first.kill()
    first.communicate()


@pytest.mark.parametrize("line", [3, 12])
def test_ctrl_c_leaves_a_release_that_can_be_resumed(show, line):
    process = show.start("release", "--yes")
    while len(show.ledger()) < line:
        assert process.poll() is None
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    name = show.ledger_files()[-1].stem
    assert f"conductor release --resume {name}" in errors
    code, output, _ = show.run("release", "status", "--json")
    assert (code, json.loads(output)["release"]["outcome"]) == (0, None)
    assert show.run("release", "--resume")[0] == 0
    assert show.counts()["pushes"] == 1
