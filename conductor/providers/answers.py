"""What a service answered, in its own words, and the error for a no; nothing here opens a connection."""

from __future__ import annotations

import json
import re
import urllib.parse
from dataclasses import dataclass
from typing import Any

from conductor.domain.secret import redact
from conductor.domain.text import one_line
from conductor.errors import OutsideRefused


class ServiceRefused(OutsideRefused):
    """A service said no.

    `status` is the HTTP status, 0 where there was no answer. `passing` tells that the same question may well be
    answered later: there was no answer, the service has a problem of its own, or it answered what it never should.
    `limited` tells that it refused unseen, because it was asked too often; `pause_s` is how long it wants to be left
    alone, 0 where it does not say.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str,
        status: int = 0,
        passing: bool = False,
        limited: bool = False,
        pause_s: float = 0.0,
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.passing = passing or limited
        self.limited = limited
        self.pause_s = pause_s


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered; header names are in lower case."""

    service: str
    url: str
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the decoded JSON; raises ServiceRefused where the body is something else."""
        try:
            return decode(self.body)
        except ValueError as error:
            told = f"JSON that {error}" if isinstance(error, TooDeep) else f"{describe_body(self)} instead of JSON"
            raise ServiceRefused(
                f"{self.service} answered {told} at {show_url(self.url)}",
                hint="check the service's address, and whether a proxy or login page is in between",
                status=self.status,
                passing=True,
            ) from None

    def mapping(self) -> dict[str, Any]:
        """Return the decoded JSON object; raises ServiceRefused where it is something else."""
        data = self.json()
        if not isinstance(data, dict):
            raise malformed(self.service, self.url, "the answer is not an object")
        return data

    def rows(self, key: str) -> list[dict[str, Any]]:
        """Return the objects of the list that stands under the key; raises ServiceRefused where there is none."""
        found = self.mapping().get(key)
        if not isinstance(found, list):
            raise malformed(self.service, self.url, f"no list {key}")
        return [row for row in found if isinstance(row, dict)]


class TooDeep(ValueError):
    """JSON that is nested deeper than any answer should be."""


def decode(body: bytes) -> Any:
    """Return the decoded JSON; raises ValueError for anything else, also where it is nested without end."""
    try:
        return json.loads(body)
    except RecursionError:
        raise TooDeep("is nested too deeply to be read") from None


def malformed(service: str, url: str, what: str) -> ServiceRefused:
    """Return the error for an answer that does not have the documented form."""
    return ServiceRefused(
        f"{service} answered something unexpected at {show_url(url)}: {what}",
        hint="try again; if it stays, the service has changed its form: report it with this line",
        passing=True,
    )


def explain(answer: Answer) -> str:
    """Return the service's own words, from problem+json, GitHub's, a registry's or RunPod's older form."""
    try:
        data = decode(answer.body)
    except ValueError:
        return describe_body(answer)
    if not isinstance(data, dict):
        return one_line(redact(str(data)), 300)
    words = [str(data[key]) for key in ("title", "detail", "message", "error") if isinstance(data.get(key), str)]
    errors = data.get("errors")
    if isinstance(errors, list):
        words += [_explain_item(item) for item in errors[:5]]
    return one_line(redact("; ".join(dict.fromkeys(words))), 500) or "no reason given"


def _explain_item(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    parts = [item.get("code"), item.get("pointer") or item.get("field"), item.get("message") or item.get("detail")]
    return " ".join(str(part) for part in parts if part)


def describe_body(answer: Answer) -> str:
    """Return what a body that is not JSON is, for a message."""
    if not answer.body.strip():
        return "nothing"
    text = answer.body[:4096].decode("utf-8", "replace")
    title = re.search(r"<title>([^<]{1,200})", text, re.IGNORECASE)
    if title:
        return f"a page titled {one_line(title[1], 80)!r}"
    if "<html" in text.lower() or "<!doctype" in text.lower():
        return "an HTML page"
    return f"{one_line(redact(text), 80)!r}"


def show_url(url: str) -> str:
    """Return the address without its query, which may hold a signature, and without a credential."""
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:
        return "an address that is none"
    host = parts.netloc.rpartition("@")[2]
    return redact(f"{parts.scheme}://{host}{parts.path}")


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port: what a credential is bound to; raises ValueError for what is no address."""
    parts = urllib.parse.urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or {"http": 80, "https": 443}.get(parts.scheme)
