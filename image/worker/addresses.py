"""Which addresses a worker opens: what a URL must look like, and which IP addresses are global.

A worker is asked to open addresses by strangers, from inside a data centre. So the rule says what is allowed: https,
port 443, and an IP address that the IANA registries call globally reachable. It is a table and not Python's
`is_global`, which differs between versions and calls some addresses global that lead elsewhere: those that carry an
IPv4 address inside (NAT64, IPv4-compatible, 6to4, Teredo).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from worker.contract import JobError

HTTPS_PORT = 443
_PORTS = {"https": HTTPS_PORT, "http": 80}

# https://www.iana.org/assignments/iana-ipv4-special-registry (RFC 6890, 8190): every block that is not "globally
# reachable", 192.0.0.0/24 whole (its two global addresses are anycast for PCP and TURN), and multicast (RFC 5771).
_NOT_GLOBAL_4 = (
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",  # shared with the carrier's NAT
    "127.0.0.0/8",
    "169.254.0.0/16",  # link-local, and the clouds' metadata servers
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",  # documentation, as 198.51.100.0/24 and 203.0.113.0/24
    "192.88.99.0/24",  # 6to4 relays, deprecated (RFC 7526)
    "192.168.0.0/16",
    "198.18.0.0/15",  # benchmarking
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",  # reserved, with the broadcast address
)
# https://www.iana.org/assignments/ipv6-address-space: of IPv6 only this is global unicast. Outside are all forms that
# embed an IPv4 address (::/96, ::ffff:0:0/96, 64:ff9b::/96, 64:ff9b:1::/48), the dummy and discard prefixes (100::/64),
# segment routing (5f00::/16), local (fc00::/7, fe80::/10, fec0::/10) and multicast addresses.
_GLOBAL_6 = "2000::/3"
# https://www.iana.org/assignments/iana-ipv6-special-registry (RFC 6890, 8190, 9637), what of it lies inside.
_NOT_GLOBAL_6 = (
    "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarking, drone identifiers, anycast
    "2001:db8::/32",  # documentation, as 3fff::/20
    "2002::/16",  # 6to4 carries an IPv4 address
    "3fff::/20",
)
_DENIED_4 = tuple(ipaddress.IPv4Network(block) for block in _NOT_GLOBAL_4)
_ALLOWED_6 = ipaddress.IPv6Network(_GLOBAL_6)
_DENIED_6 = tuple(ipaddress.IPv6Network(block) for block in _NOT_GLOBAL_6)

_AUTHORITY = re.compile(r"(?:\[(?P<literal>[0-9a-fA-F:.]+)\]|(?P<name>[^\[\]:@/]+))(?::(?P<port>[0-9]{0,5}))?")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class Url:
    """A well-formed http or https address: the host in lower case without a last dot, the path with its query."""

    scheme: str
    host: str
    port: int
    path: str


def is_global(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Tell whether an IP address is one of the public internet and leads to itself, not to an address inside it."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in block for block in _DENIED_4)
    return address in _ALLOWED_6 and not any(address in block for block in _DENIED_6)


def parse_url(text: str) -> Url:
    """Take an address apart; raises JobError `forbidden_url` that says what is wrong without repeating it."""
    text = text.strip(" ")
    _refuse_gaps(text)
    try:
        parts = urlsplit(text)
    except ValueError:
        raise _malformed("it is no URL") from None
    if parts.scheme not in {"https", "http"}:
        raise JobError("forbidden_url", "the address must be an https one")
    if "@" in parts.netloc:
        raise JobError("forbidden_url", "the address carries a user name; give it without")
    found = _AUTHORITY.fullmatch(parts.netloc)
    if not found:
        raise _malformed("it has no valid host and port")
    port = int(found["port"] or _PORTS[parts.scheme])
    if not 0 < port < 1 << 16:
        raise _malformed("its port is no port")
    host = _parse_literal(found["literal"]) if found["literal"] else _parse_name(found["name"])
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    encoded = re.sub(r"[^\x00-\x7f]+", lambda found: quote(found[0], errors="replace"), path)  # as browsers do
    return Url(parts.scheme, host, port, encoded)


def join_url(base: str, location: str) -> str:
    """Return where a redirect leads, as text for `parse_url`; raises JobError `forbidden_url`."""
    location = location.strip(" ")
    _refuse_gaps(location)
    try:
        return urljoin(base, location)
    except ValueError:
        raise _malformed("it is no URL") from None


def _refuse_gaps(text: str) -> None:
    if re.search(r"[\x00-\x20\x7f]", text):  # urlsplit would drop some of them in silence
        raise _malformed("it holds a space or control character; percent-encode it")


def _parse_literal(text: str) -> str:
    try:
        return str(ipaddress.IPv6Address(text))
    except ValueError:
        raise _malformed("its host is no IPv6 address") from None


def _parse_name(text: str) -> str:
    if not text.isascii():
        raise _malformed("its host is not ASCII; write an international name in its xn-- form")
    host = text.lower().removesuffix(".")
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:  # 127.1, 0x7f000001 and 2130706433 mean different things to different resolvers
            raise _malformed("an IPv4 address is four decimal numbers") from None
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _malformed("its host is no name")
    return host


def _malformed(reason: str) -> JobError:
    return JobError("forbidden_url", f"the address is malformed: {reason}")
