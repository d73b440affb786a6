"""`conductor promote` and `conductor rollback --to`, by the installed command, with two endpoints."""

from __future__ import annotations

import json

import pytest

from conductor.rehearsal.endpoint import Endpoint

MORE = "  live: {kind: serverless, id: abc, after: production}\npoll:\n"


@pytest.fixture
def pair(open_show):
    """Return a show whose project has a second target, `live`, that is promoted from the first."""
    show = open_show(configure=lambda text: text.replace("poll:\n", MORE, 1))
    show.allow_pushes()
    live = Endpoint("abc", "live", show.stage.info.previous, 3, show.endpoint.surroundings)
    show.stage.endpoints["abc"] = live
    show.stage._opened.append(live)
    live.start()
    show.live = live
    return show


def answer_of(show, *words):
    code, output, errors = show.run(*words, "--json")
    assert output, errors
    return code, json.loads(output)


def test_what_staging_proved_is_promoted_by_digest_and_put_back_by_name(pair):
    code, answer = answer_of(pair, "promote", "production", "live")
    assert (code, "nothing to promote" in answer["error"]["message"]) == (3, True)
    _, released = pair.release()
    image, pushes = released["release"]["image"], len(pair.stage.git_host.pushes)
    assert (pair.endpoint.fields["image"], pair.live.patches) == (image, [])

    code, output, _ = pair.run("promote", "production", "live", "--dry-run")
    assert (code, pair.live.patches) == (0, [])
    assert f"proven by {released['release']['id']}; production serves it" in output

    code, answer = answer_of(pair, "promote", "production", "live")
    promoted = answer["release"]
    assert (code, answer["command"], promoted["outcome"]) == (0, "promote", "verified")
    assert (promoted["kind"], promoted["promoted_from"], promoted["targets"]) == ("promotion", "production", ["live"])
    assert pair.live.patches == [{"image": image}]
    assert len(pair.stage.git_host.pushes) == pushes
    assert [step["name"] for step in promoted["steps"]] == [
        "preflight", "image", "deploy", "rollout", "smoke", "record"
    ]  # fmt: skip
    assert answer_of(pair, "verify")[0] == 0
    assert answer_of(pair, "promote", "production", "live")[0] == 3
    # The release to production is still what it was: there is nothing new to release.
    assert answer_of(pair, "release", "--yes")[0] == 3

    code, answer = answer_of(pair, "rollback")
    assert (code, answer["release"]["id"], pair.live.fields["image"]) == (0, promoted["id"], pair.stage.info.previous)
    code, answer = answer_of(pair, "rollback", "--to", promoted["id"])
    assert (code, answer["release"]["kind"], pair.live.fields["image"]) == (0, "return", image)
    assert pair.endpoint.fields["image"] == image
    assert answer_of(pair, "verify")[0] == 0


def test_an_agent_promotes_only_with_its_users_word(pair):
    assert pair.release()[0] == 0
    for grant in json.loads(pair.run("grant", "--list", "--json")[1])["grants"]:
        pair.run("grant", "--revoke", grant["id"])
    code, _, errors = pair.run("promote", "production", "live", CLAUDECODE="1")
    assert (code, "an agent types, and nobody has allowed it to change what live serves" in errors) == (2, True), errors
    assert "conductor grant push" in errors
    assert pair.run("promote", "production", "live", "--dry-run", CLAUDECODE="1")[0] == 0
    assert pair.live.patches == []
    pair.allow_pushes()
    assert pair.run("promote", "production", "live", CLAUDECODE="1")[0] == 0
    assert len(pair.live.patches) == 1


def test_a_source_that_somebody_changed_is_not_promoted(pair):
    assert pair.release()[0] == 0
    pair.endpoint.patch({"image": pair.stage.info.previous})
    code, answer = answer_of(pair, "promote", "production", "live")
    assert (code, answer["release"]["cause"], pair.live.patches) == (6, "SOURCE_DRIFT", [])


def test_a_promotion_that_was_killed_goes_on_and_deploys_once(pair):
    assert pair.release()[0] == 0
    (before,) = pair.ledger_files()
    process = pair.start("promote", "production", "live")
    while process.poll() is None and not pair.live.patches:
        pass
    process.kill()
    process.communicate()
    after = [path for path in pair.ledger_files() if path != before]
    if process.returncode != 0:
        code, answer = answer_of(pair, "release", "--resume", after[0].stem)
        assert (code, answer["release"]["kind"], answer["release"]["outcome"]) == (0, "promotion", "verified")
    assert [patch for patch in pair.live.patches if "image" in patch] == [{"image": pair.endpoint.fields["image"]}]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["promote", "live", "production"], "the other way round"),
        (["promote", "production", "moon"], "no target 'moon'"),
        (["promote", "live", "live"], "to itself"),
        (["rollback", "--to", "latest"], "neither a release nor a digest"),
        (["rollback", "--to", "sha256:dead"], "no job has ever proven"),
        (["rollback", "--target", "live"], "--target goes with --to only"),
        (["rollback", "--dry-run"], "--dry-run goes with --to only"),
        (["rollback", "r-20260105-103100-4f2a91c", "--to", "sha256:dead"], "can't both be named"),
    ],
)
def test_what_can_t_work_is_refused_before_anything_is_done(pair, words, told):
    code, answer = answer_of(pair, *words)
    assert (code, told in answer["error"]["message"], pair.live.patches) == (2, True, [])
    assert pair.ledger_files() == []
