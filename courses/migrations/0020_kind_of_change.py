from django.db import migrations, models

PAGES = ("coursepage", "modulepage", "quizpage")


def fields(model):
    kinds = [("substantive", "Substantive"), ("editorial", "Editorial")]
    yield migrations.AddField(
        model_name=model,
        name="change_kind",
        field=models.CharField(
            blank=True,
            choices=kinds,
            default="",
            editable=False,
            max_length=20,
            verbose_name="kind of change",
        ),
        preserve_default=False,
    )
    yield migrations.AddField(
        model_name=model, name="change_since", field=models.UUIDField(editable=False, null=True)
    )
    yield migrations.AddField(
        model_name=model,
        name="edition",
        field=models.PositiveIntegerField(editable=False, null=True),
    )


class Migration(migrations.Migration):
    dependencies = [("courses", "0019_refreshers")]

    operations = [operation for model in PAGES for operation in fields(model)]
