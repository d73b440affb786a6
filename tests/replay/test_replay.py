"""The replay of histories: real repositories, straight from git's objects."""

import json
import re
import shutil
import signal
import subprocess
import sys

import pytest

from conductor.errors import NothingToDo, OutsideRefused, UsageProblem
from conductor.providers.history import GitHistory
from tests.replay.conftest import Past, codes
from tests.replay.story import COMMITS, write_story

GOOD = 'FROM python:3.11-slim\nCOPY app.py /app.py\nCMD ["python", "/app.py"]\n'
BAD = 'FROM python:3.11-slim\nCOPY app.py /app.py\nCOPY gone.py /gone.py\nCMD ["python", "/app.py"]\n'
APP = {"app.py": "print('up')\n"}
ARCHIVED = 'FROM debian:buster\nRUN apt-get update && apt-get install -y curl\nCMD ["curl"]\n'


@pytest.fixture
def story(tmp_path):
    root = tmp_path / "story"
    root.mkdir()
    return root, write_story(root)


def test_the_story_is_told_as_it_happened(story, past):
    root, revisions = story
    told_story, told = past.replay(root=root)
    done = [told[one] for one in revisions]
    assert [one.stopped for one in done] == [False, False, True, True, True, True, True, False]
    assert codes(done[2].new) == ["PF-WHEEL-001", "PF-WHEEL-003", "PF-WHEEL-004"]
    assert [(one.code, came.code) for one, came in done[3].moved] == [
        ("PF-WHEEL-001", "PF-WHEEL-001"),
        ("PF-WHEEL-003", "PF-WHEEL-003"),
        ("PF-WHEEL-004", "PF-WHEEL-008"),
    ]
    assert [one.id for one in told_story.only_moved] == [revisions[3], revisions[6]]
    assert "".join(codes(done[7].repaired)) == "PF-WHEEL-003PF-WHEEL-004"
    assert not [
        life for life in told_story.lives.values() if life.repaired is None and life.finding.severity == "error"
    ]


def test_a_task_called_complete_and_repaired_after_is_told(story, past):
    root, revisions = story
    told_story, _ = past.replay(root=root)
    assert [(one.task, one.claimed.id, one.repaired.id, one.later) for one in told_story.claims] == [
        ("TASK-2025-08-16-001", revisions[3], revisions[5], 2)
    ]


def test_a_planned_task_that_vanished_is_told_with_its_title(story, past):
    root, revisions = story
    told_story, _ = past.replay(root=root)
    (loss, revision) = told_story.lost[("task", "TASK-2025-08-16-002")]
    assert (loss.title, loss.planned, revision.id) == ("Measure the worker on an L40", True, revisions[6])


def test_a_defect_lives_from_its_first_to_its_last_commit(past):
    first = past.commit({**APP, "Dockerfile": GOOD})
    broken = past.commit({"Dockerfile": BAD})
    carried = past.commit({"README.md": "words\n"})
    mended = past.commit({"Dockerfile": GOOD})
    story, told = past.replay()
    (life,) = story.lives.values()
    assert (life.first.id, life.last.id, life.commits) == (broken, carried, 2)
    assert life.repaired is not None
    assert life.repaired.id == mended
    assert [one.id for one in story.stopped] == [broken, carried]
    assert [codes(told[one].new) for one in (first, broken, carried)] == [[], ["PF-COPY-001"], []]
    assert codes(told[carried].carried) == ["PF-COPY-001"]


def test_a_line_that_moves_is_the_same_defect(past):
    past.commit({**APP, "Dockerfile": BAD})
    moved = past.commit({"Dockerfile": BAD.replace("COPY", "ENV A=1\nCOPY")})
    story, told = past.replay()
    assert told[moved].is_quiet
    assert len(story.lives) == 1


def test_a_defect_that_comes_back_is_one_life_and_says_so(past):
    for dockerfile in (GOOD, BAD, GOOD, BAD):
        past.commit({**APP, "Dockerfile": dockerfile})
    story, _ = past.replay()
    (life,) = story.lives.values()
    assert (life.came_back, life.commits, life.repaired) == (1, 2, None)


def test_a_renamed_context_carries_its_defects(past):
    past.commit({"docker/app.py": "print()\n", "docker/Dockerfile": BAD})
    past.git("mv", "docker", "worker")
    renamed = past.seal()
    after = past.commit({"README.md": "x\n"})
    story, told = past.replay()
    assert told[renamed].is_quiet
    assert told[after].is_quiet
    assert [(life.commits, life.finding.location.path) for life in story.lives.values()] == [(3, "worker/Dockerfile")]


