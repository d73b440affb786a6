"""Which commits git merges, and what a renumbering tells about them; each is a commit that holds the very bytes given."""

import pytest

from conductor.providers.git import GitRepository
from conductor.records.merge_driver import Sides, find_sides, run_driver
from conductor.records.merge_ids import Versions
from tests.records.test_merge import block, row, tasks_file

NAME = "TASKS.md"
OLD, NEW = "TASK-2026-01-05-002", "TASK-2026-01-05-003"
BASE = tasks_file([block(1, "Build", "Current Task")], [row(1, "Build")])


def two(title):
    return tasks_file([block(1, "Build", "Current Task"), block(2, title)], [row(1, "Build"), row(2, title)])


OURS, THEIRS = two("Mine"), two("Yours")
VERSIONS = Versions(BASE.encode(), OURS.encode(), THEIRS.encode())


@pytest.fixture
def commit(repository, git):
    """Return a function that commits files on a branch (made at `start`) and returns the revision."""

    def write(branch, start=None, message="Change", **files):
        git("checkout", "-q", "-B", branch, *([start] if start else []), cwd=repository)
        for name, text in files.items():
            path = repository / name.replace("__", "/").replace("_md", ".md")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        git("add", "-A", cwd=repository)
        git("commit", "-q", "--allow-empty", "-m", message, cwd=repository)
        return git("rev-parse", "HEAD", cwd=repository)

    return write


@pytest.fixture
def tips(commit):
    """Return base, ours (checked out) and theirs, each with another text in TASKS.md."""
    base = commit("main", TASKS_md=BASE)
    theirs = commit("two", "main", TASKS_md=THEIRS)
    ours = commit("one", "main", TASKS_md=OURS)
    return base, ours, theirs


def find(repository, environment=(), versions=VERSIONS):
    return find_sides(GitRepository.find(repository), NAME, versions, dict(environment))


def point(repository, name, text):
    path = repository / ".git" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def test_a_merge_names_their_commit_in_its_environment(repository, tips):
    base, _, theirs = tips
    assert find(repository, {f"GITHEAD_{theirs}": "two"}) == Sides(base, "HEAD", theirs)


