from __future__ import annotations

import pytest

from conductor.rules.answer import Status
from conductor.rules.https_remote import audit, report


def found(tree):
    return list(audit(tree.context()))


@pytest.mark.parametrize(
    "url", ["git@github.com:owner/worker.git", "ssh://git@github.com/owner/worker.git", "/srv/git/w"]
)
def test_ssh_and_local_remotes_are_clean(tree, url):
    tree.git("remote", "add", "origin", url)
    assert found(tree) == []
    assert report(tree.context()).status is Status.KEPT


def test_no_remote_is_nothing_to_keep(tree):
    assert report(tree.context()).status is Status.NOT_NEEDED


def test_an_https_remote_is_found_with_the_ssh_address_to_use(tree):
    tree.git("remote", "add", "origin", "https://github.com/owner/worker.git")
    (finding,) = found(tree)
    assert finding.code == "R8a"
    assert finding.remedy == "git remote set-url origin git@github.com:owner/worker.git"
    assert report(tree.context()).status is Status.VIOLATED


def test_a_push_address_of_its_own_is_found(tree):
    tree.git("remote", "add", "origin", "git@github.com:owner/worker.git")
    tree.git("remote", "set-url", "--push", "origin", "https://github.com/owner/worker.git")
    (finding,) = found(tree)
    assert "pushed" in finding.message
    assert "--push" in finding.remedy


def test_a_rewrite_to_https_is_found_and_one_to_ssh_is_not(tree):
    tree.git("remote", "add", "origin", "git@github.com:owner/worker.git")
    tree.git("config", "url.https://github.com/.insteadOf", "git@github.com:")
    messages = [finding.message for finding in found(tree)]
    assert "insteadOf" in messages[0]
    assert "git rewrites" in messages[1]
    tree.git("config", "--remove-section", "url.https://github.com/")
    tree.git("config", "url.git@github.com:.insteadOf", "https://github.com/")
    tree.git("remote", "set-url", "origin", "https://github.com/owner/worker.git")
    assert found(tree) == []


def test_a_token_in_the_address_is_not_repeated(tree):
    tree.git("remote", "add", "origin", "https://me:ghp_abcdefghijklmnopqrstuvwxyz0123456789@github.com/o/w.git")
    assert "ghp_" not in "".join(finding.message + finding.remedy for finding in found(tree))


def test_an_excepted_remote_is_left_out(tree):
    tree.git("remote", "add", "upstream", "https://github.com/other/worker.git")
    tree.write("CONDUCTOR.md", "---\nconductor: 1\nrules: {https_remote: {level: block, except: [upstream]}}\n---\n")
    assert found(tree) == []
