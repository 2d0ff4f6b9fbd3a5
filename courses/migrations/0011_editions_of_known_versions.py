from django.db import migrations
from django.db.models import F


def every_change_was_substantive(apps, schema_editor):
    """Nobody was asked until now, so every change counted as a substantive one."""
    apps.get_model("courses", "ContentVersion").objects.update(edition=F("number"))


class Migration(migrations.Migration):
    dependencies = [("courses", "0010_contentversion_edition")]

    operations = [migrations.RunPython(every_change_was_substantive, migrations.RunPython.noop)]
