import base64
import json
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.domain import held
from conductor.domain.held import hold, hold_environment, is_named_secret, redact_held
from conductor.domain.secret import Secret, redact

KEY = 'Zq9+x/W\u00e9 k"7==pL'


@pytest.mark.parametrize(
    "form",
    [
        KEY,
        urllib.parse.quote(KEY),
        urllib.parse.quote(KEY, safe=""),
        urllib.parse.quote(KEY, safe="").replace("%2B", "%2b"),
        urllib.parse.quote_plus(KEY),
        json.dumps(KEY)[1:-1],
        json.dumps(KEY, ensure_ascii=False)[1:-1],
        KEY.replace("/", "\\/").replace('"', '\\"'),
    ],
)
def test_a_held_key_is_replaced_in_every_form_of_an_address_or_of_json(form):
    hold(KEY)
    assert redact_held(f"the worker said {form}, twice: {form}") == "the worker said ***, twice: ***"


@given(st.binary(max_size=5), st.text(min_size=6, max_size=60).filter(lambda text: len(text.strip()) > 5), st.binary())
def test_no_letter_of_base64_that_only_the_key_decides_is_left(before, key, after):
    held._HELD.clear()
    key = key.strip()
    hold(key)
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        content = key.encode("utf-8", "surrogateescape")
        text = encode(before + content + after).decode()
        first, last = -(-len(before) * 8 // 6), (len(before) + len(content)) * 8 // 6
        assert text[first:last] not in redact_held(text)


def test_an_empty_or_short_text_is_not_held():
    for text in ("", "   ", "main", "12345"):
        hold(text)
    assert redact_held("on main, 12345") == "on main, 12345"


def test_the_longer_of_two_keys_is_replaced_whole():
    hold("opaque-key-1")
    hold("opaque-key-12345")
    assert redact_held("opaque-key-12345 and opaque-key-1") == "*** and ***"


def test_who_has_a_secret_holds_it():
    Secret("opaque words of a key")
    assert redact("it said: opaque words of a key") == "it said: ***"


@pytest.mark.parametrize(
    "name", ["RUNPOD_API_KEY", "TOKEN", "hf_token", "DEPLOY_PAT_2", "DB_PASSWORD", "AWS_SECRET", "NPM_PASSWD", "APIKEY"]
)
def test_variables_named_like_a_credential_are_held(name):
    assert is_named_secret(name)
    hold_environment({name: "q7Zk0wvLm9x8"})
    assert redact("echo q7Zk0wvLm9x8") == "echo ***"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PATH", "/usr/bin:/q7Zk0wvLm9x8"),
        ("KEYBOARD", "q7Zk0wvLm9x8"),
        ("TOKENIZERS_PARALLELISM", "q7Zk0wvLm9x8"),
        ("SSH_KEY", "/root/.ssh/id_ed25519"),
        ("SSH_KEY", "~/.ssh/id_ed25519"),
        ("USE_TOKEN", "disabled"),
        ("DB_PASSWORD", "postgres"),
        ("CACHE_KEY", "linux-pip-cache"),
        ("STORE_KEY", "https://example.invalid/keys"),
        ("SHORT_TOKEN", "abc1234"),
    ],
)
def test_words_places_and_switches_are_no_credentials(name, value):
    hold_environment({name: value})
    assert redact_held(f"said {value} here") == f"said {value} here"
