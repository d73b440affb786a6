"""The tests themselves: which files were deleted or changed since, which tests are gone, which are newly skipped."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conductor.sessions.selection.trees import Tree, text_of

_FOLDERS = frozenset({"tests", "test", "__tests__", "spec", "specs", "testing", "e2e"})
_NAMES = re.compile(
    r"test_.+|.+_test\.\w+|tests?\.\w+|.+\.(?:test|spec)\.\w+|.+_spec\.\w+|.+Tests?\.\w+|.+\.bats|conftest\.py"
)
# Files that tell a test runner what to take; those of pytest are read by their values instead.
_SELECTING = re.compile(
    r"conftest\.py|(?:jest|vitest|playwright|cypress|karma)\.conf(?:ig)?\.\w+|\.mocharc(?:\.\w+)?|\.nycrc(?:\.\w+)?|"
    r"\.rspec|phpunit\.xml(?:\.dist)?|\.coveragerc|\.taprc|ava\.config\.\w+"
)
_CODE = re.compile(r".+\.(?:py|[jt]sx?|mjs|cjs|go|rs|java|kt|rb|sh|bats|php|cs|c|cc|cpp|swift)")
_TEST = re.compile(
    r"^[ \t]*(?:async[ \t]+)?def[ \t]+(?P<py>test\w*)"
    r"|^[ \t]*(?:it|test|specify)(?:\.each\([^)]*\))?\([ \t]*(?P<quote>['\"`])(?P<js>.+?)(?P=quote)"
    r"|^func[ \t]+(?P<go>Test\w+)"
    r"|^[ \t]*#\[(?:\w+::)?test\][\s\S]{0,200}?\bfn[ \t]+(?P<rs>\w+)"
    r"|^[ \t]*@Test\b[\s\S]{0,200}?\b(?P<java>\w+)[ \t]*\("
    r"|^[ \t]*@test[ \t]+(?P<mark>['\"])(?P<bats>.+?)(?P=mark)",
    re.MULTILINE,
)
_SKIP = re.compile(
    r"@?\bpytest\.mark\.(?:skip|skipif|xfail)\b|\bpytest\.(?:skip|xfail|importorskip|exit)\(|@?\bunittest\.skip\w*\b"
    r"|@unittest\.expectedFailure\b|\.skipTest\(|\braise[ \t]+(?:unittest\.)?SkipTest\b|\bcollect_ignore(?:_glob)?\b"
    r"|\b__test__[ \t]*=[ \t]*False\b|\b(?:it|test|describe|context)\.(?:skip|todo|only|failing)\b"
    r"|\b(?:xit|xtest|xdescribe|fit|fdescribe)\(|\bt\.Skip\w*\(|#\[ignore\b|@(?:Disabled|Ignore)\b|\bskip[ \t]+['\"]"
)


@dataclass(frozen=True, slots=True)
class Moved:
    """A path that differs between the two states: `status` is git's letter (A, D, M), a rename being a D and an A."""

    path: str
    status: str


def is_test_file(path: str) -> bool:
    """Tell whether a path is a test's by its name or its folder; data beside tests counts too."""
    *folders, name = path.split("/")
    return bool(_FOLDERS & set(folders)) or _NAMES.fullmatch(name) is not None


def compare_tests(before: Tree, now: Tree, changed: Sequence[Moved]) -> list[str]:
    """Return what is worth a person's look in the tests, a line each; new test files are not."""
    files = [one for one in changed if is_test_file(one.path) and not _selects(one.path)]
    old = {one.path: text_of(before.read(one.path)) for one in files if one.status != "A"}
    new = {one.path: text_of(now.read(one.path)) for one in files if one.status != "D"}
    there = Counter(name for text in new.values() for name in _tests(text))
    said = [f"{one.path}: it selects tests, and was {_WORDS[one.status]}" for one in changed if _selects(one.path)]
    for one in files:
        said += [f"{one.path}: {what}" for what in _said(one.status, old.get(one.path), new.get(one.path), there)]
    return said


def _said(status: str, old: str | None, new: str | None, there: Counter[str]) -> Iterator[str]:
    """Yield what is worth a look in one file, None being its text where it is not; `there` is used up by its tests."""
    gone = _gone(old or "", there)
    if new is None:
        if gone or not _tests(old or ""):
            yield f"it was deleted{_list(gone)}"
        return
    skips = _skips(new) - _skips(old or "")
    if gone:
        yield f"{_many(len(gone), 'test')} gone{_list(gone)}"
    elif status == "M" and not skips:
        yield "it was changed"
    if skips:
        yield f"{_many(skips.total(), 'test')} newly skipped ({', '.join(sorted(skips))})"


_WORDS = {"A": "added", "D": "deleted", "M": "changed"}


def _selects(path: str) -> bool:
    return _SELECTING.fullmatch(posixpath.basename(path)) is not None


def _tests(text: str) -> list[str]:
    return [next(name for key in _KEYS if (name := match[key])) for match in _TEST.finditer(text)]


_KEYS = ("py", "js", "go", "rs", "java", "bats")


def _gone(old: str, there: Counter[str]) -> list[str]:
    """Return the tests of a file that no changed file has now; `there` counts those that are, and is used up."""
    gone = []
    for name in _tests(old):
        if there[name] > 0:
            there[name] -= 1
        else:
            gone.append(name)
    return gone


def _skips(text: str) -> Counter[str]:
    return Counter(" ".join(match[0].strip("@(").split()) for match in _SKIP.finditer(text))


def _list(names: list[str]) -> str:
    if not names:
        return ""
    return f" ({', '.join(names[:3])}{', …' if len(names) > 3 else ''})"


def _many(count: int, what: str) -> str:
    return f"{count} {what} is" if count == 1 else f"{count} {what}s are"
