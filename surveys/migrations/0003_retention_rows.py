"""The first retention table: longest stays by kind of data, each waiting for a lawyer's check."""

from django.db import migrations

_SHORTEST = "个人信息保护法第十九条"
ROWS = [
    ("contact", "L4", 365, _SHORTEST, "自收到起；有办理事项的以妇女评价后 30 天为准，孰早"),
    ("draft", "L4", 14, _SHORTEST, "自第一页起；未要续填码的离开即销毁"),
    ("sensitive", "L4", 365, f"{_SHORTEST}、第二十八条", "自报告形成起，之后只留汇总"),
    ("ordinary", "L3", 1095, _SHORTEST, "自归档起，之后只留汇总"),
    ("paradata", "L3", 180, _SHORTEST, "作答用时等"),
    ("audit", "L3", 1826, "网络安全法（日志不少于六个月）", "自发生起"),
]


def add_rows(apps, schema_editor):
    if schema_editor.connection.alias != "default":
        return
    rule = apps.get_model("surveys", "RetentionRule")
    for kind, data_class, days, article, note in ROWS:
        rule.objects.create(
            kind=kind, data_class=data_class, days=days, article=article,
            note=f"待法务核对。{note}",
        )


class Migration(migrations.Migration):

    dependencies = [("surveys", "0002_retention_rule")]

    operations = [migrations.RunPython(add_rows, migrations.RunPython.noop)]
