"""The labelled logs that the catalogue began with, where they are at hand."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from conductor.diagnosis.explain import diagnose

FOLDER = os.environ.get("CONDUCTOR_CORPUS", "")
LOGS = Path(FOLDER) / "logs.jsonl"
needs_corpus = pytest.mark.skipif(not FOLDER or not LOGS.is_file(), reason="CONDUCTOR_CORPUS names no labelled logs")


@needs_corpus
def test_the_labelled_logs_have_the_cause_that_their_label_says():
    wrong = []
    for line in LOGS.read_text().splitlines():
        row = json.loads(line)
        found = diagnose(row["log"].encode()).suspect
        if found is None or found.cause.code != row["cause"]:
            wrong.append((row["id"], row["cause"], found and found.cause.code))
    assert wrong == []
