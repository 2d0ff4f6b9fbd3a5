from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exports", "0005_number_known_runs")]

    operations = [
        migrations.AlterField(
            model_name="exportrun",
            name="year",
            field=models.PositiveSmallIntegerField(editable=False, verbose_name="year"),
        ),
        migrations.AlterField(
            model_name="exportrun",
            name="number",
            field=models.PositiveIntegerField(editable=False, verbose_name="number"),
        ),
        migrations.AddConstraint(
            model_name="exportrun",
            constraint=models.UniqueConstraint(
                fields=("organisation", "year", "number"), name="exports_run_one_number"
            ),
        ),
    ]
