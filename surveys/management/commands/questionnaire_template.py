"""Write the template workbook for authors: Chinese columns, notes, a small example."""

from pathlib import Path

from django.core.management.base import BaseCommand

from surveys.core.xlsform.template import template


class Command(BaseCommand):
    help = "写出问卷模板工作簿"

    def add_arguments(self, parser):
        parser.add_argument("file", help="要写的文件，如 模板.xlsx")

    def handle(self, *args, file: str, **options):
        Path(file).write_bytes(template())
        self.stdout.write(f"已写出：{file}")
