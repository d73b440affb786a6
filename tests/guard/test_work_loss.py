"""What git really destroys, beside what the guard says of it before: each command runs in a repository of its own."""

import os
import shutil
import subprocess

import pytest

from conductor.guard.call import Call
from conductor.guard.decide import read_facts
from conductor.guard.judge.command import judge
from tests.guard.test_agents import shell_event
from tests.guard.test_hook import fire

# Each text stands in exactly one place; where it can't be found any more, it is lost.
WORK = {
    "app.py": "EDITED-APP",
    "src/mod.py": "EDITED-MOD",
    "staged.py": "STAGED-NEW",
    "notes.txt": "UNTRACKED-NOTES",
    "scratch/draft.md": "UNTRACKED-DRAFT",
}
UNTRACKED = {"notes.txt": WORK["notes.txt"]}
IGNORED = {".env": "IGNORED-ENV"}
STASHED, BRANCHED = "STASHED-WORK", "BRANCH-WORK"


def git(root, *arguments, stdin=None):
    done = subprocess.run(
        ["git", "-C", root, *arguments], input=stdin, capture_output=True, text=True, errors="replace", check=False
    )
    return done.stdout


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    """A repository with history, a stash and a branch that only a ref holds; nothing is dirty."""
    root = tmp_path_factory.mktemp("origin") / "project"
    root.mkdir()
    git(root, "init", "-qb", "main")
    for name, value in (("user.name", "Author"), ("user.email", "author@example.invalid")):
        git(root, "config", name, value)
    write(root, {"app.py": "one", "src/mod.py": "one", "README.md": "one", "TASKS.md": "# Tasks", ".gitignore": ".env"})
    git(root, "add", "-A")
    git(root, "commit", "-qm", "one")
    write(root, {"app.py": "two"})
    git(root, "commit", "-qam", "two")
    git(root, "branch", "merged", "HEAD~1")
    tree = git(root, "mktree", stdin=f"100644 blob {blob(root, 'of a branch')}\tnotes.txt\n")
    git(root, "branch", "withnotes", git(root, "commit-tree", tree.strip(), "-p", "HEAD", "-m", "x").strip())
    tree = git(root, "mktree", stdin=f"100644 blob {blob(root, BRANCHED)}\tx.py\n")
    git(root, "branch", "feature", git(root, "commit-tree", tree.strip(), "-p", "HEAD", "-m", "x").strip())
    write(root, {"app.py": STASHED})
    git(root, "stash", "-q")
    return root


def blob(root, text):
    return git(root, "hash-object", "-w", "--stdin", stdin=text + "\n").strip()


def make(origin, folder, state):
    """Copy the repository and put it into a state: clean, untracked, dirty."""
    root = folder / "project"
    shutil.copytree(origin, root, symlinks=True)
    write(root, IGNORED)
    if state == "untracked":
        write(root, UNTRACKED)
    if state == "dirty":
        write(root, WORK)
        git(root, "add", "staged.py")
    git(root, "update-index", "-q", "--refresh")
    return root


def texts(root):
    """Return everything that files, the index, refs, reflogs and stashes still hold."""
    found = [
        path.read_text(errors="replace")
        for path in root.parent.rglob("*")
        if path.is_file() and ".git" not in path.parts
    ]
    names = git(root, "rev-list", "--objects", "--all", "--reflog").split("\n")
    names += [row.split()[1] for row in git(root, "ls-files", "-s").splitlines()]
    wanted = "".join(f"{name.split()[0]}\n" for name in names if name)
    found.append(git(root, "cat-file", "--batch", stdin=wanted))
    return "\n".join(found)


def verdict_on(root, command):
    policy = {"root": str(root), "common_dir": str(root / ".git"), "grants": str(root.parent / "state/grants/x.json")}
    call = Call("claude", "PreToolUse", "Bash", "shell", session="s", cwd=str(root))
    call.command = command
    return judge(command, read_facts(call, policy, ("commit",)))