@pytest.mark.parametrize("head", ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REBASE_HEAD"])
def test_git_points_at_their_commit(repository, tips, head):
    base, _, theirs = tips
    point(repository, head, f"{theirs}\n")
    assert find(repository) == Sides(base, "HEAD", head)


def test_another_variable_names_no_commit_even_where_a_branch_is_called_so(repository, tips):
    base, _, theirs = tips
    point(repository, "MERGE_HEAD", f"{theirs}\n")
    assert find(repository, {"two": "1"}) == Sides(base, "HEAD", "MERGE_HEAD")


@pytest.mark.parametrize("branch", ["two", "three"])
def test_a_rebase_writes_down_which_commit_it_replays(repository, git, commit, tips, branch):
    commit("three", "main", message="The same bytes", TASKS_md=THEIRS)
    replayed = git("rev-parse", branch, cwd=repository)
    git("checkout", "-q", "one", cwd=repository)
    point(repository, "rebase-merge/done", f"pick {tips[1]} One\npick {replayed} Two\n")
    assert find(repository) == Sides(tips[0], "HEAD", replayed)


def test_histories_that_have_nothing_in_common_are_told_from_an_empty_base(repository, git, tips):
    git("checkout", "-q", "--orphan", "alone", cwd=repository)
    git("commit", "-q", "-m", "Alone", cwd=repository)
    versions = Versions(b"", OURS.encode(), THEIRS.encode())
    assert find(repository, {f"GITHEAD_{tips[2]}": "two"}, versions) is None


@pytest.mark.parametrize("text", ["", "\n", "noop\n", "exec\n", "break\n"])
def test_a_rebase_that_replayed_nothing_yet_tells_nothing(repository, tips, text):
    point(repository, "rebase-merge/done", text)
    assert find(repository).theirs == tips[2]


def test_a_commit_of_any_ref_that_wrote_the_bytes_is_theirs(repository, tips):
    assert find(repository) == Sides(tips[0], "HEAD", tips[2])


def test_a_cherry_pick_s_base_is_the_commit_before_it(repository, commit, tips):
    picked = commit("two", "two", TASKS_md=THEIRS.replace("Yours", "Yours too"))
    commit("one", "one", message="Back")
    point(repository, "CHERRY_PICK_HEAD", f"{picked}\n")
    versions = Versions(THEIRS.encode(), OURS.encode(), THEIRS.replace("Yours", "Yours too").encode())
    assert find(repository, versions=versions) == Sides("CHERRY_PICK_HEAD^", "HEAD", "CHERRY_PICK_HEAD")


@pytest.mark.parametrize("version", ["base", "ours", "theirs"])
def test_where_a_version_is_in_no_commit_nothing_is_told(repository, tips, version):
    changed = {"base": VERSIONS.base, "ours": VERSIONS.ours, "theirs": VERSIONS.theirs, version: b"of nobody\n"}
    assert find(repository, {f"GITHEAD_{tips[2]}": "two"}, Versions(**changed)) is None


def test_a_file_that_is_not_there_is_empty(repository, commit):
    base = commit("main", README_md="x")
    theirs = commit("two", "main", TASKS_md=THEIRS)
    commit("one", "main", TASKS_md=OURS)
    versions = Versions(b"", OURS.encode(), THEIRS.encode())
    assert find(repository, {f"GITHEAD_{theirs}": "two"}, versions) == Sides(base, "HEAD", theirs)


def drive(repository, environment=(), path=NAME, versions=VERSIONS, target=("origin", "main")):
    return run_driver(GitRepository.find(repository), versions, path, dict(environment), target)


def test_the_side_that_is_not_on_the_remote_s_branch_is_renumbered(repository, git, tips):
    git("update-ref", "refs/remotes/origin/main", tips[2], cwd=repository)
    assert drive(repository).notes[0] == f"{OLD} is two different things; the one of ours is {NEW} now"
    git("update-ref", "refs/remotes/origin/main", tips[1], cwd=repository)
    assert drive(repository).notes[0] == f"{OLD} is two different things; the one of theirs is {NEW} now"


def test_the_remote_s_branch_is_surer_than_one_s_own(repository, git, tips):
    git("branch", "-f", "main", tips[1], cwd=repository)
    git("update-ref", "refs/remotes/origin/main", tips[2], cwd=repository)
    assert "the one of ours is" in drive(repository).notes[0]
    git("update-ref", "-d", "refs/remotes/origin/main", cwd=repository)
    assert "the one of theirs is" in drive(repository).notes[0]
    assert "the one of theirs is" in drive(repository, target=("upstream", "two")).notes[0].replace("ours", "theirs")


@pytest.mark.parametrize(
    "name", ["JOURNAL_md", "ERRORS_md", "TASKS_ARCHIVE__2026-01_md", "JOURNAL_ARCHIVE__2026-01_md"]
)
def test_an_id_that_a_side_names_anywhere_is_not_given_again(repository, commit, tips, name):
    theirs = commit("two", "two", **{name: "words about TASK-2026-01-05-007\n"})
    commit("one", "one", message="Back")
    notes = drive(repository, {f"GITHEAD_{theirs}": "two"}).notes
    assert notes[0].endswith("the one of theirs is TASK-2026-01-05-008 now")


def test_where_no_commits_are_known_the_files_alone_tell(repository, commit):
    commit("main", README_md="x")
    result = drive(repository)
    assert result.notes == [f"{OLD} is two different things; the one of theirs is {NEW} now"]
    assert f"**Task ID**: {NEW}".encode() in result.merged.text


@pytest.mark.parametrize("renumbered", ["ours", "theirs"])
def test_commits_evidence_and_files_that_still_name_the_old_id_are_told(repository, git, commit, renumbered):
    base = commit("main", TASKS_md=BASE)
    files = {
        "TASKS_md": OURS,
        ".conductor__evidence__2026-01__s-1.jsonl": f'{{"task": "{OLD}"}}\n',
        "JOURNAL_md": f"a {OLD}\n",
    }
    tip, other = ("one", "two") if renumbered == "ours" else ("two", "one")
    files["TASKS_md"] = OURS if renumbered == "ours" else THEIRS
    side = commit(tip, "main", message=f"Do it\n\nTask: {OLD}", **files)
    there = commit(other, "main", message="Else", TASKS_md=THEIRS if renumbered == "ours" else OURS)
    git("checkout", "-q", "one", cwd=repository)
    git("update-ref", "refs/remotes/origin/main", there, cwd=repository)
    theirs = there if renumbered == "ours" else side
    named = side[:10] if renumbered == "theirs" else "HEAD"
    assert drive(repository, {f"GITHEAD_{theirs}": "two"}).notes == [
        f"{OLD} is two different things; the one of {renumbered} is {NEW} now",
        f"  commit {side[:10]} still names {OLD}: Do it",
        f"  evidence .conductor/evidence/2026-01/s-1.jsonl:1 still names {OLD}",
        f"  JOURNAL.md names {OLD} too, and git takes it as one side has it. When the merge is done, run:",
        f"    conductor records renumber {OLD} {NEW} --lines-of {base[:10]}..{named}",
    ]


def test_evidence_that_is_no_text_is_named_too(repository, commit, tips):
    path = repository / ".conductor/evidence/2026-01/s-1.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\n\xff " + OLD.encode() + b"\n")
    theirs = commit("two", "two")
    commit("one", "one", message="Back")
    notes = drive(repository, {f"GITHEAD_{theirs}": "two"}).notes
    assert f"  evidence .conductor/evidence/2026-01/s-1.jsonl:2 still names {OLD}" in notes