def test_a_range_begins_with_what_was_there_before(past):
    past.commit({**APP, "Dockerfile": BAD})
    past.commit({"README.md": "1\n"})
    last = past.commit({"Dockerfile": GOOD})
    story, told = past.replay("HEAD~1..HEAD")
    assert list(told) == [last]
    assert codes(told[last].repaired) == ["PF-COPY-001"]
    (life,) = story.lives.values()
    assert life.before
    assert not story.stopped


def test_a_merge_repairs_nothing_that_its_branches_repaired(past):
    past.commit({**APP, "Dockerfile": BAD})
    past.git("checkout", "-q", "-b", "mend")
    mended = past.commit({"Dockerfile": GOOD})
    past.git("checkout", "-q", "main")
    past.commit({"README.md": "1\n"})
    past.git("merge", "-q", "--no-ff", "-m", "Merge", "mend")
    merged = past.git("rev-parse", "HEAD")
    story, told = past.replay()
    assert codes(told[mended].repaired) == ["PF-COPY-001"]
    assert told[merged].is_quiet
    (life,) = story.lives.values()
    assert life.repaired is not None
    assert life.repaired.id == mended


def test_what_a_merge_breaks_is_new_with_the_merge(past):
    past.commit({**APP, "Dockerfile": GOOD})
    past.git("checkout", "-q", "-b", "side")
    past.git("rm", "-q", "app.py")
    past.commit({"Dockerfile": 'FROM python:3.11-slim\nCMD ["python", "-V"]\n'})
    past.git("checkout", "-q", "main")
    past.commit({"README.md": "1\n"})
    past.git("merge", "-q", "--no-commit", "side")
    merged = past.commit({"Dockerfile": GOOD})
    _, told = past.replay()
    assert "PF-COPY-001" in codes(told[merged].new)


def test_a_shallow_clone_says_where_it_ends_and_calls_nothing_new(past, tmp_path):
    for number in range(3):
        past.commit({**APP, "Dockerfile": BAD, "README.md": f"{number}\n"})
    past.git("clone", "-q", "--depth", "2", f"file://{past.root}", str(tmp_path / "shallow"))
    story, told = past.replay(root=tmp_path / "shallow")
    assert len(told) == 2
    assert len(story.span.shallow) == 1
    (life,) = story.lives.values()
    assert life.before


def test_a_bare_repository_is_read_like_any_other(past, tmp_path):
    past.commit({**APP, "Dockerfile": BAD})
    past.git("clone", "-q", "--bare", str(past.root), str(tmp_path / "bare.git"))
    story, _ = past.replay(root=GitHistory.find(tmp_path / "bare.git").folder)
    assert len(story.stopped) == 1


def test_a_commit_is_judged_by_the_facts_of_its_day(past):
    early = past.commit({"Dockerfile": ARCHIVED}, date="2025-03-01T12:00:00Z")
    late = past.commit({"README.md": "x\n"}, date="2025-09-01T12:00:00Z")
    _, told = past.replay()
    assert "PF-APT-002" not in codes([*told[early].new])
    assert "the repositories of debian10 were moved to the archive, so apt finds nothing" in {
        finding.message for finding in told[late].new
    }


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"Dockerfile": b"\x7fELF\0\0"}, "RP-FILE-001"),
        ({"Dockerfile": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"}, "RP-FILE-001"),
        ({"Dockerfile": GOOD, "CONDUCTOR.md": "---\nconductor: 1\nbulid: {}\n---\n"}, "RP-FILE-001"),
        ({"Dockerfile": GOOD, ".github/workflows/b.yml": "on: push\njobs: {a: [}\n"}, "PF-FLOW-001"),
        ({"Dockerfile": GOOD, ".github/workflows/b.yml": "on:\n\tpush\n"}, "PF-FLOW-001"),
        ({"Dockerfile": b""}, "PF-FILE-001"),
    ],
)
def test_what_can_not_be_read_in_the_middle_is_a_finding_of_that_commit(past, files, code):
    past.commit({**APP, "Dockerfile": GOOD})
    broken = past.commit(files)
    mended = past.commit({**{name: "# none\n" for name in files if name != "Dockerfile"}, "Dockerfile": GOOD})
    _, told = past.replay()
    assert code in codes(told[broken].new)
    assert code in codes(told[mended].repaired)


def test_what_lies_in_a_submodule_is_not_missing(past):
    past.commit({"Dockerfile": GOOD.replace("app.py /app.py", "sub/app.py /app.py"), ".gitmodules": "[submodule]\n"})
    past.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    added = past.seal()
    _, told = past.replay()
    assert "PF-COPY-001" not in codes([*told[added].new, *told[added].carried])


