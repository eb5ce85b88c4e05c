"""Time of the 调研报告 per page, side by side with a plain WeasyPrint report of the same kind.

    python -m tests.benchmarks.report PATH/TO/report_pdf.py [ROUNDS]

By hand. Both run in turns on the same machine; the best round of each counts, charts drawn anew
every time; both are warm (the plain one gives the median of three).
The goal is a ratio of at most 1.25.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "tests" / "data" / "figures_example.json"
FONT = ROOT / "analysis" / "fonts" / "NotoSansCJKsc-Regular.otf"


def theirs(script: str) -> float:
    """Seconds per page of the plain report, the same font given to it."""
    with tempfile.TemporaryDirectory() as out:
        fonts = ["--font-face", str(FONT), "--mpl-font", str(FONT)]
        kind = ["--chart", "svgpath", "--variant", "pdf/a-3a", "--repeat", "3"]
        command = [sys.executable, script, "--out", out, *kind, *fonts]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    return told["total_s"] / told["pages"]


def ours() -> float:
    """Seconds per page of this project's report."""
    from analysis import reports
    from analysis.core import plotting

    figures = json.loads(EXAMPLE.read_text("utf-8"))
    plotting.forget()
    start = time.perf_counter()
    html_and_pdf = reports.build("survey", figures)
    spent = time.perf_counter() - start
    done = subprocess.run(["pdfinfo", "-"], input=html_and_pdf.pdf, capture_output=True, check=True)
    pages = next(row for row in done.stdout.decode().splitlines() if row.startswith("Pages:"))
    return spent / int(pages.split()[1])


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    script, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5
    ours()  # imports and unpacked fonts are not what is compared
    pairs = [(ours(), theirs(script)) for _ in range(rounds)]
    own, other = (min(side) for side in zip(*pairs, strict=True))
    print(f"ours {own:.3f} s/page, plain {other:.3f} s/page, ratio {own / other:.2f} (goal 1.25)")


if __name__ == "__main__":
    main()
