"""Refusals: what an XForm may hold and the product does not do, each by name and never ignored.

A refusal names the column of a workbook it comes from (``Where.part``), so that an author is shown
her cell; in a foreign XForm the path stands instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..media import FORMS
from ..problems import Problem, Where
from .names import ENTITIES, JR, ODK, ORX, XF, appearance, local
from .nodes import bound_type
from .source import CONTROLS, Source

_BARRED_TYPES = frozenset({"barcode", "geotrace", "geoshape"})
_BARRED_KINDS = {"dateTime": "datetime", "boolean": "boolean"}
_MEDIA = {"image": "", "audio": "", "video": "video", "osm": "osm"}
# what a device says of itself or of its owner: not hers to give away unasked
_PRELOADS = {"timestamp", "date", "uid"}
_WORDS = frozenset({"label", "hint", "help"})
_EVENTS = frozenset({
    "odk-instance-first-load", "odk-instance-load", "xforms-ready", "odk-new-repeat",
    "xforms-value-changed",
})  # fmt: skip

# Appearances that alter what is recorded, where it comes from, or who can read it on the screen.
# Every other one is a matter of looks, and a page that shows it plainly asks the same question.
_APPEARANCES = frozenset({
    "month-year", "year", "ethiopian", "coptic", "islamic", "bikram-sambat", "myanmar", "persian",
    "buddhist", "annotate", "draw", "bearing", "url", "masked", "hidden-answer", "placement-map",
})  # fmt: skip
_CALLS = ("search(", "ex:", "printer:", "intent:")

# (element, attribute, the column it is written in) -> code
_ATTRIBUTES = {
    "submission": (
        ("base64RsaPublicKey", "public_key", "encryption_unsupported"),
        ("action", "submission_url", "submission_url_unsupported"),
        (f"{ORX}auto-send", "auto_send", "auto_send_unsupported"),
        (f"{ORX}auto-delete", "auto_delete", "auto_delete_unsupported"),
        (f"{ODK}client-editable", "client_editable", "client_editable_unsupported"),
    ),
    "root": (
        (f"{ODK}prefix", "prefix", "sms_unsupported"),
        (f"{ODK}delimiter", "delimiter", "sms_unsupported"),
    ),
}


def refusals(source: Source) -> Iterator[Problem]:
    checks = (_binds, _controls, _groups, _actions, _settings, _instances, _entities, _media)
    for check in checks:
        yield from check(source)


def _refusal(code: str, path: str = "", part: str = "", **params: Any) -> Problem:
    return Problem(code, Where(path=path, part=part), params)


def _binds(source: Source) -> Iterator[Problem]:
    for path, bind in source.binds.items():
        kind, preload = bound_type(bind), bind.get(f"{JR}preload", "")
        if path.endswith("/meta/audit"):
            yield _refusal("type_unsupported", path, "type", name="audit")
        elif path.endswith("/meta/instanceName"):
            yield _refusal("instance_name_unsupported", source.base, "instance_name")
        elif kind in _BARRED_TYPES:
            yield _refusal("type_unsupported", path, "type", name=kind)
        elif kind in _BARRED_KINDS and path in source.controls:
            yield _refusal("type_unsupported", path, "type", name=_BARRED_KINDS[kind])
        if preload and preload not in _PRELOADS:
            name = bind.get(f"{JR}preloadParams", preload)
            yield _refusal("preload_unsupported", path, "type", name=name)
        if bind.get(f"{ODK}quality"):
            yield _refusal("audio_quality_unsupported", path, "parameters")


def _controls(source: Source) -> Iterator[Problem]:
    for path in source.twice:
        yield _refusal("control_twice", path)
    for path, control in source.controls.items():
        name = local(control)
        media = control.get("mediatype", "").partition("/")[0]
        refused = _MEDIA.get(media, "file") if name == "upload" else ""
        if refused or name == "secret":
            yield _refusal("type_unsupported", path, "type", name=refused or name)
        if control.get("query"):
            yield _refusal("type_unsupported", path, "type", name="select_one_external")
        for word in _refused_words(appearance(control)):
            yield _refusal("appearance_unsupported", path, "appearance", name=word)


def _refused_words(text: str) -> Iterator[str]:
    call = next((c for c in _CALLS if text.startswith(c) or f" {c}" in text), "")
    if call:
        yield call.rstrip("(:")
    else:
        yield from (word for word in text.split() if word in _APPEARANCES)


def _groups(source: Source) -> Iterator[Problem]:
    for path, group in source.groups.items():
        if group.get("intent"):
            yield _refusal("appearance_unsupported", path, "appearance", name="intent")
    known = CONTROLS | _WORDS | {"group", "repeat"}
    for parent, element in source.layout():
        if local(element) not in known and not element.get("event"):
            yield _refusal("element_unsupported", parent, name=local(element))


def _actions(source: Source) -> Iterator[Problem]:
    for element in source.root.iter():
        events = element.get("event", "") if isinstance(element.tag, str) else ""
        name, path = local(element), source.target(element) if events else ""
        if not events:
            continue
        if name == "setgeopoint":
            yield _refusal("background_geopoint_unsupported", path, "type")
        elif name == "recordaudio":
            yield _refusal("background_audio_unsupported", path, "type")
        elif element.tag != f"{XF}setvalue":
            yield _refusal("element_unsupported", path, name=name)
        else:
            for event in set(events.split()) - _EVENTS:
                yield _refusal("event_unsupported", path, "trigger", name=event)


def _settings(source: Source) -> Iterator[Problem]:
    submission = source.model.find(f"{XF}submission")
    for key, element in (("submission", submission), ("root", source.main)):
        for attribute, column, code in _ATTRIBUTES[key] if element is not None else ():
            if element.get(attribute):
                yield _refusal(code, source.base, column)
    if source.main.find(".//{*}instanceID") is None:
        yield _refusal("instance_id_omitted", source.base, "omit_instanceID")


def _instances(source: Source) -> Iterator[Problem]:
    for instance in source.model.findall(f"{XF}instance"):
        file = instance.get("src", "")
        if "last-saved" in file:
            yield _refusal("last_saved_unsupported", source.base)
        elif file and not len(instance):
            yield _refusal("external_list", source.base, list=instance.get("id", ""), file=file)


def _entities(source: Source) -> Iterator[Problem]:
    for element in source.root.iter():
        names = (element.tag, *element.attrib) if isinstance(element.tag, str) else ()
        if any(str(name).startswith(ENTITIES) for name in names):
            yield _refusal("entities_unsupported", source.base)
            return


def _media(source: Source) -> Iterator[Problem]:
    """Beside a wording may stand a picture and a recording; nothing else is shown or played."""
    seen: set[tuple[str, str]] = set()
    for text in source.model.iterfind(f"{XF}itext/{XF}translation/{XF}text"):
        for value in text.iterfind(f"{XF}value"):
            form, address = value.get("form", ""), (value.text or "").strip()
            file = address.rsplit("/", 1)[-1]
            if address.startswith("jr://") and form not in FORMS and (form, file) not in seen:
                seen.add((form, file))
                path = text.get("id", "").partition(":")[0]
                place = path if path.startswith("/") else ""
                yield _refusal("media_form_unsupported", place, "media", name=form, file=file)


__all__ = ["refusals"]
