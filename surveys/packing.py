"""From answers to what travels: the instance XML with its sealed sections taken out and encrypted.

Every sender in this house (wizard, demonstration) packs here, so that a sealed answer cannot travel
in clear by another road. Values the system knows go in by the form's ``nr:system`` names.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from . import sealing
from .core import instance
from .core.definition import Definition


def system_values(definition: Definition, facts: Mapping[str, str]) -> dict[str, str]:
    """Path -> value for the fields a form asks the system to fill; unknown facts are left out."""
    return {
        question.path: facts[question.properties["system"]]
        for question in definition.questions()
        if question.properties.get("system") in facts
    }


def rotation(definition: Definition, key: str) -> str:
    """1 .. the form's number of rotations, the same for the same key."""
    turns = [int(n.properties["rotate"]) for n in definition.with_property("rotate")]
    digest = hashlib.sha256(key.encode()).digest()
    return str(1 + int.from_bytes(digest[:4], "big") % max(turns, default=1))


def pack(
    definition: Definition,
    answers: Mapping[str, str],
    *,
    instance_id: str,
    public_key: str,
    key_id: str,
    meta: Mapping[str, str] | None = None,
) -> tuple[bytes, dict[str, bytes]]:
    """(instance XML without sealed answers, attachment name -> ciphertext)."""
    plain, sealed = dict(answers), {}
    for section in definition.with_property("sealed", "yes"):
        inside = {p: v for p, v in plain.items() if p.startswith(section.path + "/")}
        plain = {p: v for p, v in plain.items() if p not in inside}
        if inside:
            payload = json.dumps(inside, ensure_ascii=False).encode()
            sealed[sealing.attachment_name(section.name)] = sealing.seal_section(
                public_key, key_id, payload, aad=f"{instance_id}|{section.name}"
            )
    xml = instance.write(
        definition.form_id, definition.version, definition.root, plain,
        instance_id=instance_id, meta=meta,
    )  # fmt: skip
    return xml, sealed
