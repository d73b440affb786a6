"""Make text from people and agents harmless inside the records, and get it back as it was.

Control characters and direction overrides are taken out; what would start Markdown or a link of this format is escaped
with a backslash, as Markdown itself does it, so every reader shows the text as it was given.
"""

from __future__ import annotations

import re

from conductor.domain.secret import redact
from conductor.domain.text import one_line, strip_controls
from conductor.errors import UsageProblem

TITLE_LIMIT = 300
_SPECIAL = re.compile(r"\\(?=[\\|<`#]|$)|[|]|<(?=[!/?A-Za-z])")
_ESCAPED = re.compile(r"\\([\\|<`#])")
_COMMENT = re.compile(r"(\\*)<!--")
_ESCAPED_COMMENT = re.compile(r"\\(\\*)<!--")
_TRAILING_MARKS = re.compile(r"(?:^|(?<=\s))#+$")


def clean_title(text: str, what: str = "the title") -> str:
    """Return the text as one line of at most 300 characters, without secrets; UsageProblem if empty."""
    title = one_line(redact(_encodable(text)), TITLE_LIMIT)
    if not title:
        raise UsageProblem(f"{what} is empty", hint='give it some words, for example "Use the cp311 wheel"')
    return title


def clean_text(text: str) -> str:
    """Return the text with its lines, without control characters, secrets and white space at its ends."""
    plain = redact(strip_controls(_encodable(text))).replace("\u2028", "\n").replace("\u2029", "\n")
    return "\n".join(line.rstrip() for line in plain.strip().split("\n"))


def _encodable(text: str) -> str:
    """Return the text with a replacement character for each half of a letter, as broken names of files have them."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return re.sub("[\ud800-\udfff]", "\ufffd", text)
    return text


def escape_title(title: str) -> str:
    """Return the title as it is written: nothing in it can end its line, open a comment or look like a link."""
    escaped = _SPECIAL.sub(lambda match: "\\" + match[0], title)
    if len(re.findall("`+", escaped)) % 2:
        escaped = escaped.replace("`", "\\`")
    marks = _TRAILING_MARKS.search(escaped)
    return f"{escaped[: marks.start()]}\\{escaped[marks.start() :]}" if marks else escaped


def unescape_title(written: str) -> str:
    """Return the title that `escape_title` wrote."""
    return _ESCAPED.sub(r"\1", written) if "\\" in written else written


def list_item(text: str) -> str:
    """Return the text as the rest of a list item: further lines are indented by two spaces, comments stay visible."""
    lines = _COMMENT.sub(r"\\\g<0>", text).split("\n")
    return "\n".join([lines[0], *(f"  {line}" if line.strip() else "" for line in lines[1:])])


def from_list_item(written: str) -> str:
    """Return the text that `list_item` wrote."""
    lines = written.split("\n")
    text = "\n".join([lines[0], *(line.removeprefix("  ") for line in lines[1:])]).strip()
    return _ESCAPED_COMMENT.sub(r"\1<!--", text)
