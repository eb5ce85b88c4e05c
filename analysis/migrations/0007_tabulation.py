from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("analysis", "0006_open_text")]

    operations = [
        migrations.CreateModel(
            name="Tabulation",
            fields=[
                ("id", models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("spec", models.JSONField(verbose_name="分析")),
                ("key", models.CharField(max_length=64)),
                ("result", models.JSONField(default=dict, verbose_name="结果")),
                ("revision", models.CharField(
                    blank=True, default="", max_length=40, verbose_name="程序版本")),
                ("made_at", models.DateTimeField(null=True, verbose_name="计算时间")),
                ("asked_by", models.CharField(max_length=150, verbose_name="提出人")),
                ("name", models.CharField(
                    blank=True, default="", max_length=80, verbose_name="名称")),
                ("data_version", models.ForeignKey(
                    on_delete=models.deletion.PROTECT, related_name="tabulations",
                    to="analysis.dataversion")),
            ],
            options={"ordering": ["-made_at", "-id"]},
        ),
        migrations.AddConstraint(
            model_name="tabulation",
            constraint=models.UniqueConstraint(
                fields=("data_version", "key"), name="one_row_per_table"),
        ),
    ]