def test_a_file_that_only_one_side_wrote_and_that_does_not_name_it_is_not_told(repository, commit, tips):
    theirs = commit("two", "two", JOURNAL_md="words\n")
    commit("one", "one", message="Back")
    assert len(drive(repository, {f"GITHEAD_{theirs}": "two"}).notes) == 1


def test_another_file_takes_the_ids_that_the_tasks_got(repository, commit):
    base = commit("main", TASKS_md=BASE, JOURNAL_md="# Journal\n")
    theirs = commit("two", "main", TASKS_md=THEIRS, JOURNAL_md=f"# Journal\n\nyours {OLD}\n")
    commit("one", "main", TASKS_md=OURS, JOURNAL_md=f"# Journal\n\nmine {OLD}\n")
    versions = Versions(b"# Journal\n", f"# Journal\n\nmine {OLD}\n".encode(), f"# Journal\n\nyours {OLD}\n".encode())
    result = drive(repository, {f"GITHEAD_{theirs}": "two"}, "JOURNAL.md", versions)
    assert base
    assert f"mine {OLD}".encode() in result.merged.text
    assert f"yours {NEW}".encode() in result.merged.text
    assert not [note for note in result.notes if "two different things" in note]


@pytest.mark.parametrize("count", [1, 2])
def test_places_that_both_changed_are_counted(repository, commit, count):
    commit("main", README_md="x")
    base = BASE.replace("- **Key Files**: a.py", "- **Key Files**: a.py\n- **Goal**: b")
    changes = [("PLANNING", "BLOCKED", "TESTING"), ("a.py", "b.py", "c.py")][:count]
    ours = theirs = base
    for old, mine, yours in changes:
        ours, theirs = ours.replace(old, mine), theirs.replace(old, yours)
    notes = drive(repository, versions=Versions(base.encode(), ours.encode(), theirs.encode())).notes
    said = "1 place changed" if count == 1 else "2 places changed"
    assert notes == [f"TASKS.md: {said} on both sides"]