COMMANDS = """
git restore app.py
git restore .
git restore -- src
git restore '*.py'
git restore -s HEAD~1 app.py
git restore --staged app.py
git restore --staged .
git restore --staged --worktree app.py
git restore -s withnotes notes.txt
git checkout -- app.py
git checkout app.py
git checkout .
git checkout HEAD -- src
git checkout merged
git checkout merged -- app.py
git checkout withnotes
git checkout withnotes -- notes.txt
git checkout -b topic
git checkout -f
git checkout -f main
git checkout -f merged
git checkout -f withnotes
git switch merged
git switch --discard-changes merged
git switch -c topic
git reset
git reset --soft HEAD~1
git reset app.py
git reset --hard
git reset --hard HEAD
git reset --keep HEAD~1
git reset --merge
git reset --hard withnotes
git clean -f
git clean -fd
git clean -fdx
git clean -fdX
git clean -n
git clean
git clean -fd scratch
git clean -fd build
git stash
git stash push -m x
git stash push app.py
git stash -k
git stash pop
git stash apply
git stash drop
git stash clear
git stash list
git stash && git stash drop
git stash; git stash clear
git branch -D feature
git branch -d feature
git branch -d -f feature
git branch -D merged
git branch -m feature topic
git update-ref -d refs/heads/feature
git worktree add -q ../wt merged
git worktree prune
git rm -q app.py
git rm -qf app.py
git rm -q --cached app.py
git rm -qrf src
git mv app.py main.py
git add -A
git diff
git read-tree --reset -u HEAD
git checkout-index -f -a
git checkout-index -f app.py
git apply --check fix.diff
git gc -q
: > app.py
> notes.txt
echo x >> app.py
echo x > README.md
echo x > new.txt
truncate -s 0 app.py
shred -u notes.txt
dd if=/dev/null of=app.py
cp /dev/null app.py
cp README.md app.py
mv README.md app.py
mv app.py main.py
mv app.py src/
mv app.py ../kept.py
echo x | tee notes.txt
ln -sf README.md app.py
sed -i s/x/y/ app.py
rm app.py
rm README.md
rm -f notes.txt
rm -rf src
rm -rf scratch
rm -rf build
rm -rf .git
find . -name '*.py' -delete
find . -name '*.pyc' -delete
find . -name '*.py' | xargs rm
find . -name '*.py' -exec rm {} +
ls *.txt | xargs rm
git ls-files -o --exclude-standard | xargs rm
git diff --name-only | xargs git checkout --
git ls-files -m | xargs git restore
for f in *.txt; do rm "$f"; done
python3 -c "open('app.py','w')"
python3 -c "import os; os.remove('notes.txt')"
python3 -c "import shutil; shutil.rmtree('src')"
bash -c 'git checkout -- app.py'
cd src && git restore .
cd src && rm *
mkdir -p build && rm -rf build
""".strip().splitlines()
# The policy asks about these whatever is there: what they would do to the records, or to git's own folder.
ALWAYS = {
    "git reset --keep HEAD~1", "git reset --hard withnotes", "git clean -fdx", "git update-ref -d refs/heads/feature",
    "rm -rf .git", "git read-tree --reset -u HEAD",
}  # fmt: skip


@pytest.mark.parametrize("state", ["clean", "untracked", "dirty"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_asked_about_exactly_where_it_really_loses_something(origin, tmp_path, command, state):
    root = make(origin, tmp_path, state)
    tokens = {*WORK.values(), *IGNORED.values(), STASHED, BRANCHED}
    before = {token for token in tokens if token in texts(root)}
    verdict = verdict_on(root, command)
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    subprocess.run(
        ["bash", "-c", command], cwd=root, env=environment, capture_output=True, stdin=subprocess.DEVNULL, check=False
    )
    lost = before - {token for token in before if token in texts(root)} if (root / ".git").exists() else {STASHED}
    if lost:
        assert verdict.verdict != "allow", f"{lost} is gone"
    elif command not in ALWAYS:
        assert verdict.verdict == "allow", verdict.reason


def test_the_reason_names_the_files_and_offers_no_other_way(origin, tmp_path):
    root = make(origin, tmp_path, "dirty")
    for command in ("git reset --hard", "git restore .", "git checkout -- app.py", "git clean -fd"):
        verdict = verdict_on(root, command)
        assert verdict.rule == "work_loss"
        assert {name for name in ("app.py", "notes.txt") if name in verdict.reason}
        assert not {"restore", "checkout", "reset", "clean"} & set(verdict.reason.rpartition(": ")[2].split())


@pytest.mark.parametrize("command", ["git restore app.py", "rm notes.txt", "git stash drop", "git branch -D feature"])
def test_the_hook_asks_an_agent_that_can_put_the_question(origin, tmp_path, conductor, command):
    root = make(origin, tmp_path, "dirty")
    assert conductor("hooks", "install", "--agent", "all", cwd=root).returncode == 0
    asked = fire(root, "claude", {**shell_event("claude", command), "cwd": str(root)})
    assert b'"permissionDecision":"ask"' in asked.stdout
    assert b"work_loss" in asked.stdout
    refused = fire(root, "codex", {**shell_event("codex", command), "cwd": str(root)})
    assert refused.returncode == 2
