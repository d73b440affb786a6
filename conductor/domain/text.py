"""Text from outside is data: made harmless for a terminal and for Markdown before anyone reads it."""

from __future__ import annotations

import re

# ECMA-48 sequences: CSI, OSC/DCS/SOS/PM/APC strings with their terminator, two-character escapes, and C1 introducers.
_ESCAPE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# Direction overrides and isolates can make a line read as something else; joiners and marks that scripts need stay.
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")

_BREAKS = re.compile("[\n\u2028\u2029]")


def strip_controls(text: str) -> str:
    """Return the text without escape sequences, control characters and direction overrides; newlines and tabs stay."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _BIDI.sub("", _CONTROL.sub("", _ESCAPE.sub("", text)))


def one_line(text: str, limit: int = 2000) -> str:
    """Return the text as one line without control characters, white space collapsed, at most `limit` characters."""
    if text.isprintable():
        # Nothing but characters that show and single spaces between words: what most texts are.
        flat = " ".join(text.split())
        return flat if len(flat) <= limit else flat[: limit - 1] + "…"
    flat = " ".join(strip_controls(text).replace("\u2028", " ").replace("\u2029", " ").split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def quoted_line(text: str, limit: int = 300) -> str:
    """Return a line of a file or log as it stands there, its indentation kept, tabs as blanks, at most `limit` long."""
    line = _BREAKS.sub(" ", strip_controls(text)).expandtabs(4).rstrip()
    return line if len(line) <= limit else line[: limit - 1] + "…"
