"""Receipts: the signed proof a device gets, and the look-up code a woman takes home.

The signature (Ed25519) covers instance id, payload hash and day of receipt, so that a captive
portal cannot pretend that something arrived. The code has 80 bits; only its hash is stored.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import asdict, dataclass
from datetime import date

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from .models import Receipt

ALG = "Ed25519"
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U to misread


@dataclass(frozen=True, slots=True)
class SignedReceipt:
    """What a device stores before it may delete its copy."""

    instance_id: str
    payload_sha256: str
    received_on: str
    alg: str
    signature: str

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def sign(instance_id: str, payload_sha256: str, received_on: date) -> SignedReceipt:
    """Deterministic: the same instance always gets the same receipt."""
    day = received_on.isoformat()
    raw = _key().sign(_message(instance_id, payload_sha256, day))
    signature = base64.b64encode(raw).decode()
    return SignedReceipt(instance_id, payload_sha256, day, ALG, signature)


def verify(receipt: SignedReceipt) -> bool:
    message = _message(receipt.instance_id, receipt.payload_sha256, receipt.received_on)
    try:
        _key().public_key().verify(base64.b64decode(receipt.signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def public_key_base64() -> str:
    """The raw public key a tablet gets when it is bound."""
    raw = _key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def code_for(instance_id: str, today: date) -> str:
    """Her look-up code, 16 symbols in groups of four; showing it again gives the same one."""
    raw = hmac.digest(bytes.fromhex(settings.RECEIPT_KEY), f"code|{instance_id}".encode(), "sha256")
    number = int.from_bytes(raw[:10], "big")
    code = "".join(_ALPHABET[(number >> (5 * i)) & 31] for i in range(16))
    Receipt.objects.get_or_create(
        instance_id=instance_id, defaults={"code_hash": hash_code(code), "issued_on": today}
    )
    return " ".join(code[i : i + 4] for i in range(0, 16, 4))


def hash_code(code: str) -> str:
    """Keyed hash of a typed code: spaces, case and the letters people mistake do not matter."""
    text = "".join(code.upper().split()).replace("-", "").translate(str.maketrans("OIL", "011"))
    return hmac.digest(
        bytes.fromhex(settings.RECEIPT_KEY), f"hash|{text}".encode(), hashlib.sha256
    ).hex()


def find(code: str) -> Receipt | None:
    return Receipt.objects.filter(code_hash=hash_code(code)).first()


def _message(instance_id: str, payload_sha256: str, day: str) -> bytes:
    return f"{ALG}|{instance_id}|{payload_sha256}|{day}".encode()


def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(settings.RECEIPT_KEY))
