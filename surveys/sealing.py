"""Sealed sections: encrypted to the campaign's public key the moment she finishes the section.

RSA-OAEP-3072 (SHA-256) wraps a random AES-256-GCM key; browsers can do the same with WebCrypto. The
private key is protected by the custodian's passphrase and used only by a one-off child process, so
no server process and no cadre can read the answers.
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.padding import OAEP
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ALG = "RSA-OAEP-3072+A256GCM"
FIELDS = ("alg", "key_id", "wrapped", "nonce", "body")


@dataclass(frozen=True, slots=True)
class KeyPair:
    """PEM texts; the private one is encrypted with the custodian's passphrase."""

    key_id: str
    public_pem: str
    private_pem: str


def new_key_pair(passphrase: str) -> KeyPair:
    """A key pair for one campaign. The caller hands the private PEM to the custodian."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    public_pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    private_pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )
    digest = hashes.Hash(hashes.SHA256())
    digest.update(public_pem)
    return KeyPair(digest.finalize().hex()[:16], public_pem.decode(), private_pem.decode())


def attachment_name(section: str) -> str:
    return f"sealed-{section}.json"


def seal_section(public_pem: str, key_id: str, payload: bytes, *, aad: str) -> bytes:
    """JSON attachment holding `payload`; aad binds it to instance and section (``id|section``)."""
    public = serialization.load_pem_public_key(public_pem.encode())
    if not isinstance(public, rsa.RSAPublicKey):
        raise ValueError("the campaign's public key is not an RSA key")
    key, nonce = AESGCM.generate_key(256), os.urandom(12)
    sealed = {
        "alg": ALG,
        "key_id": key_id,
        "wrapped": _b64(public.encrypt(key, _oaep())),
        "nonce": _b64(nonce),
        "body": _b64(AESGCM(key).encrypt(nonce, payload, aad.encode())),
    }
    return json.dumps(sealed).encode()


def open_section(private_pem: str, passphrase: str, attachment: bytes, *, aad: str) -> bytes:
    """The payload again. ValueError on a wrong passphrase; InvalidTag when moved or changed."""
    private = serialization.load_pem_private_key(private_pem.encode(), passphrase.encode())
    if not isinstance(private, rsa.RSAPrivateKey):
        raise ValueError("not an RSA key")
    parts = json.loads(attachment)
    key = private.decrypt(base64.b64decode(parts["wrapped"]), _oaep())
    nonce, body = base64.b64decode(parts["nonce"]), base64.b64decode(parts["body"])
    return AESGCM(key).decrypt(nonce, body, aad.encode())


def _oaep() -> OAEP:
    return padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
