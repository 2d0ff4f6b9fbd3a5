from django.db import migrations

#: What only the content of such a version has, for units whose page is gone.
SIGNS = {
    "courses.coursepage": "objectives",
    "courses.quizpage": "pass_mark",
    "courses.bankquestion": "question",
    "courses.modulepage": "body",
}


def name_unit_types(apps, schema_editor):
    """Take the type from the page or question of a version, else from the form of its content."""
    versions = apps.get_model("courses", "ContentVersion").objects
    types = dict(
        apps.get_model("wagtailcore", "Page").objects.values_list(
            "translation_key", "content_type_id"
        )
    )
    names = {
        pk: f"{app}.{model}"
        for pk, app, model in apps.get_model("contenttypes", "ContentType").objects.values_list(
            "pk", "app_label", "model"
        )
    }
    for pk, key, content in versions.values_list("pk", "unit_key", "content").iterator(500):
        if key in types:
            unit_type = names[types[key]]
        else:
            unit_type = next((name for name, sign in SIGNS.items() if sign in content), "")
        versions.filter(pk=pk).update(unit_type=unit_type)


class Migration(migrations.Migration):
    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("courses", "0016_contentversion_unit_type"),
    ]

    operations = [migrations.RunPython(name_unit_types, migrations.RunPython.noop)]