def test_a_file_in_lfs_is_there_and_its_content_unknown(past):
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
    first = past.commit({"app.py": pointer, "Dockerfile": GOOD})
    _, told = past.replay()
    assert not [finding for finding in told[first].new if finding.severity == "error"]


def test_links_in_a_commit_are_followed_inside_of_it_only(past):
    (past.root / "app.py").symlink_to("real.py")
    (past.root / "out.py").symlink_to("../../etc/passwd")
    (past.root / "round").symlink_to("round")
    first = past.commit({"real.py": "import runpod\n", "Dockerfile": GOOD})
    with GitHistory(past.root).open() as objects:
        tree = objects.tree(first)
        assert tree.read("app.py", 100) == b"import runpod\n"
        assert [tree.read(path, 9) for path in ("out.py", "round", "../x", "/etc/passwd", "real.py/x", "")] == [
            None
        ] * 6
        assert tree.node("out.py").kind == "link"


def test_several_images_are_judged_where_workflows_build_them(past):
    build = "jobs: {{b: {{runs-on: x, steps: [{{uses: docker/build-push-action@v6, with: {{context: {0}}}}}]}}}}\n"
    past.commit({
        "one/Dockerfile": BAD, "two/Dockerfile": BAD, "three/Dockerfile": BAD, "Dockerfile.old": BAD,
        ".github/workflows/1.yml": "on: push\n" + build.format("one"),
        ".github/workflows/2.yml": "on: push\n" + build.format("two"),
    })  # fmt: skip
    story, _ = past.replay()
    assert {key.path for key in story.lives} == {"one/Dockerfile", "two/Dockerfile"}
    story, _ = past.replay(paths=["two"])
    assert {key.path for key in story.lives} == {"two/Dockerfile"}


def test_pushes_are_counted_where_this_clone_noted_them(past, tmp_path):
    past.git("init", "-q", "--bare", str(tmp_path / "remote.git"))
    past.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    past.commit({**APP, "Dockerfile": GOOD})
    past.git("push", "-q", "origin", "main")
    assert past.replay()[0].pushed() == (0, 1)
    past.commit({"Dockerfile": BAD})
    past.commit({"README.md": "x\n"})
    past.git("push", "-q", "origin", "main")
    assert past.replay()[0].pushed() == (1, 2)


def test_a_revision_that_does_not_exist_and_an_empty_range_are_named(past):
    past.commit({**APP, "Dockerfile": GOOD})
    with pytest.raises(UsageProblem, match="nowhere"):
        past.replay("nowhere..HEAD")
    with pytest.raises(NothingToDo, match="holds no commit"):
        past.replay("HEAD..HEAD")


def test_an_unborn_branch_is_a_usage_problem(past):
    with pytest.raises(UsageProblem):
        past.replay()


def test_many_commits_in_several_processes_are_told_as_in_one(past, monkeypatch):
    import os

    for number in range(30):
        past.commit({**APP, "Dockerfile": BAD if number % 3 else GOOD, "README.md": f"{number}\n"})
    together = past.replay()[1]
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    alone = past.replay()[1]
    assert list(together) == list(alone)
    assert [codes(one.new) for one in together.values()] == [codes(one.new) for one in alone.values()]


def test_the_command_prints_a_timeline_of_eighty_columns(story, conductor):
    root, revisions = story
    done = conductor("replay", cwd=root)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert all(len(line) <= 80 for line in lines if "https://" not in line and ".whl" not in line)
    assert [line for line in lines if line.startswith("2025-")] == [
        f"{date[:10]} {revision[:7]} {message}"
        for (date, message, _), revision in zip(COMMITS, revisions, strict=True)
        if message not in {COMMITS[1][1], COMMITS[4][1]}
    ]
    assert "  5 commits would have been stopped" in lines


def test_the_command_answers_as_json(story, conductor):
    root, revisions = story
    done = conductor("replay", "HEAD~3..", "--json", cwd=root)
    answer = json.loads(done.stdout)
    assert (answer["schema"], answer["command"], answer["exit"], done.returncode) == (1, "replay", 1, 1)
    assert [one["id"] for one in answer["commits"]] == revisions[-3:]
    assert answer["totals"]["commits"] == 3


def test_a_repository_without_an_image_has_nothing_to_tell(past, conductor):
    past.commit({"README.md": "x\n"})
    done = conductor("replay", cwd=past.root)
    assert done.returncode == 3
    assert "no commit has a Dockerfile" in done.stderr


def test_a_path_outside_the_repository_is_refused(past, conductor):
    past.commit({**APP, "Dockerfile": GOOD})
    assert conductor("replay", "--path", "../..", cwd=past.root).returncode == 2


