"""Import a questionnaire. Faults one per line, exit 2, nothing stored; advice on stderr."""

import io
import sys
import zipfile
from pathlib import Path

from django.core.management.base import BaseCommand
from django.utils import timezone

from surveys import messages, services


class Command(BaseCommand):
    help = "导入问卷: 工作簿 (XLSForm)、CSV 文件夹或压缩包、XForm"

    def add_arguments(self, parser):
        parser.add_argument("file", help="工作簿 .xlsx 或 .xls, CSV 的文件夹或 .zip, XForm .xml")
        parser.add_argument("--publish", action="store_true", help="导入后直接发布 (记入审计)")

    def handle(self, *args, file: str, publish: bool, **options):
        path, now = Path(file), timezone.now()
        if not path.is_file() and not any(path.glob("*.csv")):
            self.stdout.write(f"{file}  file_unreadable  读不到这个文件，请检查路径。")
            sys.exit(2)
        data = path.read_bytes() if path.is_file() else _packed(path)
        done = services.import_file(data, path.name, by="operator", now=now)
        for problem in done.problems:
            error = problem.level == "error"
            (self.stdout if error else self.stderr).write(
                messages.line(problem) if error else f"建议  {messages.line(problem)}"
            )
        if done.version is None:
            sys.exit(2)
        if publish:
            services.publish_version(done.version, by="operator", now=now, purpose="命令行发布")
        self.stdout.write(f"已导入: {done.version} ({done.version.get_state_display()})")


def _packed(folder: Path) -> bytes:
    """The CSV files of a folder as the archive that the import page takes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path in sorted(folder.glob("*.csv")):
            archive.write(path, path.name)
    return out.getvalue()
