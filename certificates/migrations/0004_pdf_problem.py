from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("certificates", "0002_replaced_by_is_no_one_to_one"),
    ]

    operations = [
        migrations.AddField(
            model_name="certificate",
            name="pdf_problem",
            field=models.TextField(blank=True, verbose_name="problem with the PDF"),
        ),
    ]
