"""A worker that says the keys back, in every form, while its release fails: none of it may be written or shown."""

from __future__ import annotations

import base64
import json
import urllib.parse

import pytest

from tests.e2e.test_release import new_task

# No known prefix, and signs that addresses, JSON and base64 write in their own way.
OTHER = 'q7/Zk+0"wv==Lm9 x81'


def forms_of(key):
    """Return a key as programs say it back."""
    content = key.encode()
    return [
        key,
        urllib.parse.quote(key, safe=""),
        urllib.parse.quote_plus(key),
        json.dumps(key),
        base64.b64encode(content).decode(),
        base64.urlsafe_b64encode(b"x" + content).decode(),
        base64.b64encode(b"user:" + content + b"\n").decode(),
    ]


def telling_parts(key):
    """Return what must stand nowhere: the key, its form in an address, and what base64 makes of its middle."""
    content = key.encode()
    inner = [base64.b64encode(b"\0" * before + content).decode()[4:-4] for before in range(3)]
    return [key, urllib.parse.quote(key, safe=""), json.dumps(key)[1:-1], *inner]


def echo_at(place):
    """Return what makes the handler say the file of echoes: where it starts, or at its first job."""

    def prepare(root):
        said = f"open({str(root.parent / 'echoes')!r}).read()"
        if place == "start":
            path = root / "image/handler.py"
            head, imports, rest = path.read_text().partition("from __future__ import annotations\n")
            path.write_text(f"{head}{imports}raise RuntimeError({said})\n{rest}")
        else:
            path = root / "image/worker/reading.py"
            text = path.read_text()
            path.write_text(text.replace("metadata_errors=", f"**{{{said}: 1}}, metadata_errors="))

    return prepare


def written_by(show):
    """Return every file that a command wrote, but git's objects."""
    folders = [show.root, *(show.root.parent / name for name in ("state", "config", "home"))]
    found = [path for folder in folders if folder.exists() for path in folder.rglob("*") if path.is_file()]
    return {path: path.read_text(errors="replace") for path in found if "objects" not in path.parts}


@pytest.mark.parametrize(("place", "cause"), [("start", "WORKERS_UNHEALTHY"), ("job", "SMOKE_WRONG")])
def test_keys_that_a_worker_says_back_are_written_and_shown_nowhere(open_show, place, cause):
    show = open_show(prepare=echo_at(place))
    show.allow_pushes()
    show.environment["OTHER_SERVICE_TOKEN"] = OTHER
    keys = [show.environment["GITHUB_TOKEN"], show.environment["RUNPOD_API_KEY"], OTHER]
    (show.root.parent / "echoes").write_text("echo " + " ".join(form for key in keys for form in forms_of(key)))
    new_task(show, "build", "smoke")
    code, *told = show.run("release", "--yes")
    _, status, _ = show.run("release", "status", "--json")
    release = json.loads(status)["release"]
    assert (code, release["cause"]) == (6, cause)
    told.append(status)
    for words in (["release", "status"], ["task", "list", "--json"], ["check"]):
        told += show.run(*words)[1:]
    for log in release["worker_logs"]:
        told += show.run("diagnose", log)[1:]
        told += show.run("diagnose", log, "--json")[1:]
    files = written_by(show)
    assert "echo ***" in "".join([*told, *files.values()])
    shown = {**files, **dict(enumerate(told))}
    for part in (part for key in keys for part in telling_parts(key)):
        assert [name for name, text in shown.items() if part in text] == []
