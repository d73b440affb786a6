from pathlib import Path

import pytest

from conductor.providers.history import GitHistory
from conductor.replay.api import open_story, tell_story
from tests.replay.story import git


class Past:
    """A repository whose commits are a day apart, and its replay."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.days = 0
        git(root, "init", "-q", "-b", "main")

    def commit(self, files: dict[str, str | bytes | None], message: str = "", date: str = "") -> str:
        for name, content in files.items():
            place = self.root / name
            if content is None:
                place.unlink()
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content if isinstance(content, bytes) else content.encode())
        git(self.root, "add", "-A")
        return self.seal(message, date)

    def seal(self, message: str = "", date: str = "") -> str:
        self.days += 1
        when = date or f"2025-03-{self.days:02}T12:00:00Z"
        git(self.root, "commit", "-q", "--allow-empty", "-m", message or f"Commit {self.days}", date=when)
        return git(self.root, "rev-parse", "HEAD")

    def git(self, *arguments: str) -> str:
        return git(self.root, *arguments)

    def replay(self, *revisions: str, paths=(), root: Path | None = None):
        """Return (story, what each commit did by its revision)."""
        history = GitHistory(root or self.root)
        story = open_story(history, revisions, paths)
        return story, {told.revision.id: told for told in tell_story(story, history, paths)}


@pytest.fixture
def past(tmp_path):
    root = tmp_path / "past"
    root.mkdir()
    return Past(root)


def codes(findings) -> list[str]:
    return [finding.code for finding in findings]
