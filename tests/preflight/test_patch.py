"""The patch of a repair is one that git takes, whatever the files hold."""

import subprocess

import pytest

from conductor.config.disk import DiskTree
from conductor.errors import UsageProblem
from conductor.preflight.patch import render_patch
from conductor.preflight.repair import Plan, write_repairs

CASES = {
    "a line in the middle": (b"a\nb\nc\nd\ne\nf\ng\n", b"a\nb\nc\nD\ne\nf\ng\n"),
    "the first line": (b"a\nb\n", b"x\na\nb\n"),
    "the last line": (b"a\nb\n", b"a\nb\nc\n"),
    "no newline at the end": (b"a\nb", b"a\nc"),
    "a newline at the end is new": (b"a", b"a\n"),
    "line ends": (b"a\r\nb\r\n", b"a\nb\n"),
    "line ends that stay": (b"a\r\nb\r\n", b"a\r\nB\r\n"),
    "a form feed and a separator are no line ends": ("a\x0cb\u2028c\nd\n".encode(), "a\x0cb\u2028c\nD\n".encode()),
    "everything": (b"a\n", b""),
}


@pytest.mark.parametrize("case", CASES)
def test_git_makes_of_the_old_file_exactly_the_new_one(case, tmp_path):
    old, new = CASES[case]
    (tmp_path / "folder").mkdir()
    path = tmp_path / "folder/file.txt"
    path.write_bytes(old)
    patch = render_patch({"folder/file.txt": (old, False)}, {"folder/file.txt": (new, True)})
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch.encode(), check=True)
    assert path.read_bytes() == new
    assert path.stat().st_mode & 0o111


def test_a_file_that_was_changed_meanwhile_stops_everything_before_the_first_write(tmp_path):
    for name in "ab":
        (tmp_path / name).write_text("old\n")
    both = dict.fromkeys("ab", (b"old\n", False))
    plan = Plan(dict.fromkeys("ab", (b"new\n", False)), both)
    (tmp_path / "b").write_text("somebody's\n")
    with pytest.raises(UsageProblem, match="changed meanwhile"):
        write_repairs(tmp_path, plan)
    assert [(tmp_path / name).read_text() for name in "ab"] == ["old\n", "somebody's\n"]
    assert DiskTree(tmp_path).names("") == {"a", "b"}