def write_long_history(root, commits):
    """Write a history in one go, as `git fast-import` takes it; every other commit breaks the image."""
    stream = []
    for number in range(commits):
        dockerfile = BAD if number % 2 else GOOD
        when = f"An Author <author@example.org> {1_740_000_000 + number * 60} +0000"
        stream += [
            "commit refs/heads/main",
            f"author {when}",
            f"committer {when}",
            f"data {len(str(number))}",
            str(number),
            f"M 100644 inline Dockerfile\ndata {len(dockerfile)}",
            dockerfile,
            "M 100644 inline app.py\ndata 8",
            "print()\n",
        ]
    subprocess.run(["git", "fast-import", "--quiet"], cwd=root, input="\n".join(stream) + "\n", text=True, check=True)


def test_an_interrupted_replay_tells_what_it_has(past):
    write_long_history(past.root, 3000)
    started = subprocess.Popen(
        [sys.executable, "-m", "conductor", "replay"],
        cwd=past.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert started.stdout.readline().startswith("  … 1 commit")
    started.send_signal(signal.SIGINT)
    out, _ = started.communicate()
    assert started.returncode == 130
    assert re.search(r"interrupted after [\d,]+ of 3,000 commits", out)
    assert "would have been stopped" in out


def test_a_long_history_is_told_with_bounded_memory(past):
    write_long_history(past.root, 10_000)
    # What getrusage tells of a child begins with the memory of the process that started it.
    program = (
        "import re, sys; from conductor.cli.main import run; sys.argv = ['conductor', 'replay', '--path', '.'];"
        "code = run() or 0; status = open('/proc/self/status').read();"
        "print(code, re.search(r'VmHWM:\\s+([0-9]+) kB', status)[1], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, cwd=past.root, capture_output=True, text=True)
    code, peak_kib = map(int, done.stderr.split()[-2:])
    assert code == 1
    assert "10,000 commits" in done.stdout
    assert "5,000 commits would have been stopped" in done.stdout
    assert peak_kib < 400_000


def test_a_repository_whose_ids_are_sha256_is_replayed_as_any_other(tmp_path):
    root = tmp_path / "long"
    root.mkdir()
    past = Past(root)
    shutil.rmtree(root / ".git")
    past.git("init", "-q", "-b", "main", "--object-format=sha256")
    (root / "link.py").symlink_to("app.py")
    good = past.commit({**APP, "deep/er/file.txt": "x\n", "Dockerfile": GOOD})
    broken = past.commit({"Dockerfile": BAD})
    story, told = past.replay()
    assert len(good) == 64
    assert [one.id for one in story.stopped] == [broken]
    assert codes(told[broken].new)


def test_a_store_that_ends_is_no_empty_commit(past):
    first = past.commit({**APP, "Dockerfile": GOOD})
    with GitHistory(past.root).open() as objects:
        objects._store._contents.kill()
        objects._store._contents.wait()
        with pytest.raises(OutsideRefused, match="ended"):
            objects.tree(first)


def test_what_an_unreadable_file_hides_is_carried_and_not_repaired(past):
    flow = "on: push\njobs: {b: {runs-on: ubuntu-latest, steps: [{run: 'echo ${{ github.nothing }}'}]}}\n"
    place = ".github/workflows/b.yml"
    past.commit({**APP, "Dockerfile": BAD, place: flow})
    binary = past.commit({"Dockerfile": b"\x7fELF\0\0"})
    mended = past.commit({"Dockerfile": BAD})
    torn = past.commit({place: "on: push\njobs: {a: [}\n"})
    repaired = past.commit({"Dockerfile": GOOD, place: flow})
    story, told = past.replay()
    assert codes(told[binary].new) == ["RP-FILE-001"]
    assert not told[binary].repaired
    assert codes(told[mended].repaired) == ["RP-FILE-001"]
    assert not told[mended].new
    assert codes(told[torn].new) == ["PF-FLOW-001"]
    assert not told[torn].repaired
    assert sorted(codes(told[repaired].repaired)) == ["PF-COPY-001", "PF-FLOW-001"]
    assert not told[repaired].new
    assert not story.only_moved
    assert all(life.came_back == 0 for life in story.lives.values())


def test_a_path_without_an_image_is_said(past, conductor):
    past.commit({**APP, "Dockerfile": GOOD})
    done = conductor("replay", "--path", "worker", cwd=past.root)
    assert done.returncode == 3
    assert "no commit has an image at or below worker" in done.stderr


def test_a_revision_that_does_not_exist_is_told_in_gits_own_words(past, conductor):
    past.commit({**APP, "Dockerfile": GOOD})
    done = conductor("replay", "nowhere..HEAD", cwd=past.root)
    assert done.returncode == 2
    assert "bad revision 'nowhere..HEAD'" in done.stderr
