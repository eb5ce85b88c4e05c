"""Recordings by content: MP3, M4A, OGG, WAV, without tags that may tell place, device, owner.

Part of the gateway, which measures the bytes first. Sound is not decoded: containers are walked,
and what is no sound is taken out, or blanked where it stands, so that no offset moves. The comments
of an OGG stay, because its pages are checksummed.
"""

from __future__ import annotations

from collections.abc import Iterator

TYPES = {"mp3": "audio/mpeg", "m4a": "audio/mp4", "ogg": "audio/ogg", "wav": "audio/wav"}
_TAGS = frozenset({b"udta", b"meta", b"uuid"})
_OGG_CODECS = (b"OpusHead", b"\x01vorbis")


class Damaged(ValueError):
    """It begins like a recording and does not go on like one."""


def kind_of(data: bytes) -> str:
    """mp3, m4a, ogg, wav, or "" when it begins like none of them."""
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "wav"
    if data[:4] == b"OggS":
        return "ogg"
    if data[4:8] == b"ftyp":  # a telephone's AMR and a film stand in the same box
        return "m4a" if b"mp4a" in data and b"vide" not in _handlers(data) else ""
    return "mp3" if data[:3] == b"ID3" or _is_frame(data) else ""


def cleaned(data: bytes, kind: str) -> bytes:
    """The recording without its tags. Damaged when it is none."""
    work = {"mp3": _mp3, "m4a": _m4a, "ogg": _ogg, "wav": _wav}[kind]
    return work(data)


def _is_frame(data: bytes) -> bool:
    """The head of an MPEG audio frame: sync, and no reserved version, layer, rate."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return False
    version, layer = data[1] >> 3 & 3, data[1] >> 1 & 3
    return version != 1 and layer != 0 and data[2] >> 4 != 15 and data[2] >> 2 & 3 != 3


def _mp3(data: bytes) -> bytes:
    """Frames only: the ID3 tag before them and the one behind go."""
    while data[:3] == b"ID3" and len(data) > 10:
        size = 0
        for byte in data[6:10]:
            size = size << 7 | byte & 0x7F
        data = data[10 + size + (10 if data[5] & 0x10 else 0) :]
    if data[-128:-125] == b"TAG":
        data = data[:-128]
    data = data.lstrip(b"\0")
    if not _is_frame(data):
        raise Damaged
    return data


def _m4a(data: bytes) -> bytes:
    """Boxes of tags become free space of the same length."""
    out = bytearray(data)
    found = [name for name, _, _ in _boxes(data, 0, len(data))]
    if b"moov" not in found or b"mdat" not in found:
        raise Damaged
    _blank(out, 0, len(data))
    return bytes(out)


def _blank(out: bytearray, start: int, end: int) -> None:
    for name, begin, finish in list(_boxes(out, start, end)):
        if name in _TAGS:
            out[begin + 4 : begin + 8] = b"free"
            out[begin + 8 : finish] = bytes(finish - begin - 8)
        elif name in (b"moov", b"trak"):
            _blank(out, begin + 8, finish)


def _boxes(data: bytes | bytearray, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(name, begin, end) of the boxes side by side in a stretch."""
    while start + 8 <= end:
        size = int.from_bytes(data[start : start + 4])
        size = end - start if size == 0 else size
        if size < 8 or start + size > end:
            raise Damaged
        yield bytes(data[start + 4 : start + 8]), start, start + size
        start += size


def _handlers(data: bytes) -> set[bytes]:
    """What the tracks are handled as: ``soun`` of a recording, ``vide`` of a film."""
    parts = data.split(b"hdlr")[1:]
    return {part[8:12] for part in parts}


def _ogg(data: bytes) -> bytes:
    if not any(data[28 : 28 + len(codec)] == codec for codec in _OGG_CODECS):
        raise Damaged
    return data


def _wav(data: bytes) -> bytes:
    """The format and the sound; every other chunk goes."""
    kept, at, names = b"", 12, set()
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        chunk = data[at : at + 8 + size]
        if name in (b"fmt ", b"data"):
            kept += chunk + (b"\0" if len(chunk) % 2 else b"")
            names.add(name)
        at += 8 + size + size % 2
    if names != {b"fmt ", b"data"}:
        raise Damaged
    return b"RIFF" + (4 + len(kept)).to_bytes(4, "little") + b"WAVE" + kept
