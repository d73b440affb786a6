"""Keys and certificates of one rehearsal: what the registry shows its clients, and what its tokens are signed with."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

ISSUER, SERVICE = "rehearsal", "registry"
_VALID = timedelta(days=2)
_TOKEN_S = 300


class Authority:
    """A key with a certificate that it signed itself, for these names."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ISSUER)])
        now = datetime.now(UTC)
        built = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + _VALID)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        )
        if names:
            alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
            built = built.add_extension(alternatives, critical=False)
        self._certificate = built.sign(self._key, hashes.SHA256())

    def write(self, certificate: Path, key: Path | None = None) -> None:
        """Write the certificate, and the key for its owner alone, as PEM."""
        certificate.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))
        if key is not None:
            key.touch(mode=0o600)
            key.write_bytes(
                self._key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )

    def sign_token(self, subject: str, access: list[dict[str, Any]]) -> str:
        """Return a token as distribution's registry reads it (docs/spec/auth/jwt.md): ES256, certificate included."""
        now = int(time.time())
        der = self._certificate.public_bytes(serialization.Encoding.DER)
        header = {"typ": "JWT", "alg": "ES256", "x5c": [base64.b64encode(der).decode()]}
        claims = {
            "iss": ISSUER, "aud": SERVICE, "sub": subject, "iat": now, "nbf": now - 10, "exp": now + _TOKEN_S,
            "jti": secrets.token_hex(8), "access": access,
        }  # fmt: skip
        text = ".".join(_encode(json.dumps(part).encode()) for part in (header, claims))
        first, second = decode_dss_signature(self._key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{_encode(first.to_bytes(32, 'big') + second.to_bytes(32, 'big'))}"


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
