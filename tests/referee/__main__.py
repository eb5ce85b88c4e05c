"""The referee's command: oracle cases of other programs against our public API.

    python -m tests.referee CASES.json DATA_DIR

Prints ``id ok|FAIL|unsupported max_rel_err`` per case and closes with ``N passed, N failed, N
skipped``. It holds no numbers of its own. Unsupported and refusals count as failed, except under
the policy do_not_match, where a one-sided bound or a refusal is what a correct product gives.
Skipped are only cases that cannot be read.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from analysis.core.calibrate import CalibrationFailed
from analysis.core.plackett_luce import NotComparable
from analysis.core.regression import NotEstimable
from analysis.core.testable import NotTestable
from analysis.core.variance import LonelyStrata
from tests.referee import checks, estimates
from tests.referee.data import AnyDesign, Data, Unsupported, declare, load
from tests.referee.distance import error, one_sided

Answer = dict[str, Any]
WITH_DESIGN: dict[str, Callable[[Any, AnyDesign, Data], Answer]] = {
    "mean": estimates.described, "total": estimates.described, "ratio": estimates.described,
    "by": estimates.described, "var": estimates.described, "ciprop": estimates.proportion,
    "glm": estimates.regressed, "olr": estimates.ordinal, "quantile": estimates.quantile,
    "contrast": estimates.contrast, "weights": estimates.weights, "alpha": estimates.alpha,
    "chisq": checks.chi_square, "gofchisq": checks.goodness, "ttest": checks.t_test,
    "ranktest": checks.rank_test, "table": checks.table,
}  # fmt: skip
BY_CALL: dict[str, Callable[[Any], Answer]] = {
    "rank_confidence_sets": checks.ranks, "tau_best": checks.best,
    "rank_cs_multinomial": checks.single_choice, "p_adjust": checks.corrected,
}  # fmt: skip
BY_DATA: dict[str, Callable[[Any, Data], Answer]] = {
    "icc_anova": checks.interviewers, "percent_match": checks.copies,
    "straightline": checks.lines, "duration_flags": checks.times,
}  # fmt: skip
REFUSALS = (
    CalibrationFailed, LonelyStrata, NotComparable, NotEstimable, NotTestable,
)  # fmt: skip


def answer(case: Mapping[str, Any], folder: Path) -> Answer:
    fn = case["call"]["fn"]
    if fn in BY_CALL:
        return BY_CALL[fn](case["call"])
    data = load(folder, case.get("dataset"))
    if fn in BY_DATA:
        return BY_DATA[fn](case, data)
    if fn == "quasi_randomisation_ipw":
        return checks.volunteers(case, data, folder)
    design = declare(case["design"], data) if case.get("design") else None
    if fn == "plackett_luce":
        return checks.worth(case, design, data)
    if fn not in WITH_DESIGN:
        raise Unsupported(fn)
    return WITH_DESIGN[fn](case, design or declare({"type": "linearized"}, data), data)


def judge(case: Mapping[str, Any], folder: Path) -> tuple[bool, str]:
    """Whether a case passes, and the words printed behind its id."""
    policy = str(case.get("policy") or "")
    try:
        got = answer(case, folder)
        if policy.startswith("do_not_match"):
            good = one_sided(got)
            return good, "ok one-sided" if good else "FAIL degenerate"
        worst = error(case["expected"], got, case.get("tolerance_rel", 1e-8), policy)
    except Unsupported as reason:
        return False, f"unsupported {reason}"
    except REFUSALS as refusal:
        good = policy.startswith("do_not_match")
        return good, f"{'ok refused' if good else 'FAIL ' + type(refusal).__name__}: {refusal}"
    except Exception as refusal:
        return False, f"FAIL {type(refusal).__name__}: {refusal}"
    good = worst <= case.get("tolerance_rel", 1e-8)
    return good, f"{'ok' if good else 'FAIL'} {worst:.2e}"


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print(__doc__)
        return 2
    warnings.simplefilter("ignore")
    cases, folder = json.loads(Path(arguments[0]).read_text("utf-8")), Path(arguments[1])
    passed = failed = skipped = 0
    for case in cases if isinstance(cases, list) else cases["cases"]:
        if not isinstance(case, dict) or not {"id", "call", "expected"} <= set(case):
            skipped += 1
            print("?" if not isinstance(case, dict) else case.get("id", "?"), "skipped")
            continue
        good, words = judge(case, folder)
        passed, failed = passed + good, failed + (not good)
        print(case["id"], words)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
