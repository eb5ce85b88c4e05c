"""Envelopes: bytes at rest under a random key per record, the key in another store.

AES-256-GCM; the additional data bind a ciphertext to its kind and record, so it cannot be moved
to another row. The record key is wrapped by the master key. Every blob carries its algorithm and
key id, so another cipher suite can be added. Destroying the record key destroys the data.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import date

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap
from django.conf import settings

from .models import RecordKey

ALG = "A256GCM"
_MASTER_ID = "m1"


class Unreadable(Exception):
    """The key is destroyed or unknown, or the ciphertext was changed or moved."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a row keeps: algorithm, key id and nonce + ciphertext."""

    alg: str
    key_id: str
    body: bytes


def new_key(today: date) -> str:
    """Store a fresh wrapped key, committed before anything is sealed with it. Returns its id."""
    key_id = secrets.token_hex(16)
    wrapped = aes_key_wrap(_master(), secrets.token_bytes(32))
    RecordKey.objects.create(key_id=key_id, wrapped=wrapped, wrap_key=_MASTER_ID, created_on=today)
    return key_id


def seal(data: bytes, *, aad: str, today: date, key_id: str = "") -> Sealed:
    """Encrypt under `key_id`, or under a new record key when none is given."""
    key_id = key_id or new_key(today)
    return Sealed(ALG, key_id, _encrypt(_key(key_id), data, aad))


def open_(body: bytes | memoryview, *, key_id: str, aad: str) -> bytes:
    """Decrypt. Unreadable when the key is gone or anything does not match."""
    raw = bytes(body)
    try:
        return AESGCM(_key(key_id)).decrypt(raw[:12], raw[12:], aad.encode())
    except InvalidTag:
        raise Unreadable(key_id) from None


def seal_many(items: list[tuple[str, bytes, str]]) -> list[bytes]:
    """Encrypt (key_id, data, aad) triples with one look-up of all keys; bodies in order."""
    keys = _keys({key_id for key_id, _, _ in items})
    return [_encrypt(keys[key_id], data, aad) for key_id, data, aad in items]


def open_many(items: list[tuple[str, bytes, str]]) -> list[bytes | None]:
    """Decrypt (key_id, body, aad) triples with one look-up; None where the key is destroyed."""
    keys = _keys({key_id for key_id, _, _ in items})
    plain: list[bytes | None] = []
    for key_id, body, aad in items:
        raw, key = bytes(body), keys.get(key_id)
        plain.append(AESGCM(key).decrypt(raw[:12], raw[12:], aad.encode()) if key else None)
    return plain


def destroy(key_id: str, today: date) -> None:
    """Forget a record key for ever. What it sealed can never be read again."""
    RecordKey.objects.filter(key_id=key_id).update(wrapped=b"", destroyed_on=today)


def _encrypt(key: bytes, data: bytes, aad: str) -> bytes:
    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, data, aad.encode())


def _master() -> bytes:
    return bytes.fromhex(settings.MASTER_KEY)


def _key(key_id: str) -> bytes:
    found = _keys({key_id})
    if key_id not in found:
        raise Unreadable(key_id)
    return found[key_id]


def _keys(key_ids: set[str]) -> dict[str, bytes]:
    wanted, found, master = sorted(key_ids), {}, _master()
    for start in range(0, len(wanted), 500):
        rows = RecordKey.objects.filter(key_id__in=wanted[start : start + 500])
        for row in rows.only("key_id", "wrapped"):
            if row.wrapped:
                found[row.key_id] = aes_key_unwrap(master, bytes(row.wrapped))
    return found
