"""One thin layer over requests: addresses, tokens, time-outs, limits and redirects, the same for every service."""

from __future__ import annotations

import json
import re
import urllib.parse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conductor.config.missing import missing_extra
from conductor.config.user import is_loopback
from conductor.domain.secret import Secret, redact
from conductor.domain.text import one_line
from conductor.errors import OutsideRefused
from conductor.ports.clock import Clock

if TYPE_CHECKING:
    import requests

CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 30
# The whole answer, body included: a server that sends a byte now and then must not hold a release for ever.
ANSWER_TIMEOUT_S = 120
ANSWER_LIMIT_BYTES = 64 * 1024 * 1024
RETRIES = 4
# Longer waits than this are reported instead: a person decides, and the release can be resumed.
WAIT_LIMIT_S = 120
_PASSING = (502, 503, 504)


class ServiceRefused(OutsideRefused):
    """A service said no; `status` is the HTTP status, 0 where there was no answer."""

    def __init__(self, message: str, *, hint: str, status: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.status = status


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
            return json.loads(self.body)
        except ValueError:
            raise ServiceRefused(
                f"{self.service} answered {describe_body(self)} instead of JSON at {show_url(self.url)}",
                hint="check the service's address, and whether a proxy or login page is in between",
                status=self.status,
            ) from None

    def mapping(self) -> dict[str, Any]:
        """Return the decoded JSON object; raises ServiceRefused where it is something else."""
        data = self.json()
        if not isinstance(data, dict):
            raise malformed(self.service, self.url, "the answer is not an object")
        return data


def load_requests() -> Any:
    """Import requests, which the core does not install; raises MissingExtra without it."""
    try:
        import requests
    except ImportError:
        raise missing_extra("release", "requests") from None
    return requests


def malformed(service: str, url: str, what: str) -> ServiceRefused:
    """Return the error for an answer that does not have the documented form."""
    return ServiceRefused(
        f"{service} answered something unexpected at {show_url(url)}: {what}",
        hint="try again; if it stays, the service has changed its form: report it with this line",
    )


class HttpClient:
    """Requests to one base address with one credential."""

    def __init__(
        self,
        service: str,
        base_url: str,
        clock: Clock,
        *,
        token: Secret | None = None,
        token_hint: str = "",
        headers: dict[str, str] | None = None,
        retries: int = RETRIES,
    ) -> None:
        self.service = service
        self.base_url = base_url.rstrip("/")
        self._clock = clock
        self._token = token
        self._token_hint = token_hint
        self._headers = headers or {}
        self._retries = retries
        self._cached: dict[str, Answer] = {}
        self._open_session: requests.Session | None = None

    def get(
        self,
        path: str,
        *,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        expected: tuple[int, ...] = (200,),
        may_leave: bool = False,
    ) -> Answer:
        """Return the answer to a GET; raises ServiceRefused for a status that is not expected.

        An unchanged answer (304) is the one kept from before. With `may_leave`, a redirect to another host is
        followed, without the credential.
        """
        url = self._url(path, params)
        known = self._cached.get(url)
        conditional = {"If-None-Match": known.headers["etag"]} if known else {}
        answer = self._send("GET", url, {**(headers or {}), **conditional}, None, may_leave=may_leave)
        if answer.status == 304 and known:
            return known
        self._expect(answer, expected)
        if "etag" in answer.headers and answer.status == 200:
            self._cached[url] = answer
        return answer

    def read_stream(self, path: str, params: dict[str, str], seconds: float) -> bytes:
        """Return what an endless answer has sent after so many seconds; raises ServiceRefused where it sends none."""
        library, content = load_requests(), bytearray()
        deadline, url = self._clock.monotonic() + seconds, self._url(path, params)
        headers = {"User-Agent": "conductor", **self._headers}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token.reveal()}"
        began = False
        try:
            with self._session().get(
                url, headers=headers, timeout=seconds, allow_redirects=False, stream=True
            ) as response:
                if response.status_code != 200:
                    self._expect(self._answer(url, response), (200,))
                began = True
                for piece in response.iter_content(1):
                    content += piece
                    if self._clock.monotonic() > deadline or len(content) > ANSWER_LIMIT_BYTES:
                        break
        except library.RequestException as error:
            # The silence after the last line ends a stream that has begun: what has come is what there is.
            if not began:
                raise self._unreached(url, describe_problem(error)) from None
        return bytes(content)

    def _unreached(self, url: str, problem: str) -> ServiceRefused:
        return ServiceRefused(
            f"{self.service} can't be reached at {show_url(url)}: {problem}",
            hint="check the network and the service's address, then try again",
        )

    def send(self, method: str, path: str, body: Any, *, expected: tuple[int, ...] = (200,)) -> Answer:
        """Return the answer to a request that changes something; it is sent again only where it was refused (429)."""
        answer = self._send(method, self._url(path, None), {}, json.dumps(body).encode(), may_leave=False)
        self._expect(answer, expected)
        return answer

    def _url(self, path: str, params: dict[str, str] | None) -> str:
        url = path if path.startswith(("http://", "https://")) else f"{self.base_url}{path}"
        return f"{url}?{urllib.parse.urlencode(params)}" if params else url

    def _send(self, method: str, url: str, headers: dict[str, str], body: bytes | None, *, may_leave: bool) -> Answer:
        waited = 0.0
        for attempt in range(self._retries + 1):
            answer, problem = self._try(method, url, headers, body, may_leave=may_leave)
            pause = self._pause(method, answer, attempt)
            if pause is None or attempt == self._retries or waited + pause > WAIT_LIMIT_S:
                break
            self._clock.sleep(pause)
            waited += pause
        if answer is None:
            raise self._unreached(url, problem)
        return answer

    def _try(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None, *, may_leave: bool
    ) -> tuple[Answer | None, str]:
        library = load_requests()
        try:
            return self._follow(method, url, headers, body, may_leave=may_leave), ""
        except library.RequestException as error:
            # The text of requests' errors holds the whole address; what it is about is enough.
            return None, describe_problem(error)

    def _pause(self, method: str, answer: Answer | None, attempt: int) -> float | None:
        backoff = min(0.25 * float(4**attempt), 30.0)
        if answer is None:
            return backoff if method == "GET" else None
        limited = answer.status == 429 or (
            answer.status == 403
            and ("retry-after" in answer.headers or answer.headers.get("x-ratelimit-remaining") == "0")
        )
        if limited:
            return max(self._told_pause(answer), backoff)
        return max(self._told_pause(answer), backoff) if answer.status in _PASSING and method == "GET" else None

    def _told_pause(self, answer: Answer) -> float:
        told = answer.headers.get("retry-after", "")
        if told.isdigit():
            return float(told)
        reset = answer.headers.get("x-ratelimit-reset", "")
        if reset.isdigit() and answer.headers.get("x-ratelimit-remaining") == "0":
            return max(0.0, int(reset) - self._clock.now().timestamp())
        exhausted = re.findall(r"r=0\s*;\s*t=(\d+)", answer.headers.get("ratelimit", ""))
        return max((float(seconds) for seconds in exhausted), default=0.0)

    def _follow(self, method: str, url: str, headers: dict[str, str], body: bytes | None, *, may_leave: bool) -> Answer:
        for _ in range(5):
            answer = self._exchange(method, url, headers, body)
            location = answer.headers.get("location")
            if answer.status not in (301, 302, 303, 307, 308) or not location:
                return answer
            target = urllib.parse.urljoin(url, location)
            if method != "GET" or not self._may_go(target, may_leave=may_leave):
                raise ServiceRefused(
                    f"{self.service} redirects to elsewhere: {show_url(target)}",
                    hint="check the service's address in your configuration; no credential was sent there",
                    status=answer.status,
                )
            url = target
        raise ServiceRefused(f"{self.service} redirects in a circle", hint="check the service's address")

    def _may_go(self, target: str, *, may_leave: bool) -> bool:
        if is_loopback(self.base_url):
            return is_loopback(target)
        if not target.startswith("https://"):
            return False
        return may_leave or origin_of(target) == origin_of(self.base_url)

    def _exchange(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> Answer:
        sent = {"User-Agent": "conductor", **self._headers, **headers}
        if body is not None:
            sent["Content-Type"] = "application/json"
        if self._token and "Authorization" not in sent:
            sent["Authorization"] = f"Bearer {self._token.reveal()}"
        if origin_of(url) != origin_of(self.base_url):
            sent.pop("Authorization", None)
        with self._session().request(
            method,
            url,
            headers=sent,
            data=body,
            timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
            allow_redirects=False,
            stream=True,
        ) as response:
            return self._answer(url, response)

    def _answer(self, url: str, response: requests.Response) -> Answer:
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(self.service, url, response.status_code, headers, self._read(response))

    def _read(self, response: requests.Response) -> bytes:
        deadline = self._clock.monotonic() + ANSWER_TIMEOUT_S
        content = bytearray()
        for piece in response.iter_content(65536):
            content += piece
            if len(content) > ANSWER_LIMIT_BYTES or self._clock.monotonic() > deadline:
                raise ServiceRefused(
                    f"{self.service} sends more or longer than any answer should be", hint="check the service's address"
                )
        return bytes(content)

    def _session(self) -> requests.Session:
        if self._open_session is None:
            library = load_requests()
            self._open_session = library.Session()
            # Loopback traffic must not go through a proxy; requests has no exemption of its own. A session that reads
            # the environment would also let a .netrc replace the credential.
            self._open_session.trust_env = False
            if not is_loopback(self.base_url):
                self._open_session.proxies = library.utils.get_environ_proxies(self.base_url)
                self._open_session.verify = _certificate_bundle()
        return self._open_session

    def _expect(self, answer: Answer, expected: tuple[int, ...]) -> None:
        if answer.status in expected:
            return
        words = explain(answer)
        raise ServiceRefused(
            f"{self.service} answered {answer.status} at {show_url(answer.url)}: {words}",
            hint=self._hint(answer),
            status=answer.status,
        )

    def _hint(self, answer: Answer) -> str:
        if answer.status == 429 or "retry-after" in answer.headers:
            pause = answer.headers.get("retry-after", "a while")
            return f"the service limits requests: wait {pause} s, then try again"
        if answer.status in (401, 403):
            return self._token_hint or "check the credential"
        if answer.status == 404:
            return f"check the name, and that the credential may see it. {self._token_hint}".strip()
        if answer.status >= 500:
            return "the service has a problem of its own: try again later"
        return "correct what the service names"


def explain(answer: Answer) -> str:
    """Return the service's own words, from problem+json, GitHub's, a registry's or RunPod's older form."""
    try:
        data = json.loads(answer.body)
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


def describe_problem(error: Exception) -> str:
    """Return what went wrong on the way, without the address (it may hold a signature)."""
    problems = load_requests().exceptions
    known = {
        problems.SSLError: "its certificate is not accepted",
        problems.ProxyError: "the proxy does not let it through",
        problems.ConnectTimeout: f"no connection within {CONNECT_TIMEOUT_S} s",
        problems.Timeout: f"no answer within {READ_TIMEOUT_S} s",
    }
    for kind, words in known.items():
        if isinstance(error, kind):
            return words
    text = str(error)
    if "Connection refused" in text:
        return "connection refused"
    if re.search("Name or service not known|nodename nor servname|name resolution", text):
        return "its name is not known"
    return "the connection broke"


def show_url(url: str) -> str:
    """Return the address without its query, which may hold a signature, and without a credential."""
    parts = urllib.parse.urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return redact(f"{parts.scheme}://{host}{parts.path}")


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port: what a credential is bound to."""
    parts = urllib.parse.urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _certificate_bundle() -> str | bool:
    import os

    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
