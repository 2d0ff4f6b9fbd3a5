"""Runs from before there were numbers get theirs, in the order in which they were made."""

from collections import Counter

from django.db import migrations
from django.utils.timezone import localtime


def number(apps, schema_editor):
    runs = apps.get_model("exports", "ExportRun").objects.using(schema_editor.connection.alias)
    numbers = Counter()
    for pk, organisation, created_at in (
        runs.order_by("created_at", "pk").values_list("pk", "organisation", "created_at").iterator()
    ):
        year = localtime(created_at).year
        numbers[organisation, year] += 1
        runs.filter(pk=pk).update(year=year, number=numbers[organisation, year])


class Migration(migrations.Migration):
    dependencies = [("exports", "0004_numbers")]

    operations = [migrations.RunPython(number, migrations.RunPython.noop)]
