"""One thin layer over requests: addresses, tokens, time-outs, limits and redirects, the same for every service."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from conductor.config.missing import missing_extra
from conductor.config.user import is_loopback
from conductor.domain.secret import Secret
from conductor.ports.clock import Clock
from conductor.providers.answers import Answer, ServiceRefused, explain, origin_of, show_url
from conductor.providers.persistence import PATIENT, Budget, Persistence, is_limit, read_pause

if TYPE_CHECKING:
    import requests

T = TypeVar("T")

CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 30
# The whole answer, body included: a server that sends a byte now and then must not hold a release for ever.
ANSWER_TIMEOUT_S = 60
ANSWER_LIMIT_BYTES = 64 * 1024 * 1024
_PASSING = frozenset({408, 425, *range(500, 600)})


def load_requests() -> Any:
    """Import requests, which the core does not install; raises MissingExtra without it."""
    try:
        import requests
    except ImportError:
        raise missing_extra("release", "requests") from None
    return requests


class HttpClient:
    """Requests to one base address with one credential; `budget` says for how long a question is asked again."""

    def __init__(
        self,
        service: str,
        base_url: str,
        clock: Clock,
        *,
        token: Secret | None = None,
        token_hint: str = "",
        headers: dict[str, str] | None = None,
        budget: Budget = PATIENT,
    ) -> None:
        self.service = service
        self.base_url = base_url.rstrip("/")
        self._clock = clock
        self._token = token
        self._token_hint = token_hint
        self._headers = headers or {}
        self._persistence = Persistence(clock, budget)
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
        return self.read(path, _as_it_is, params=params, headers=headers, expected=expected, may_leave=may_leave)

    def read(
        self,
        path: str,
        parse: Callable[[Answer], T],
        *,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        expected: tuple[int, ...] = (200,),
        may_leave: bool = False,
    ) -> T:
        """Return what `parse` makes of the answer to a GET.

        What `parse` refuses as no answer at all (half a body, a proxy's page, another form) is asked for again, as a
        service is that does not answer.
        """
        url = self._url(path, params)

        def ask() -> T:
            known = self._cached.get(url)
            conditional = {"If-None-Match": known.headers["etag"]} if known else {}
            answer = self._follow("GET", url, {**(headers or {}), **conditional}, None, may_leave=may_leave)
            if answer.status == 304 and known:
                return parse(known)
            self._expect(answer, expected)
            parsed = parse(answer)
            if "etag" in answer.headers and answer.status == 200:
                self._cached[url] = answer
            return parsed

        return self._persistence.ask(ask)

    def read_stream(self, path: str, params: dict[str, str], seconds: float) -> bytes:
        """Return what an endless answer has sent after so many seconds; raises ServiceRefused where it sends none."""
        content, url = bytearray(), self._url(path, params)
        deadline = self._clock.monotonic() + seconds
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
        except _breakdowns() as error:
            # The silence after the last line ends a stream that has begun: what has come is what there is.
            if not began:
                raise self._unreached(url, error) from None
        return bytes(content)

    def _unreached(self, url: str, error: Exception) -> ServiceRefused:
        # The text of requests' errors holds the whole address; what it is about is enough.
        words = describe_problem(error)
        return ServiceRefused(
            f"{self.service} can't be reached at {show_url(url)}: {words}",
            hint="check the network and the service's address, then try again",
            passing=words != UNTRUSTED,
        )

    def send(self, method: str, path: str, body: Any, *, expected: tuple[int, ...] = (200,)) -> Answer:
        """Return the answer to a request that changes something; it is sent again only where a limit refused it."""
        url, content = self._url(path, None), json.dumps(body).encode()

        def tell() -> Answer:
            answer = self._follow(method, url, {}, content, may_leave=False)
            self._expect(answer, expected)
            return answer

        return self._persistence.tell(tell)

    def _url(self, path: str, params: dict[str, str] | None) -> str:
        url = path if path.startswith(("http://", "https://")) else f"{self.base_url}{path}"
        return f"{url}?{urllib.parse.urlencode(params)}" if params else url

    def _follow(self, method: str, url: str, headers: dict[str, str], body: bytes | None, *, may_leave: bool) -> Answer:
        for _ in range(5):
            answer = self._exchange(method, url, headers, body)
            location = answer.headers.get("location")
            if answer.status not in (301, 302, 303, 307, 308) or not location:
                return answer
            target = self._join(url, location)
            if method != "GET" or not self._may_go(target, may_leave=may_leave):
                raise ServiceRefused(
                    f"{self.service} redirects to elsewhere: {show_url(target)}",
                    hint="check the service's address in your configuration; no credential was sent there",
                    status=answer.status,
                )
            url = target
        raise ServiceRefused(f"{self.service} redirects in a circle", hint="check the service's address")

    def _join(self, url: str, location: str) -> str:
        try:
            target = urllib.parse.urljoin(url, location)
            origin_of(target)
        except ValueError:
            raise ServiceRefused(
                f"{self.service} redirects to what is no address",
                hint="check the service's address, and whether a proxy is in between",
                passing=True,
            ) from None
        return target

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
        try:
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
        except _breakdowns() as error:
            raise self._unreached(url, error) from None

    def _answer(self, url: str, response: requests.Response) -> Answer:
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(self.service, url, response.status_code, headers, self._read(response))

    def _read(self, response: requests.Response) -> bytes:
        deadline = self._clock.monotonic() + ANSWER_TIMEOUT_S
        content = bytearray()
        # A byte at a time comes as it is sent: a large piece would be waited for, however slowly it fills.
        while piece := response.raw.read1(65536, decode_content=True):
            content += piece
            if len(content) > ANSWER_LIMIT_BYTES or self._clock.monotonic() > deadline:
                raise ServiceRefused(
                    f"{self.service} sends more or longer than any answer should be",
                    hint="check the service's address",
                    passing=True,
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
        limited = is_limit(answer)
        pause = read_pause(answer, self._clock.now())
        raise ServiceRefused(
            f"{self.service} answered {answer.status} at {show_url(answer.url)}: {explain(answer)}",
            hint=self._hint(answer, pause if limited or pause else None),
            status=answer.status,
            passing=answer.status in _PASSING,
            limited=limited,
            pause_s=pause,
        )

    def _hint(self, answer: Answer, pause: float | None) -> str:
        if pause is not None:
            return f"the service limits requests: wait {f'{pause:.0f} s' if pause else 'a while'}, then try again"
        if answer.status in (401, 403):
            return self._token_hint or "check the credential"
        if answer.status == 404:
            return f"check the name, and that the credential may see it. {self._token_hint}".strip()
        if answer.status >= 500:
            return "the service has a problem of its own: try again later"
        return "correct what the service names"


UNTRUSTED = "its certificate is not accepted"


def describe_problem(error: Exception) -> str:
    """Return what went wrong on the way, without the address (it may hold a signature)."""
    problems, text = load_requests().exceptions, str(error)
    if isinstance(error, problems.SSLError):
        return UNTRUSTED if "CERTIFICATE_VERIFY" in text or "match" in text else "the encrypted connection broke"
    known = {
        problems.ProxyError: "the proxy does not let it through",
        problems.ConnectTimeout: f"no connection within {CONNECT_TIMEOUT_S} s",
        problems.Timeout: f"no answer within {READ_TIMEOUT_S} s",
    }
    for kind, words in known.items():
        if isinstance(error, kind):
            return words
    if "Connection refused" in text:
        return "connection refused"
    if any(words in text for words in ("Name or service not known", "nodename nor servname", "name resolution")):
        return "its name is not known"
    return "the connection broke"


def _breakdowns() -> tuple[type[Exception], ...]:
    """Return all that a request raises where the way to the service, or its answer, breaks.

    requests wraps most, not all, of what urllib3 and http.client raise while a body is read; and it parses where a
    redirect leads (ValueError for what is no address) before anyone follows it.
    """
    from http.client import HTTPException

    from urllib3.exceptions import HTTPError

    return (load_requests().RequestException, HTTPError, HTTPException, OSError, ValueError)


def _as_it_is(answer: Answer) -> Answer:
    return answer


def _certificate_bundle() -> str | bool:
    import os

    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
