from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exports", "0003_packs")]

    operations = [
        migrations.AddField(
            model_name="exportrun",
            name="year",
            field=models.PositiveSmallIntegerField(editable=False, null=True, verbose_name="year"),
        ),
        migrations.AddField(
            model_name="exportrun",
            name="number",
            field=models.PositiveIntegerField(editable=False, null=True, verbose_name="number"),
        ),
    ]
