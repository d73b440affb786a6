"""Secrets never reach a log, a record, evidence or an exception text.

What is held (every `Secret`, and what the environment names like one) is known by its value, in each form that a
program on the other side gives it when it says it back; what is not held, by its look.
"""

from __future__ import annotations

import re

from conductor.domain.held import hold, redact_held

# Formats published by the services themselves; the last ones find what is named like a secret.
_PATTERNS = [
    re.compile(r"\b(?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{20,255}\b"),
    re.compile(r"\bgithub_pat_[A-Za-z0-9_]{20,255}\b"),
    re.compile(r"\brpa_[A-Za-z0-9]{20,}\b"),
    re.compile(r"\bhf_[A-Za-z0-9]{20,}\b"),
    re.compile(r"\bdckr_pat_[A-Za-z0-9_-]{20,}\b"),
    re.compile(r"\bsk-[A-Za-z0-9_-]{20,}\b"),
    re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\b"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"),
    re.compile(r"(?i)(?<=://)[^/\s:@]{1,256}:[^/\s@]{1,256}(?=@)"),
    re.compile(r"(?i)(?<=authorization: )(?:bearer|basic|token) +[^\s'\"]+"),
    re.compile(r"(?i)(?<=bearer )[A-Za-z0-9._~+/=-]{12,}"),
    re.compile(
        r"(?i)(?<![A-Za-z0-9])((?:[A-Z0-9_]{0,40}_)?(?:API_?KEY|TOKEN|SECRET|PASSWORD|PASSWD|ACCESS_KEY))"
        r"(\s*[=:]\s*)(?!\$)([\"']?)[^\s\"'&;|<>]{6,}"
    ),
    re.compile(r"(?i)((?:X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|sig|Signature)=)[^&\s\"']+"),
]


def redact(text: str) -> str:
    """Return the text with what is held and what looks like a credential replaced by `***`; names of variables stay."""
    text = redact_held(text)
    for pattern in _PATTERNS[:-2]:
        text = pattern.sub("***", text)
    text = _PATTERNS[-2].sub(r"\1\2\3***", text)
    return _PATTERNS[-1].sub(r"\1***", text)


class Secret:
    """A credential whose text appears only where `reveal()` is called; who has one holds it, see `hold`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text
        hold(text)

    def reveal(self) -> str:
        """Return the credential itself, for a header or an environment, never for an output."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "***"

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not serialised")
