"""Which addresses a worker opens, by what they look like and by IANA's registries."""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import worker_harness
from hypothesis import given
from hypothesis import strategies as st
from worker.addresses import is_global, join_url, parse_url
from worker.contract import JobError

# First and last address of each block that IANA's registries don't call globally reachable, and forms that embed others.
NOT_GLOBAL = """
0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.1 127.255.255.255
169.254.0.0 169.254.169.254 172.16.0.0 172.31.255.255 192.0.0.0 192.0.0.8 192.0.0.9 192.0.0.170 192.0.0.255
192.0.2.0 192.88.99.1 192.88.99.2 192.168.0.0 192.168.255.255 198.18.0.0 198.19.255.255 198.51.100.7 203.0.113.255
224.0.0.1 239.255.255.255 240.0.0.0 255.255.255.255
:: ::1 ::7f00:1 ::5db8:d822 ::ffff:10.0.0.1 ::ffff:93.184.216.34 ::ffff:0:5db8:d822
64:ff9b::a00:1 64:ff9b::5db8:d822 64:ff9b:1::1 64:ff9b:1:ffff::5db8:d822 100::1 100:0:0:1::1 1fff::1
2001::1 2001:0:5db8:d822::1 2001:1::1 2001:2::1 2001:10::1 2001:20::1 2001:30::1 2001:1ff:ffff::1 2001:db8::1
2002::1 2002:5db8:d822::1 2002:a00:1::1 3fff::1 3fff:fff:ffff::1 4000::1 5f00::1 8000::1
fc00::1 fd12:3456::1 fe80::1 febf::1 fec0::1 feff::1 ff00::1 ff02::1 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
""".split()  # noqa: SIM905 (a list of quoted words reads worse)
GLOBAL = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 93.184.216.34 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0 192.88.98.255 192.167.255.255
192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255
2000::1 2001:200::1 2001:4860:4860::8888 2001:db7::1 2001:db9::1 2003::1 2606:4700::1111 2a00:1450:4001::1 3ffe::1
""".split()  # noqa: SIM905 (a list of quoted words reads worse)


@pytest.mark.parametrize("text", NOT_GLOBAL)
def test_what_the_registries_keep_from_the_internet_is_not_global(text):
    assert not is_global(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", GLOBAL)
def test_what_stands_beside_a_kept_block_is_global(text):
    assert is_global(ipaddress.ip_address(text))


@given(st.ip_addresses())
def test_nothing_is_called_global_that_this_python_calls_private_or_multicast(address):
    if is_global(address):
        assert not (address.is_private or address.is_multicast or address.is_reserved or address.is_loopback)


@given(st.ip_addresses(v=4), st.integers(0, 2**32 - 1))
def test_no_ipv6_form_of_an_ipv4_address_is_global(inner, rest):
    number = int(inner)
    for form in (
        number,  # IPv4-compatible
        0xFFFF << 32 | number,
        0xFFFF << 48 | number,  # IPv4-translated
        0x64FF9B << 96 | number,
        0x64FF9B0001 << 80 | number,
        0x2002 << 112 | number << 80 | rest,
        0x20010000 << 96 | number << 64 | rest,
    ):
        assert not is_global(ipaddress.IPv6Address(form))


def _find_python(version):
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = [*map(str, root.glob(f"versions/{version}.*/bin/python")), shutil.which(f"python{version}")]
    works = (
        python for python in found if python and not subprocess.call([python, "-c", ""], stderr=subprocess.DEVNULL)
    )
    return next(works, None)


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_every_python_decides_the_same(version):
    python = sys.executable if sys.version.startswith(f"{version}.") else _find_python(version)
    code = (
        "import sys, json, ipaddress; sys.path.insert(0, sys.argv[1]); from worker.addresses import is_global\n"
        "print(json.dumps([is_global(ipaddress.ip_address(text)) for text in sys.argv[2:]]))"
    )
    if not python:
        pytest.skip(f"no Python {version} here")
    done = subprocess.run(
        [python, "-c", code, str(worker_harness.IMAGE), *NOT_GLOBAL, *GLOBAL],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [False] * len(NOT_GLOBAL) + [True] * len(GLOBAL)


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://example.com", "example.com", 443, "/"),
        ("HTTPS://EXAMPLE.com:443/a?b=c#d", "example.com", 443, "/a?b=c"),
        ("https://example.com.:/v", "example.com", 443, "/v"),
        ("https://my_bucket.s3-eu.example/v", "my_bucket.s3-eu.example", 443, "/v"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443, "/"),
        ("https://93.184.216.34/v?X-Amz-Signature=a%2Fb+c", "93.184.216.34", 443, "/v?X-Amz-Signature=a%2Fb+c"),
        ("https://[2606:4700::1111]/v", "2606:4700::1111", 443, "/v"),
        ("https://example.com?a=/../b", "example.com", 443, "/?a=/../b"),
        ("https://example.com/видео.mp4?t=é", "example.com", 443, "/%D0%B2%D0%B8%D0%B4%D0%B5%D0%BE.mp4?t=%C3%A9"),
        ("https://example.com:8443/v", "example.com", 8443, "/v"),
        ("http://example.com/v", "example.com", 80, "/v"),
    ],
)
def test_an_address_is_taken_apart(url, host, port, path):
    parsed = parse_url(url)
    assert (parsed.host, parsed.port, parsed.path) == (host, port, path)


MALFORMED = [
    *(
        "",
        "https:",
        "https://",
        "https:///v",
        "//example.com/v",
        "example.com/v",
        "ftp://example.com/v",
        "file:///etc/passwd",
    ),
    *(
        "data:video/mp4;base64,AAAA",
        "https://[",
        "https://[::1",
        "https://[::1]x/v",
        "https://::1/v",
        "https://[fe80::1%25eth0]/v",
    ),
    *(
        "https://[fe80::1%eth0]/v",
        "https://[1.2.3.4]/v",
        "https://[::g]/v",
        "https://user@example.com/",
        "https://user:pw@example.com/",
    ),
    *(
        "https://@example.com/",
        "https://example.com@10.0.0.1/",
        "https://example.com\\@10.0.0.1/",
        "https://example.com:x/",
    ),
    *("https://example.com:0/", "https://example.com:65536/", "https://example.com:4٤3/", "https://example.com:-443/"),
    *(
        "https://example.com:443:443/",
        "https://example..com/",
        "https://.example.com/",
        "https://example.com../",
        "https://-a.example/",
    ),
    *(
        "https://a-.example/",
        "https://exa mple.com/",
        "https://exa%6dple.com/",
        "https://%31%32%37.0.0.1/",
        "https://exam\tple.com/",
    ),
    *(
        "https://example.com/v\r\nX-Other: 1",
        "https://example.com/\0",
        "https://example.com/ v",
        "https://bücher.example/",
    ),
    *(
        "https://ｅxample.com/",
        "https://example。com/",
        "https://①②⑦.0.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://127.1/",
    ),
    *(
        "https://0177.0.0.1/",
        "https://0x7f.0.0.1/",
        "https://127.0.0.1.2/",
        "https://127.0.0.256/",
        "https://1.2.3.4.0x5/",
        "https://a.1/",
    ),
    *(
        f"https://{'a' * 64}.example/",
        f"https://{'a.' * 127}example/",
        "https://exam\u00adple.com/",
        "https://example.com\u2028/",
    ),
]


@pytest.mark.parametrize("url", MALFORMED)
def test_a_malformed_address_is_refused_without_repeating_it(url):
    with pytest.raises(JobError) as error:
        parse_url(url)
    assert error.value.code == "forbidden_url"
    assert "pw" not in error.value.message
    assert error.value.message.isascii()


@given(
    st.text()
    | st.builds("https://{}".format, st.text())
    | st.builds("https://a{}/{}?{}".format, st.text(), st.text(), st.text())
)
def test_any_text_is_an_address_or_refused(text):
    try:
        parsed = parse_url(text)
    except JobError as error:
        assert error.code == "forbidden_url"
    else:
        assert parsed.host.isascii() and parsed.path.isascii() and parsed.path.startswith("/")
        assert not any(character <= " " for character in parsed.host + parsed.path)
        again = parse_url(
            f"{parsed.scheme}://{f'[{parsed.host}]' if ':' in parsed.host else parsed.host}:{parsed.port}{parsed.path}"
        )
        assert again == parsed


@given(st.text() | st.text("/.:[]@?#%\\ \t\r\nha", max_size=12))
def test_any_location_leads_somewhere_or_is_refused(location):
    try:
        parse_url(join_url("https://example.com/a/b?c", location))
    except JobError as error:
        assert error.code == "forbidden_url"
