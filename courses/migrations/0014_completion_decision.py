import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("courses", "0013_course_rules")]

    operations = [
        migrations.CreateModel(
            name="CompletionDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "rule_version",
                    models.PositiveSmallIntegerField(verbose_name="version of the rules"),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("activity", "the last part was completed"),
                            ("course", "the course asks for less than before"),
                        ],
                        max_length=20,
                        verbose_name="cause",
                    ),
                ),
                ("inputs", models.JSONField(verbose_name="inputs")),
                (
                    "outcome",
                    models.CharField(
                        choices=[("attended", "attended"), ("passed", "passed")],
                        max_length=20,
                        verbose_name="outcome",
                    ),
                ),
                ("expires_on", models.DateField(blank=True, null=True, verbose_name="valid until")),
                ("decided_at", models.DateTimeField(verbose_name="decided at")),
                (
                    "course_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="courses.contentversion",
                        verbose_name="content version",
                    ),
                ),
                (
                    "enrolment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decision",
                        to="courses.enrolment",
                        verbose_name="enrolment",
                    ),
                ),
            ],
            options={
                "verbose_name": "decision on a completion",
                "verbose_name_plural": "decisions on completions",
                "default_permissions": (),
            },
        ),
    ]
