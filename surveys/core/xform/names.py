"""Names of the XForm vocabulary, and the small readings that every part of the compiler shares."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from ..definition import NAMESPACE

XF = "{http://www.w3.org/2002/xforms}"
JR = "{http://openrosa.org/javarosa}"
ODK = "{http://www.opendatakit.org/xforms}"
ORX = "{http://openrosa.org/xforms}"
ENTITIES = "{http://www.opendatakit.org/xforms/entities}"
XHTML = "{http://www.w3.org/1999/xhtml}"
_NR = f"{{{NAMESPACE}}}"


def local(element: Any) -> str:
    return str(etree.QName(element).localname) if isinstance(element.tag, str) else ""


def itext_key(ref: str) -> str:
    found = re.match(r"\s*jr:itext\(\s*['\"](.+?)['\"]\s*\)\s*$", ref)
    return found[1] if found else ""


def properties(bind: Any) -> dict[str, str]:
    """The project's own attributes of a bind, by local name."""
    if bind is None:
        return {}
    return {k[len(_NR) :]: v for k, v in bind.attrib.items() if k.startswith(_NR)}


def appearance(control: Any) -> str:
    return str(control.get("appearance", "")) if control is not None else ""
