"""Attempts of before had nothing for a person to mark: they were graded when they were submitted."""

from django.db import migrations
from django.db.models import F


def graded_when_submitted(apps, schema_editor):
    apps.get_model("courses", "Attempt").objects.filter(submitted_at__isnull=False).update(
        graded_at=F("submitted_at")
    )


class Migration(migrations.Migration):
    dependencies = [("courses", "0005_free_texts")]

    operations = [migrations.RunPython(graded_when_submitted, migrations.RunPython.noop)]
