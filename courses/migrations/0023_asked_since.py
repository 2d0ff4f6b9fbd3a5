"""Of what was asked before, the day of enrolment is the day since when."""

from django.db import migrations
from django.db.models.functions import TruncDate


def say_since_when(apps, schema_editor):
    """Only what has a kind is asked for."""
    enrolments = apps.get_model("courses", "Enrolment").objects.exclude(kind="")
    enrolments.filter(asked_on=None).update(asked_on=TruncDate("enrolled_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("courses", "0022_requirements_for_departments"),
    ]

    operations = [migrations.RunPython(say_since_when, migrations.RunPython.noop)]
