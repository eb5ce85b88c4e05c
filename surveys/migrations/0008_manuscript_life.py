from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("surveys", "0007_media"),
    ]

    operations = [
        migrations.AddField(
            model_name="manuscript",
            name="saved_revision",
            field=models.PositiveIntegerField(default=0, verbose_name="存为版本时的修订号"),
        ),
        migrations.AddField(
            model_name="manuscript",
            name="archived_at",
            field=models.DateTimeField(null=True, verbose_name="收起时间"),
        ),
        migrations.AddField(
            model_name="manuscript",
            name="archived_by",
            field=models.CharField(blank=True, max_length=150, verbose_name="收起人"),
        ),
        migrations.AlterField(
            model_name="version",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "草稿"),
                    ("reviewed", "已审核"),
                    ("published", "已发布"),
                    ("closed", "已停用"),
                    ("discarded", "已作废"),
                ],
                default="draft",
                max_length=16,
                verbose_name="状态",
            ),
        ),
    ]
