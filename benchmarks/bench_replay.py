"""`conductor replay` of 100 commits, beside reading their Dockerfiles with git and parsing them with hadolint.

The commits are made from this repository's image, and each one changes its Dockerfile, so nothing is judged only once.
The peer reads the same blobs with one `git cat-file --batch` and parses them with one run of hadolint.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMITS, LIMIT_S, LIMIT_RATIO = 100, 6.0, 3.0
WHO = {f"GIT_{role}_{what}": "author@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def git(root: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    done = subprocess.run(
        ["git", *arguments], cwd=root, input=stdin, capture_output=True, check=True, env={**os.environ, **WHO}
    )
    return done.stdout


def write_history(root: Path) -> None:
    """Write the image of this repository, then a Dockerfile a commit: a line of its own in another place each time."""
    git(root, "init", "-q", "-b", "main")
    archive = git(ROOT, "archive", "HEAD", "image", "CONDUCTOR.md", ".github")
    subprocess.run(["tar", "-x"], cwd=root, input=archive, check=True)
    place = root / "image" / "Dockerfile"
    lines = place.read_text().split("\n")
    last = max(number for number, line in enumerate(lines) if line.startswith("FROM "))
    for number in range(COMMITS):
        changed = [*lines[: last + 1], f"LABEL turn={number}", f"RUN echo {number} > /turn", *lines[last + 1 :]]
        place.write_text("\n".join(changed))
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", f"Turn {number}")


def replay(root: Path) -> None:
    command = [sys.executable, "-m", "conductor", "replay", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=root, capture_output=True, check=False, env=environment)
    if done.returncode not in {0, 1} or b'"in_range"' not in done.stdout:
        raise SystemExit(f"the replay answered {done.returncode}: {done.stderr.decode()}")


def read_and_parse(root: Path) -> None:
    """Read every commit's files of the image with one git, and parse every Dockerfile with one hadolint."""
    revisions = git(root, "rev-list", "HEAD").decode().split()
    names = git(root, "ls-tree", "-r", "--name-only", "HEAD", "image", "CONDUCTOR.md", ".github").decode().split("\n")
    asked = "".join(f"{revision}:{name}\n" for revision in revisions for name in names if name)
    git(root, "cat-file", "--batch", stdin=asked.encode())
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, revision in enumerate(revisions):
            files.append(f"{folder}/{number}.Dockerfile")
            Path(files[-1]).write_bytes(git(root, "cat-file", "blob", f"{revision}:image/Dockerfile"))
        hadolint = Path(sys.executable).with_name("hadolint")
        subprocess.run([str(hadolint), "--no-fail", *files], capture_output=True, check=False)


def timed(work, root: Path) -> tuple[float, float]:
    """Return the seconds that passed, and those that the processors worked, at best of three."""
    found = []
    for _ in range(3):
        began, worked = time.perf_counter(), sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
        work(root)
        busy = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - worked
        found.append((time.perf_counter() - began, busy))
    return min(found)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_history(root)
        ours, ours_busy = timed(replay, root)
        peer, peer_busy = timed(read_and_parse, root)
    ratio = ours / peer
    print(f"replay of {COMMITS} commits       {ours:5.2f} s   (at most {LIMIT_S}; {ours_busy:.2f} s of processor time)")
    print(f"git cat-file and hadolint   {peer:5.2f} s   ({peer_busy:.2f} s of processor time)")
    print(f"ratio                       {ratio:5.2f}     (at most {LIMIT_RATIO})")
    return int(ours > LIMIT_S or ratio > LIMIT_RATIO)


if __name__ == "__main__":
    raise SystemExit(main())
