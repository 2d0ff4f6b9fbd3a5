from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("courses", "0015_decisions_of_known_completions")]

    operations = [
        migrations.AddField(
            model_name="contentversion",
            name="unit_type",
            field=models.CharField(blank=True, default="", editable=False, max_length=100),
        ),
    ]
