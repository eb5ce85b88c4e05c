"""Refusals: what an XForm may hold and the product does not do, each by name and never ignored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..problems import Problem, Where
from .names import ODK, XF
from .nodes import bound_type
from .source import Source

_BARRED_TYPES = {"barcode", "geotrace", "geoshape"}


def refusals(source: Source) -> Iterator[Problem]:
    yield from _types(source)
    yield from _form(source)


def _types(source: Source) -> Iterator[Problem]:
    for path, bind in source.binds.items():
        if bound_type(bind) in _BARRED_TYPES:
            yield _refusal("type_unsupported", path, name=bound_type(bind))


def _form(source: Source) -> Iterator[Problem]:
    submission = source.model.find(f"{XF}submission")
    if submission is not None and submission.get("base64RsaPublicKey"):
        yield _refusal("encryption_unsupported")
    for instance in source.model.findall(f"{XF}instance"):
        file = instance.get("src", "")
        if "last-saved" in file:
            yield _refusal("last_saved_unsupported")
        elif file and not len(instance):
            yield _refusal("external_list", list=instance.get("id", ""), file=file)
    for element in source.root.iter():
        if isinstance(element.tag, str) and "opendatakit.org/xforms/entities" in element.tag:
            yield _refusal("entities_unsupported")
            break
    if next(source.root.iter(f"{ODK}recordaudio"), None) is not None:
        yield _refusal("background_audio_unsupported")


def _refusal(code: str, path: str = "", **params: Any) -> Problem:
    return Problem(code, Where(path=path), params)
