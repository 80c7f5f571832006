"""Signing what everybody may check: by a key of AWS KMS in production, else by one in a local file.

KMS: an asymmetric key ECC_NIST_P256 for SIGN_VERIFY, which never leaves it; the eraser may sign with it and the app
only read the public half. KMS takes at most 4,096 bytes, so it signs (ECDSA with SHA-256) the SHA-256 of the content.
File: a private key of Ed25519 (RFC 8032) as PEM for the eraser, its public half for the app.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from webanizr.core.storage.clients import kms
from webanizr.core.vault.errors import Forbidden, Unavailable, Unreadable
from webanizr.core.vault.wrapping import answers

PublicKey = Ed25519PublicKey | ec.EllipticCurvePublicKey
ED25519, ECDSA = "Ed25519", "ECDSA-P256-SHA256 of SHA-256"


class Signer(Protocol):
    """What a signer can do. Both raise Unavailable when it doesn't answer, Forbidden when it refuses this process."""

    def public_key(self) -> PublicKey:
        """Return the key with which signatures are checked."""

    def sign(self, content: bytes) -> bytes:
        """Return the signature of any number of bytes."""


def signer() -> Signer:
    """Return the signer that the settings name."""
    if settings.CERTIFICATE_KMS_KEY:
        return ByKms(settings.CERTIFICATE_KMS_KEY)
    if settings.CERTIFICATE_KEY_FILE:
        return ByFile(Path(settings.CERTIFICATE_KEY_FILE))
    return BySecret()


def algorithm_of(key: PublicKey) -> str:
    """Return what signatures under the key are called in a certificate."""
    return ED25519 if isinstance(key, Ed25519PublicKey) else ECDSA


def verify(key: PublicKey, content: bytes, signature: bytes) -> bool:
    """Whether the signature is of this content, by this key."""
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, content)
        else:
            key.verify(signature, hashlib.sha256(content).digest(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def name_of(key: PublicKey) -> str:
    """Return a short name: the first 16 hexadecimal digits of the SHA-256 of the key as DER (SubjectPublicKeyInfo)."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()[:16]


class ByKms:
    """AWS KMS signs: the private half never leaves it, and each signature is in AWS's own log."""

    def __init__(self, key: str) -> None:
        self.key = key

    def public_key(self) -> PublicKey:
        """Ask for it, once in this process."""
        return _public_half(self.key)

    def sign(self, content: bytes) -> bytes:
        """Let KMS sign the SHA-256."""
        digest = hashlib.sha256(content).digest()
        with answers():
            answer = kms().sign(KeyId=self.key, Message=digest, MessageType="RAW", SigningAlgorithm="ECDSA_SHA_256")
        return answer["Signature"]


@functools.cache
def _public_half(key: str) -> PublicKey:
    with answers():
        der = kms().get_public_key(KeyId=key)["PublicKey"]
    found = serialization.load_der_public_key(der)
    if not isinstance(found, ec.EllipticCurvePublicKey):
        raise Unreadable("the certificate's key in KMS isn't ECC_NIST_P256")
    return found


class ByFile:
    """A key in a file: private for who signs, public for who only shows and checks."""

    def __init__(self, path: Path) -> None:
        try:
            self.pem = path.read_bytes()
        except OSError as error:
            raise Unavailable("certificate key file") from error

    def _private(self) -> Ed25519PrivateKey:
        if b"PRIVATE KEY" not in self.pem:
            raise Forbidden("this service has the public half only")
        try:
            key = serialization.load_pem_private_key(self.pem, password=None)
        except ValueError as error:
            raise Unreadable("certificate key file") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise Unreadable("the certificate's key isn't Ed25519")
        return key

    def is_private(self) -> bool:
        """Whether the file can sign; raises Unreadable when it holds no key of Ed25519."""
        self.public_key()
        return b"PRIVATE KEY" in self.pem

    def public_key(self) -> PublicKey:
        """Return it, whichever half the file holds."""
        if b"PRIVATE KEY" in self.pem:
            return self._private().public_key()
        try:
            key = serialization.load_pem_public_key(self.pem)
        except ValueError as error:
            raise Unreadable("certificate key file") from error
        if not isinstance(key, Ed25519PublicKey):
            raise Unreadable("the certificate's key isn't Ed25519")
        return key

    def sign(self, content: bytes) -> bytes:
        """Sign."""
        return self._private().sign(content)


class BySecret:
    """A key made from SECRET_KEY, where no other is set: for a machine of one's own."""

    def _private(self) -> Ed25519PrivateKey:
        made = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"webanizr erasure certificate")
        return Ed25519PrivateKey.from_private_bytes(made.derive(settings.SECRET_KEY.encode()))

    def public_key(self) -> PublicKey:
        """Return the public half."""
        return self._private().public_key()

    def sign(self, content: bytes) -> bytes:
        """Sign."""
        return self._private().sign(content)


def as_text(signature: bytes) -> str:
    """Return a signature as base64."""
    return base64.b64encode(signature).decode()
