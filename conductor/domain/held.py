"""The credentials that this process holds, known by their value, in each form in which somebody says them back.

Every command loads this module, so what it costs is paid only where something is held.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Mapping

# What is held, with the patterns that find it. Shorter ones are words that stand anywhere.
_HELD: dict[str, tuple[re.Pattern[str], ...]] = {}
_SHORTEST, SHORTEST_NAMED = 6, 8
_NAMES = ("TOKEN", "KEY", "APIKEY", "SECRET", "PASSWORD", "PASSWD", "PASS", "PAT", "CREDENTIAL", "CREDENTIALS")
_ENDINGS = tuple(f"_{name}" for name in _NAMES)
# No credential, whatever the variable's name: a place, a single short word, words that are joined.
_PLAIN_VALUE = r"[~.]{0,2}/.*|[A-Za-z]{0,15}|[a-z]+(?:[-_.][a-z]+)*|https?://[^@]*"
_BASE64 = {"+": r"(?:\+|-|%2[Bb])", "/": r"(?:/|_|\\/|%2[Ff])"}


def hold(text: str) -> None:
    """Remember a credential: from here on `redact_held` replaces it, whatever it looks like."""
    text = text.strip()
    if len(text) >= _SHORTEST and text not in _HELD:
        _HELD[text] = tuple(_patterns_of(text))


def hold_environment(environment: Mapping[str, str]) -> None:
    """Remember the values of all variables that are named like a credential, as far as they can be one."""
    for name, value in environment.items():
        if len(value) >= SHORTEST_NAMED and is_named_secret(name):
            import re

            if not re.fullmatch(_PLAIN_VALUE, value, re.DOTALL):
                hold(value)


def is_named_secret(name: str) -> bool:
    """Tell whether a variable is named like a credential: `RUNPOD_API_KEY`, `TOKEN`, `DEPLOY_PAT_2`."""
    plain = name.upper().rstrip("0123456789").rstrip("_")
    return plain in _NAMES or plain.endswith(_ENDINGS)


def redact_held(text: str) -> str:
    """Return the text with every credential that is held replaced by `***`."""
    for value in sorted(_HELD, key=len, reverse=True):
        for pattern in _HELD[value]:
            text = pattern.sub("***", text)
    return text


def _patterns_of(text: str) -> Iterator[re.Pattern[str]]:
    """Yield what finds a credential as it is, in an address, in JSON, and within base64 of anything that holds it."""
    import base64
    import re

    yield re.compile("".join(_forms_of(letter) for letter in text))
    content = text.encode("utf-8", "surrogateescape")
    for before in range(3):
        # A letter of base64 stands for six bits: those in which another byte has a part are not known.
        first = -(-before * 8 // 6)
        last = (before + len(content)) * 8 // 6
        known = base64.b64encode(b"\0" * before + content).decode()[first:last]
        yield re.compile("".join(_BASE64.get(letter, letter) for letter in known) + r"[\w+/-]?={0,2}")


def _forms_of(letter: str) -> str:
    """Return the pattern of a letter: as it is, as an address, a form or JSON writes it."""
    import json
    import re

    if letter in "-_.~" or (letter.isascii() and letter.isalnum()):
        return re.escape(letter)
    encoded = "".join(f"%(?i:{byte:02X})" for byte in letter.encode("utf-8", "surrogateescape"))
    forms = [re.escape(letter), encoded, re.escape(json.dumps(letter)[1:-1]), re.escape(f"\\{letter}")]
    forms += ["[+]"] if letter == " " else []
    return f"(?:{'|'.join(dict.fromkeys(forms))})"
