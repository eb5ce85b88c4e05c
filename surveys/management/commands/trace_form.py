"""Author's debugging tool: set answers, print relevance, required, constraint and value per leaf.

Works below the publish gate: unsupported features are warnings on stderr. One line per leaf,
``path  relevant  required  constraint  value`` separated by tabs (`surveys.core.trace`); it is how
the form logic is compared with other engines.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from surveys import gateway, messages
from surveys.core import trace, xform, xlsform
from surveys.core.definition import Definition
from surveys.core.interview import EvaluationProblem, Interview
from surveys.core.problems import Problem, Refused


class Command(BaseCommand):
    help = "逐题显示问卷逻辑：是否出现、是否必答、取值是否允许"

    def add_arguments(self, parser):
        parser.add_argument("form", nargs="?", help="问卷 (.xlsx 或 .xml)")
        parser.add_argument(
            "--answers", help="每行 path<TAB>value, 或 #REP (走一遍问卷，展开重复组)"
        )
        parser.add_argument("--jobs", help="清单文件，每行 FORM::ANSWERS")

    def handle(self, *args, form: str | None, answers: str | None, jobs: str | None, **options):
        if not form and not jobs:
            raise CommandError("请给出问卷文件，或用 --jobs 给出清单。")
        work = [(form or "", answers or "")]
        if jobs:
            lines = Path(jobs).read_text(encoding="utf-8").splitlines()
            work = [_pair(line) for line in lines if line.strip()]
        compiled: dict[str, Definition | str] = {}
        for name, filled in work:
            if name not in compiled:
                compiled[name] = _compile(name)
            sys.stdout.write(f"#FORM\t{name}\n" + _trace(compiled[name], filled, timezone.now()))


def _pair(line: str) -> tuple[str, str]:
    form, _, answers = line.partition("::")
    return form, answers


def _compile(name: str) -> Definition | str:
    """The definition, or the reason why there is none."""
    try:
        data = Path(name).read_bytes()
        problems: list[Problem] = []
        if not name.lower().endswith(".xml"):
            kind = gateway.check_workbook(data, name)
            converted = xlsform.convert(data, Path(name).name, kind=kind)
            problems += converted.problems
            data = converted.xform or b""
        root = gateway.parse_xml(data, max_nodes=gateway.FORM_NODES) if data else None
        result = xform.compile(root) if root is not None else xform.Compiled(None)
    except (Refused, OSError) as error:
        found = error.problems if isinstance(error, Refused) else (Problem("file_unreadable"),)
        return found[0].code
    for problem in [*problems, *result.problems]:
        sys.stderr.write(messages.line(problem) + "\n")
    return result.definition or "form_not_usable"


def _trace(definition: Definition | str, filled: str, now: datetime) -> str:
    if isinstance(definition, str):
        return f"!ERR\t{definition}\n"
    try:
        interview = Interview(definition, now=now, first_load=True, grow=False)
        answers = Path(filled).read_text(encoding="utf-8").splitlines() if filled else []
        for path in trace.replay(interview, answers):
            sys.stderr.write(f"{path}: 没有这个题\n")
        return "".join(f"{line}\n" for line in trace.leaves(interview))
    except (EvaluationProblem, RecursionError) as error:
        return f"!ERR\t{error}\n"
