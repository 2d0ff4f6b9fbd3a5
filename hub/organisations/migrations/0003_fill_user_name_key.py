from itertools import islice

from django.db import migrations

from hub.organisations.names import name_key


def fill(apps, schema_editor):
    users = apps.get_model("organisations", "User").objects.using(schema_editor.connection.alias)
    rows = users.only("last_name", "first_name").iterator(chunk_size=500)
    while batch := list(islice(rows, 500)):
        for user in batch:
            user.name_key = name_key(user.last_name, user.first_name)[:600]
        users.bulk_update(batch, ["name_key"])


class Migration(migrations.Migration):

    dependencies = [
        ("organisations", "0002_user_name_key"),
    ]

    # Backwards there is nothing to do: the column goes with the migration before.
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
