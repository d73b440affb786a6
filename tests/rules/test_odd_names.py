"""File names that are no text reach a terminal and JSON as escapes."""

from __future__ import annotations

import json

import pytest


@pytest.mark.parametrize("locale", ["C.UTF-8", "C", "POSIX"])
def test_a_name_that_is_no_utf8_is_printed_and_is_valid_json(tree, conductor, locale):
    for name in (b"caf\xe9.sh", b"caf\xe9_v2.sh"):
        (tree.root / name.decode("utf-8", "surrogateescape")).write_text("step\n" * 10)
    environment = {"LC_ALL": locale, "PYTHONUTF8": "0"}
    text = conductor("check", "rules", cwd=tree.root, env=environment)
    assert text.returncode == 1, text.stderr
    assert "caf\\udce9_v2.sh: error[F1]" in text.stdout
    done = conductor("check", "rules", "--json", cwd=tree.root, env=environment)
    (finding,) = json.loads(done.stdout)["findings"]
    assert finding["path"].encode("utf-8", "surrogateescape") == b"caf\xe9_v2.sh"
