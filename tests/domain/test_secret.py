import pickle

import pytest

from conductor.domain.secret import Secret, redact

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("ghp_" + "x" * 36, "***"),
        ("see gho_" + "x" * 20 + ", ghu_" + "1" * 20 + " ghs_" + "A" * 20 + " ghr_" + "z" * 20, "see ***, *** *** ***"),
        ("github_pat_" + "a1_" * 10, "***"),
        ("key rpa_" + "A" * 20, "key ***"),
        ("hf_abcdefghijklmnopqrst", "***"),
        ("dckr_pat_" + "a-b_c" * 4, "***"),
        ("sk-" + "a-b_c" * 4, "***"),
        ("AKIA" + "A1" * 8, "***"),
        ("a eyJhbGciOi1.eyJzdWIiOi1.c2lnbmF0dXI b", "a *** b"),
        ("token=abcdef123456", "token=***"),
        ("MY_DB_PASSWORD: abcdef", "MY_DB_PASSWORD: ***"),
        ("passwd='abcdef'", "passwd='***'"),
        ('api_key = "abcdef" # x', 'api_key = "***" # x'),
        ("AWS_SECRET_ACCESS_KEY=abcdefgh", "AWS_SECRET_ACCESS_KEY=***"),
        ("secret:abcdef;x", "secret:***;x"),
        ("apikey=abcdef&x=1", "apikey=***&x=1"),
        ("RUNPOD_API_KEY: 'rpa_ABCDEFGHIJKLMNOPQRSTUV'", "RUNPOD_API_KEY: '***'"),
        ("export HF_TOKEN=hf_abcdefghijklmnopqrstuvwx", "export HF_TOKEN=***"),
        ("https://user:pass@host/x", "https://***@host/x"),
        ("ssh://git:x@host", "ssh://***@host"),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("authorization: basic dXNlcjpwYXNz'", "authorization: ***'"),
        ("AUTHORIZATION: Token  abc", "AUTHORIZATION: ***"),
        ("sent Bearer abcdefghij12", "sent Bearer ***"),
        ("the header was 'bearer A.b_c~d+e/f=-g' and", "the header was 'bearer ***' and"),
        ("https://s3/x?X-Amz-Signature=abcdef&a=1", "https://s3/x?X-Amz-Signature=***&a=1"),
        ("?X-Amz-Credential=a/b&X-Amz-Security-Token=c", "?X-Amz-Credential=***&X-Amz-Security-Token=***"),
        ("?se=2026&sig=a%2Bb&x", "?se=2026&sig=***&x"),
        ("Signature=abc 'x'", "Signature=*** 'x'"),
        (KEY + "-----END OPENSSH PRIVATE KEY-----", "***"),
        ("a\n" + KEY + "cut off", "a\n***"),
        ("-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\nkept", "***\nkept"),
    ],
)
def test_what_looks_like_a_credential_is_replaced(text, kept):
    assert redact(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "tokens = 1000",
        "password=$PASSWORD",
        "the token is missing",
        "git@github.com:o/n.git",
        "sk-learn",
        "the bearer of this",
        "Bearer token",
        "https://host:8080/x",
        "ghp_short",
        "AKIAIOSFODNN7",
        "eyJhbGci.eyJz.abc",
        "-----BEGIN CERTIFICATE-----",
        "secretary: somebody",
        "token=12345",
        "",
    ],
)
def test_what_is_no_credential_stays(text):
    assert redact(text) == text


def test_redacting_twice_changes_nothing_more():
    text = "Authorization: Bearer abc.def token=abcdef123 https://u:p@h ?sig=1"
    assert redact(redact(text)) == redact(text)


def test_a_secret_shows_itself_only_where_it_is_asked():
    secret = Secret("abc")
    assert (repr(secret), str(secret), f"{secret}", f"{secret!r:>5}", f"{secret:>9}") == (
        "***",
        "***",
        "***",
        "  ***",
        "***",
    )
    assert secret.reveal() == "abc"
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_secrets_are_equal_by_their_text_and_to_nothing_else():
    assert Secret("abc") == Secret("abc")
    assert hash(Secret("abc")) == hash(Secret("abc"))
    assert Secret("abc") != Secret("abd")
    assert Secret("abc") != "abc"
    assert Secret("abc") != "***"
    assert {Secret("abc"): 1}[Secret("abc")] == 1


def test_an_empty_secret_is_no_secret():
    assert not Secret("")
    assert Secret(" ")
