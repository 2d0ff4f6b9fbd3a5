from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("certificates", "0003_templates_and_runs"),
    ]

    operations = [
        migrations.AddField(
            model_name="certificate",
            name="pdf_problem",
            field=models.TextField(blank=True, verbose_name="problem with the PDF"),
        ),
    ]
