from django.db import migrations
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    """Every employment gets the name of today: no earlier one is known."""
    alias = schema_editor.connection.alias
    person = apps.get_model("organisations", "User").objects.filter(pk=OuterRef("user"))
    apps.get_model("organisations", "Membership").objects.using(alias).update(
        **{
            name: Subquery(person.values(name))
            for name in ("last_name", "first_name", "name_key")
        }
    )


class Migration(migrations.Migration):

    dependencies = [
        ("organisations", "0006_known_names"),
    ]

    # Backwards there is nothing to do: the columns go with the migration before.
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
