from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("courses", "0009_question_reports")]

    operations = [
        migrations.AddField(
            model_name="contentversion",
            name="edition",
            field=models.PositiveIntegerField(default=1, editable=False, verbose_name="edition"),
        ),
    ]
