"""Parse Python as the version of an image reads it, which may know less or more than the Python that judges."""

from __future__ import annotations

import ast
import functools
import re
import sys

from conductor.preflight.python.standard import minor_of

_OURS = sys.version_info[:2]
# What 3.12 and later brought: where one of these stands, a newer Python may read what ours refuses.
_NEWER = (
    (3, 12, r"^\s*type\s+\w+[^=\n]*="),
    (3, 12, r"^\s*(?:async\s+)?(?:def|class)\s+\w+\s*\["),
    (3, 12, r"(?i)\b(?:f|rf|fr)['\"]"),
    (3, 14, r"(?i)\b(?:t|rt|tr)['\"]"),
    (3, 14, r"^\s*except\*?\s+[\w.]+\s*,"),
    (3, 15, r"^\s*lazy\s+(?:import|from)\b"),
)
# A longer program is written by a program, and takes seconds to read.
MAX_SOURCE = 400_000
_OLDEST = (3, 7)  # what ast.parse can be asked for


_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")  # PEP 263


def decode_python(content: bytes) -> str | SyntaxError:
    """Return the text of a program in the encoding that it names, UTF-8 where it names none."""
    named = next(filter(None, (_CODING.match(line) for line in content.splitlines()[:2])), None)
    encoding = named[1].decode("ascii", "replace") if named else "utf-8-sig"
    try:
        return content.decode(encoding)
    except LookupError:
        return SyntaxError(f"unknown encoding: {encoding}", (None, 1, None, None))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        said = f"(unicode error) {encoding} cannot read byte {content[error.start]:#x}"
        return SyntaxError(said, (None, line, None, None))


@functools.lru_cache(maxsize=512)
def parse_python(source: str, version: str | None = None) -> ast.Module | SyntaxError | None:
    """Return the tree of a program, its syntax error in that Python, or None where that cannot be judged."""
    import warnings

    if len(source) > MAX_SOURCE:
        return None
    wanted = minor_of(version) or _OURS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source.removeprefix("\ufeff"), feature_version=max(_OLDEST, min(wanted, _OURS)))
            compile(tree, "<image>", "exec", dont_inherit=True)  # what the grammar allows and the compiler does not
            return tree
    except SyntaxError as error:
        return None if _may_be_newer(source, minor_of(version)) else error
    except (ValueError, RecursionError, MemoryError):
        return None


def _may_be_newer(source: str, version: tuple[int, int] | None) -> bool:
    """Tell whether a Python that is newer than ours may read what ours refuses."""
    reads = version or (9, 9)
    news = [pattern for major, minor, pattern in _NEWER if _OURS < (major, minor) <= reads]
    return any(re.search(pattern, source, re.MULTILINE) for pattern in news)
