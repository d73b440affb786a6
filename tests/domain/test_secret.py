import pickle

import pytest

from conductor.domain.secret import Secret, redact


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("ghp_" + "x" * 36, "***"),
        ("token=abcdef123456", "token=***"),
        ("RUNPOD_API_KEY: 'rpa_ABCDEFGHIJKLMNOPQRSTUV'", "RUNPOD_API_KEY: '***'"),
        ("export HF_TOKEN=hf_abcdefghijklmnopqrstuvwx", "export HF_TOKEN=***"),
        ("https://user:pass@host/x", "https://***@host/x"),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("https://s3/x?X-Amz-Signature=abcdef&a=1", "https://s3/x?X-Amz-Signature=***&a=1"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----", "***"),
    ],
)
def test_what_looks_like_a_credential_is_replaced(text, kept):
    assert redact(text) == kept


@pytest.mark.parametrize(
    "text", ["tokens = 1000", "password=$PASSWORD", "the token is missing", "git@github.com:o/n.git", "sk-learn"]
)
def test_what_is_no_credential_stays(text):
    assert redact(text) == text


def test_a_secret_shows_itself_only_where_it_is_asked():
    secret = Secret("abc")
    assert (repr(secret), str(secret), f"{secret}", f"{secret!r:>5}") == ("***", "***", "***", "  ***")
    assert secret.reveal() == "abc"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
