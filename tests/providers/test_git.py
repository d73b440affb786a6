"""What the git provider reads, against git's own words, in repositories that were set up to mislead it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conductor.errors import OutsideRefused
from conductor.providers.git import GitRepository
from conductor.providers.git_history import split_message

ODD_MESSAGES = [
    "Plain subject\n",
    "Subject\n\nBody\nof two lines\n",
    "A subject\nof two lines\n\n\n\nand a body\n\nof two paragraphs\n",
    "\n\n  \nLeading blank lines\n\n    indented body\n",
    "Trailing space \nand a second line  \n\nbody  \n",
    "no newline at the end",
    "tabs\tinside\n\t\nbody\n",
    "Ünïcödé – «words»\n\nДа\n",
    "\n",
    "",
    "a\x0bb\x1cc\u2028d\n\nbody\x0c\n",
    "CRLF subject\r\n\r\nCRLF body\r\n",
]


@pytest.fixture
def found(repository, git):
    (repository / "kept.txt").write_text("one\ntwo\nthree\n")
    git("add", "-A", cwd=repository)
    git("commit", "-q", "-m", "First", cwd=repository)
    return GitRepository.find(repository)


def store(root, message, *headers):
    """Store a commit with exactly this message and these headers, and return its id."""
    tree = subprocess.run(["git", "write-tree"], cwd=root, capture_output=True, check=True).stdout.decode().strip()
    stamp = "Author <author@example.invalid> 1767607200 +0530"
    head = [f"tree {tree}", f"author {stamp}", f"committer {stamp}", *headers]
    content = "\n".join(head).encode() + b"\n\n" + message
    asked = ["git", "hash-object", "-t", "commit", "-w", "--stdin", "--literally"]
    return subprocess.run(asked, cwd=root, input=content, capture_output=True, check=True).stdout.decode().strip()


def shown(root, revision):
    """Return subject and body as `git log` prints them."""
    asked = ["git", "log", "-1", "--format=%s%x00%b", revision]
    output = subprocess.run(asked, cwd=root, capture_output=True, check=True).stdout.decode("utf-8", "replace")
    subject, _, body = output.removesuffix("\n").partition("\0")
    return subject, body


def children():
    """Return the processes that this one has started and that still run or wait."""
    tasks = Path("/proc/self/task")
    return {pid for task in tasks.iterdir() for pid in (task / "children").read_text().split()}


@pytest.mark.parametrize("message", ODD_MESSAGES)
def test_a_commit_is_told_as_git_log_tells_it(found, message):
    revision = store(found.root, message.encode())
    commit = found.log(revision)[0]
    assert (commit.subject, commit.body.strip()) == tuple(part.strip() for part in shown(found.root, revision))
    assert commit.revision == revision


@settings(max_examples=200)
@given(st.text(st.sampled_from("ab \t\r\n\x0b\u2028"), max_size=30))
def test_subject_and_body_lose_no_word_and_keep_their_order(message):
    subject, body = split_message(message)
    assert f"{subject} {body}".split() == message.split()
    assert "\n" not in subject
    assert not body or body.split("\n", 1)[0].strip(" \t\r")


SIGNATURE = (" -----BEGIN PGP SIGNATURE-----", " ", " words\n \n of it", " -----END PGP SIGNATURE-----")


@pytest.mark.parametrize(
    ("headers", "content"),
    [
        (["encoding ISO-8859-1"], "Größe\n".encode("latin-1")),
        (["encoding no-such-encoding"], "Größe\n".encode()),
        (["mergetag object 0", " type commit", " ", " words"], "Größe\n".encode()),
        (["gpgsig" + "\n".join(SIGNATURE)], "Größe\n".encode()),
        (["gpgsig-sha256" + "\n".join(SIGNATURE), "encoding latin1"], "Größe\n".encode("latin-1")),
        (["made-up header", " encoding latin1", " author Nobody <> 1 +0000"], "Größe\n".encode()),
    ],
)
def test_a_commit_is_read_whatever_headers_stand_before_its_message(found, headers, content):
    commit = found.log(store(found.root, content, *headers))[0]
    assert (commit.subject, commit.body) == ("Größe", "")


@pytest.mark.parametrize(
    "stamp", ["Author", "<>", "Author <a@b.invalid> when", " <a> 1767607200 +0000", "A <a> 99999999999999 +0"]
)
def test_a_commit_whose_author_is_no_author_is_read_all_the_same(found, stamp):
    tree = found.run("write-tree").stdout.decode().strip()
    content = f"tree {tree}\nauthor {stamp}\ncommitter {stamp}\n\nSubject\n".encode()
    revision = (
        found.run("hash-object", "-t", "commit", "-w", "--stdin", "--literally", stdin=content).stdout.decode().strip()
    )
    assert found.log(revision)[0].subject == "Subject"


@pytest.mark.parametrize(
    ("revisions", "options", "subjects"),
    [
        ((), {}, ["Third", "Second (TASK-1)", "First"]),
        (("HEAD~1",), {}, ["Second (TASK-1)", "First"]),
        (("HEAD~2..HEAD",), {}, ["Third", "Second (TASK-1)"]),
        (("HEAD", "^HEAD~1"), {}, ["Third"]),
        ((), {"limit": 1}, ["Third"]),
        ((), {"paths": ["other.txt"]}, ["Third"]),
        ((), {"paths": ["other.txt", "kept.txt"], "limit": 2}, ["Third", "Second (TASK-1)"]),
        ((), {"naming": "(TASK-1)"}, ["Second (TASK-1)"]),
        ((), {"naming": "(TASK-.)"}, []),
        ((), {"since": "2026-01-06T00:00:00"}, ["Third"]),
        (("HEAD",), {"first_parent": True}, ["Third", "Second (TASK-1)", "First"]),
    ],
)
def test_commits_are_chosen_by_revision_path_time_and_words(found, git, monkeypatch, revisions, options, subjects):
    (found.root / "kept.txt").write_text("one\n")
    git("commit", "-qam", "Second (TASK-1)", cwd=found.root)
    (found.root / "other.txt").write_text("x\n")
    git("add", "-A", cwd=found.root)
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-01-07T10:00:00+00:00")
    git("commit", "-qm", "Third", cwd=found.root)
    assert [commit.subject for commit in found.log(*revisions, **options)] == subjects


def test_a_repository_without_a_commit_has_no_history(repository):
    assert GitRepository.find(repository).log() == []


@pytest.mark.parametrize("revision", ["--output=made", "-omade", "--all", "nowhere", "0" * 40, "a..b"])
def test_a_revision_that_is_none_is_refused_and_writes_nothing(found, revision):
    with pytest.raises(OutsideRefused, match="git log"):
        found.log(revision)
    assert not (found.root / "made").exists()


@pytest.mark.parametrize("base", ["nowhere", "0" * 40, "--output=made"])
def test_a_difference_from_a_revision_that_is_none_is_refused(found, base):
    with pytest.raises(OutsideRefused, match="git diff"):
        found.patches(base, context_lines=0)
    assert not (found.root / "made").exists()


def test_status_tells_each_kind_of_change(found, git):
    root = found.root
    for name in ("gone", "staged", "moved"):
        (root / name).write_text(f"{name}\n" * 5)
    git("add", "-A", cwd=root)
    git("commit", "-qm", "More", cwd=root)
    git("mv", "moved", "moved to", cwd=root)
    (root / "gone").unlink()
    (root / "staged").write_text("new\n")
    git("add", "staged", cwd=root)
    (root / "staged").write_text("newer\n")
    (root / "folder").mkdir()
    (root / "folder/new\nline").write_text("")
    (root / os.fsdecode(b"b\xffd")).write_text("")
    told = {change.path: (change.index, change.tree) for change in found.changes()}
    assert told == {
        "moved to": ("R", " "),
        "gone": (" ", "D"),
        "staged": ("M", "M"),
        "folder/new\nline": ("?", "?"),
        os.fsdecode(b"b\xffd"): ("?", "?"),
    }


def test_status_shows_both_sides_of_a_conflict(found, git):
    git("checkout", "-qb", "side", cwd=found.root)
    (found.root / "kept.txt").write_text("side\n")
    git("commit", "-qam", "Side", cwd=found.root)
    git("checkout", "-q", "main", cwd=found.root)
    (found.root / "kept.txt").write_text("main\n")
    git("commit", "-qam", "Main", cwd=found.root)
    subprocess.run(["git", "merge", "-q", "side"], cwd=found.root, capture_output=True, check=False)
    assert [(change.path, change.index, change.tree) for change in found.changes()] == [("kept.txt", "U", "U")]


def test_added_lines_are_numbered_as_they_stand_now(found):
    (found.root / "kept.txt").write_text("zero\none\n++ b/not a header\nthree\nfour")
    (patch,) = found.patches("HEAD", context_lines=0)
    assert patch.path == "kept.txt"
    assert list(patch.added()) == [(1, "zero"), (3, "++ b/not a header"), (5, "four")]


@pytest.mark.parametrize("renames", [True, False])
def test_a_file_that_was_moved_is_new_text_only_without_renames(found, git, renames):
    git("mv", "kept.txt", "moved.txt", cwd=found.root)
    patches = {patch.path: list(patch.added()) for patch in found.patches("HEAD", context_lines=0, renames=renames)}
    if renames:
        assert patches == {"moved.txt": []}
    else:
        assert patches == {"kept.txt": [], "moved.txt": [(1, "one"), (2, "two"), (3, "three")]}


CONFIGURATIONS = [
    {"diff.noprefix": "true"},
    {"diff.mnemonicPrefix": "true"},
    {"diff.srcPrefix": "x/", "diff.dstPrefix": "y/"},
    {"color.ui": "always", "color.diff": "always"},
    {"diff.context": "9", "diff.interHunkContext": "9"},
    {"diff.renames": "copies"},
    {"diff.submodule": "log"},
    {"diff.relative": "true"},
    {"status.short": "true", "status.branch": "true", "status.showUntrackedFiles": "no", "status.showStash": "true"},
    {"log.showSignature": "true", "log.follow": "true", "log.date": "relative", "log.decorate": "full"},
    {"core.quotePath": "true", "i18n.logOutputEncoding": "ISO-8859-1"},
    {"core.commentChar": ";", "log.diffMerges": "combined", "format.pretty": "raw"},
]


@pytest.mark.parametrize("configured", CONFIGURATIONS, ids=lambda configured: next(iter(configured)))
def test_what_a_person_configured_changes_no_answer(found, git, configured):
    for key, value in configured.items():
        git("config", key, value, cwd=found.root)
    (found.root / "kept.txt").write_text("one\ntwo\nthree\nfour\n")
    (found.root / "nëw").write_text("")
    assert [(change.path, change.tree) for change in found.changes()] == [("kept.txt", "M"), ("nëw", "?")]
    patches = found.patches("HEAD", context_lines=0)
    assert [(patch.path, list(patch.added())) for patch in patches] == [("kept.txt", [(4, "four")])]
    assert [commit.subject for commit in found.log()] == ["First"]


def test_no_program_that_a_repository_names_for_its_files_or_commits_is_run(found, git):
    root, trap = found.root, found.root.parent / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {root.parent}/ran\ncat\n")
    trap.chmod(0o755)
    (root / ".git/info/attributes").write_text("* diff=trap\n")
    for key in ("diff.trap.textconv", "diff.trap.command", "diff.external", "core.pager", "gpg.program"):
        git("config", key, str(trap), cwd=root)
    git("config", "log.showSignature", "true", cwd=root)
    signed = store(root, b"Signed\n", "gpgsig -----BEGIN PGP SIGNATURE-----", " ", " x", " -----END PGP SIGNATURE-----")
    (root / "kept.txt").write_text("other\n")
    assert found.log(signed)[0].subject == "Signed"
    assert [list(patch.added()) for patch in found.patches("HEAD", context_lines=0)] == [[(1, "other")]]
    assert found.changes()
    assert not (root.parent / "ran").exists()


@pytest.mark.parametrize(
    "name", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"]
)
def test_variables_of_another_repository_change_no_answer_and_stay_as_they_are(found, tmp_path, monkeypatch, name):
    (found.root / "kept.txt").write_text("other\n")
    monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    assert [commit.subject for commit in found.log()] == ["First"]
    assert [change.path for change in found.changes()] == ["kept.txt"]
    assert len(found.patches(found.head() or "", context_lines=0)) == 1
    assert os.environ[name] == str(tmp_path / "elsewhere")


def test_no_variable_of_gitpython_chooses_the_program_or_stops_it(repository):
    """In a process of its own, where GitPython is not imported yet."""
    program = "from conductor.providers.git import GitRepository; from pathlib import Path\n"
    program += "print(GitRepository.find(Path()).changes())"
    environment = {**os.environ, "GIT_PYTHON_GIT_EXECUTABLE": "/nowhere/git", "GIT_PYTHON_REFRESH": "no such word"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=repository, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_no_git_stays_behind(found):
    before = children()
    found.log()
    found.patches("HEAD", context_lines=2)
    found.changes()
    with pytest.raises(OutsideRefused):
        found.log("nowhere")
    assert children() == before


def test_a_path_is_taken_as_it_is_written(tmp_path, git):
    root = tmp_path / "$HOME ~ %PATH%"
    root.mkdir()
    git("init", "-q", "-b", "main", cwd=root)
    (root / "new").write_text("")
    assert [change.path for change in GitRepository.find(root).changes()] == ["new"]


def test_a_second_worktree_has_its_own_status_and_head(found, git, tmp_path):
    git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"), cwd=found.root)
    (tmp_path / "side/kept.txt").write_text("side\n")
    git("commit", "-qam", "Side", cwd=tmp_path / "side")
    (tmp_path / "side/new").write_text("")
    side = GitRepository.find(tmp_path / "side")
    assert [change.path for change in side.changes()] == ["new"]
    assert [commit.subject for commit in side.log()] == ["Side", "First"]
    assert found.changes() == []


def test_a_repository_of_sha_256_has_a_history_and_says_that_its_files_are_not_compared(tmp_path, git):
    git("init", "-q", "--object-format=sha256", cwd=tmp_path)
    for subject in ("First", "Second"):
        git("commit", "-q", "--allow-empty", "-m", subject, cwd=tmp_path)
    found = GitRepository.find(tmp_path)
    assert [(commit.subject, len(commit.revision)) for commit in found.log()] == [("Second", 64), ("First", 64)]
    assert [commit.subject for commit in found.log("HEAD", limit=1)] == ["Second"]
    with pytest.raises(OutsideRefused, match="SHA-256"):
        found.patches("HEAD", context_lines=0)
