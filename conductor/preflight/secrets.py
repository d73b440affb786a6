"""What looks like a secret, and what only is named like one."""

from __future__ import annotations

import re

# The published formats of tokens; each is long enough that a placeholder does not fit.
_TOKENS = re.compile(
    r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}|hf_[A-Za-z0-9]{30,}|rpa_[A-Za-z0-9]{30,}"
    r"|dckr_pat_[A-Za-z0-9_-]{20,}|AKIA[0-9A-Z]{16}|sk-[A-Za-z0-9_-]{32,}|xox[bap]-[A-Za-z0-9-]{20,}"
    r"|glpat-[A-Za-z0-9_-]{20,}|AIza[A-Za-z0-9_-]{35})\b"
    r"|(?<=://)[^/\s:@$]{1,100}:[^/\s@$]{8,100}(?=@)|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
_NAME = re.compile(
    r"(?:^|_)(?:TOKEN|SECRET|PASSWORD|PASSWD|PWD|API_?KEY|APIKEY|ACCESS_KEY|PRIVATE_KEY|SECRET_KEY|CREDENTIALS)$",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"your|change|example|placeholder|dummy|sample|fake|xxx|todo|replace|insert|<.*>|\.\.\.|none|null|true|false|test|secret|"
    r"password|token|default|disabled|empty|unset|not[-_ ]set|_here|here_|local|dev|admin|root|postgres|redis|user",
    re.IGNORECASE,
)


def is_token(value: str) -> bool:
    """Tell whether the value has the format of a known token and is no row of the same character."""
    match = _TOKENS.search(value)
    return match is not None and not _is_filler(match[0])


def find_token(text: str) -> int | None:
    """Return where a known token stands in the text, or None."""
    return next((match.start() for match in _TOKENS.finditer(text) if not _is_filler(match[0])), None)


def names_secret(name: str) -> bool:
    """Tell whether a variable of that name usually holds a secret."""
    return _NAME.search(name.strip()) is not None


def is_literal_secret(value: str) -> bool:
    """Tell whether a value is a literal that could be a secret: long, mixed, no reference, path or placeholder."""
    if len(value) < 12 or "$" in value or value.startswith(("/", "http://", "https://", "./", "~")) or " " in value:
        return False
    if _PLACEHOLDER.search(value) or _is_filler(value):
        return False
    return any(c.isdigit() for c in value) and any(c.isalpha() for c in value)


def _is_filler(text: str) -> bool:
    """Tell whether the text is made of very few different characters (`hf_xxxxxxxx`)."""
    tail = text.rpartition("_")[2] if "_" in text else text
    return len(set(tail)) < 5 or re.search(r"x{6}|X{6}|0{8}|your|\*{3}|EXAMPLE$", text) is not None
