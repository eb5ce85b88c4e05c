"""The expression oracle: expressions with recorded answers of two other engines.

    python -m tests.expression_oracle FOLDER [--all]

FOLDER holds corpus.txt (an expression a line), javarosa.json and enketo.json (their answers),
form.xml and instance.xml (what the expressions speak about). Judged are the expressions on which
both engines give the same answer; an answer that contains the recording device's clock offset is
compared in that zone, which we name instead of guessing.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from surveys import gateway
from surveys.core import instance, xform
from surveys.core.expressions import Context, SyntaxProblem, compile_ast, parse, values
from surveys.core.expressions.values import EvaluationProblem
from surveys.core.interview import Interview

# The corpus was recorded on a device three hours behind universal time.
DEVICE_ZONE = timezone(timedelta(hours=-3))


def interview_of(folder: Path) -> Interview:
    form = gateway.parse_xml((folder / "form.xml").read_bytes())
    filled = instance.read(gateway.parse_xml((folder / "instance.xml").read_bytes()))
    definition = xform.compile(form).definition
    assert definition is not None
    return Interview(definition, filled.answers, now=datetime.now(values.ZONE))


def answer(interview: Interview, source: str) -> dict[str, Any]:
    """Our answer in the corpus' own form: type and value."""
    try:
        found = compile_ast(parse(source))(Context(interview.env, interview.root))
    except (SyntaxProblem, EvaluationProblem) as error:
        return {"type": "error", "value": str(error)}
    if isinstance(found, list):
        return {"type": "nodeset", "value": [node.text for node in found]}
    kinds = {bool: "boolean", float: "number", int: "number", str: "string"}
    return {"type": kinds[type(found)], "value": found}


def same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Equal but for the type wrapped around a value and the digits a recording kept."""
    if "error" in (a["type"], b["type"]):
        return a["type"] == b["type"]
    left, right = _plain(a["value"]), _plain(b["value"])
    try:
        x, y = float(left), float(right)
    except ValueError:
        return left == right
    return left == right or abs(x - y) <= 0.01


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return _plain(value[0]) if len(value) == 1 else "|".join(map(str, value))
    return values.to_string(value)


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0])
    theirs, others = (
        json.loads((folder / name).read_text("utf-8")) for name in ("javarosa.json", "enketo.json")
    )
    interview = interview_of(folder)
    interview.env.zone = DEVICE_ZONE
    agreed = right = alone = 0
    for source, expected in theirs.items():
        if source == "$meta":
            continue
        mine = answer(interview, source)
        both, good = same(expected, others[source]), same(expected, mine)
        agreed += both
        right += both and good
        alone += not both and good
        if not good and (both or "--all" in arguments):
            print(f"{source}: JavaRosa {expected['value']!r}, ours {mine['value']!r}")
    print(f"{right} of {agreed} where both engines agree; of the others {alone} follow JavaRosa")
    return 0 if right == agreed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
