"""What a drill looks at after its end, beyond outcome, exit code and images: each returns what is wrong, in words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conductor.rehearsal.scenery import Scenery


def nothing_was_pushed(stage: Scenery) -> list[str]:
    """See that the remote got nothing."""
    return ["something was pushed"] if stage.git_host.pushes else []


def a_token_was_renewed(stage: Scenery) -> list[str]:
    """See that the registry was asked for a token again after the first had run out."""
    asked = [one for one in stage.recorder.exchanges if one["server"] == "registry"]
    refused = [
        number
        for number, one in enumerate(asked)
        if one["status"] == 401 and one["method"] == "GET" and "/blobs/" in one["path"]
    ]
    renewed = [number for number, one in enumerate(asked) if one["path"].startswith("/token")]
    if not refused:
        return ["no token ran out"]
    return [] if renewed and renewed[-1] > refused[0] else ["no token was asked for again"]


def limits_are_as_before(stage: Scenery) -> list[str]:
    """See that every target may have as many workers as before the release."""
    return [
        f"{endpoint.fields['name']} may have {endpoint.fields['workers']['max']} workers, not {limits['max']}"
        for endpoint, limits in ((endpoint, stage.limits[endpoint.id]) for endpoint in stage.endpoints.values())
        if endpoint.fields["workers"] != limits
    ]


def both_jobs_are_evidence(stage: Scenery) -> list[str]:
    """See that the evidence holds the new image's failed job and the earlier image's proof, each by its digest."""
    kept = stage.project.root / ".conductor" / "evidence"
    lines = [json.loads(line) for file in sorted(kept.rglob("*.jsonl")) for line in file.read_text().splitlines()]
    seen = {(line["kind"], line["outcome"], line["subject"].partition("@")[2]) for line in lines}
    before = stage.info.previous.rpartition("@")[2]
    new = stage.builder.digests[stage.info.revision]
    wanted = {("smoke", "failed", new): "the failed job", ("restored", "passed", before): "the earlier image's proof"}
    return [f"the evidence lacks {what}" for which, what in wanted.items() if which not in seen]
