from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("plugin_example", "0002_prerequisites")]

    operations = [
        migrations.AddField(
            model_name="filmpage",
            name="change_kind",
            field=models.CharField(
                blank=True,
                choices=[("substantive", "Substantive"), ("editorial", "Editorial")],
                default="",
                editable=False,
                max_length=20,
                verbose_name="kind of change",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="filmpage",
            name="change_since",
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="filmpage",
            name="edition",
            field=models.PositiveIntegerField(editable=False, null=True),
        ),
    ]
