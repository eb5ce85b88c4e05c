"""Print a questionnaire file as a PDF for paper, without importing it."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from analysis import paper, pdf
from surveys import messages, services


class Command(BaseCommand):
    help = "把问卷 (.xlsx、.xls 或 XForm .xml) 印成纸质版 PDF"

    def add_arguments(self, parser):
        parser.add_argument("form", help="问卷文件")
        parser.add_argument("out", help="要写的 PDF 文件")

    def handle(self, *args, form: str, out: str, **options):
        path = Path(form)
        if not path.is_file():
            raise CommandError(f"读不到 {form}，请检查路径。", returncode=2)
        definition, problems = services.compile_file(path.read_bytes(), path.name)
        if definition is None:
            raise CommandError("\n".join(map(messages.line, problems)), returncode=2)
        try:
            Path(out).write_bytes(paper.printed(definition))
        except (pdf.PdfUnavailable, pdf.MissingGlyph) as problem:
            raise CommandError(str(problem), returncode=2) from problem
        self.stdout.write(f"已印成 {out}")
