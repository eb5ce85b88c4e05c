"""How foreign workbooks and XForms fare at import: published, or refused with the first fault.

    python -m tests.foreign_workbooks FOLDER

One line a file: ``file  published`` or ``file  refused  sheet!cell  code``; the count at the end.
Every import is undone, so the files do not meet each other. Exit 1 when a file is neither, or a
refusal has no sentence of its own.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from pathlib import Path


def main(folder: Path) -> int:
    from django.db import transaction
    from django.utils import timezone

    from surveys import messages, services

    seen: Counter[str] = Counter()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".xlsx", ".xls", ".xml")):
        now = timezone.now()
        with transaction.atomic():
            done = services.import_file(path.read_bytes(), path.name, by="test", now=now)
            if done.version:
                services.publish_version(done.version, by="test", now=now)
            transaction.set_rollback(True)
        errors = [p for p in done.problems if p.level == "error"]
        verdict = "published" if done.version else f"refused  {errors[0].where}  {errors[0].code}"
        print(f"{path.name}  {verdict}", flush=True)
        unnamed = any(messages.sentence(p).startswith("不能处理") for p in done.problems)
        seen["unnamed" if unnamed else verdict.split()[0]] += 1
    print(", ".join(f"{n} {verdict}" for verdict, n in sorted(seen.items())))
    return 1 if seen["unnamed"] else 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as data:
        os.environ["NEEDS_DATA"] = data
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django
        from django.core.management import call_command

        django.setup()
        for store in ("default", "vault", "keys"):
            call_command("migrate", database=store, verbosity=0)
        sys.exit(main(Path(sys.argv[1])))
