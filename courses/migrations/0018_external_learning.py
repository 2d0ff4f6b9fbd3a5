import courses.models.external_learning
import django.core.validators
import django.db.models.deletion
import hub.storage
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("courses", "0017_unit_types_of_known_versions"),
        ("organisations", "0003_fill_user_name_key"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="completion",
            options={
                "ordering": ["completed_at", "pk"],
                "permissions": [("override_completion", "Can set courses as completed by hand")],
                "verbose_name": "completion",
                "verbose_name_plural": "completions",
            },
        ),
        migrations.AlterField(
            model_name="completion",
            name="source",
            field=models.CharField(
                choices=[
                    ("learner", "learner"),
                    ("event", "event"),
                    ("import", "import"),
                    ("external", "learning elsewhere, credited"),
                    ("override", "override with reason"),
                    ("correction", "correction of a question"),
                ],
                default="learner",
                max_length=20,
                verbose_name="source",
            ),
        ),
        migrations.CreateModel(
            name="ExternalLearning",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("in_person", "event on site"),
                            ("webinar", "webinar"),
                            ("self_study", "course to learn by oneself"),
                            ("other", "other training"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                ("provider", models.CharField(max_length=200, verbose_name="provider")),
                (
                    "minutes",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(12000),
                        ],
                        verbose_name="duration in minutes",
                    ),
                ),
                (
                    "held_on",
                    models.DateField(
                        validators=[courses.models.external_learning.validate_day],
                        verbose_name="day",
                    ),
                ),
                (
                    "document",
                    models.FileField(
                        blank=True,
                        max_length=200,
                        storage=hub.storage.private_storage,
                        upload_to=courses.models.external_learning.document_path,
                        verbose_name="document",
                    ),
                ),
                ("document_name", models.CharField(blank=True, editable=False, max_length=120)),
                (
                    "document_sha256",
                    models.CharField(
                        blank=True, editable=False, max_length=64, verbose_name="checksum"
                    ),
                ),
                ("course_key", models.UUIDField(blank=True, null=True, verbose_name="course")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("submitted", "waits for a decision"),
                            ("accepted", "accepted"),
                            ("declined", "declined"),
                            ("withdrawn", "taken back"),
                        ],
                        default="submitted",
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                ("reason", models.TextField(blank=True, max_length=1000, verbose_name="reason")),
                (
                    "recorded_at",
                    models.DateTimeField(auto_now_add=True, verbose_name="recorded at"),
                ),
                (
                    "decided_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="decided at"),
                ),
                (
                    "credited_to",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credited_learning",
                        to="courses.enrolment",
                        verbose_name="credited to",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "membership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="external_learning",
                        to="organisations.membership",
                        verbose_name="membership",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="recorded by",
                    ),
                ),
            ],
            options={
                "verbose_name": "further record",
                "verbose_name_plural": "further records",
                "ordering": ["-held_on", "-pk"],
                "permissions": [
                    ("manage_external_learning", "Can record and accept further records")
                ],
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        fields=["state", "membership"], name="courses_externallearning_state"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["submitted", "accepted"])),
                        fields=("membership", "kind", "title", "held_on"),
                        name="courses_externallearning_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("state", "submitted")),
                            models.Q(
                                models.Q(("state", "submitted"), _negated=True),
                                ("decided_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="courses_externallearning_decided_at",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "declined"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="courses_externallearning_declined_has_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("credited_to__isnull", True),
                            ("state__in", ["accepted", "withdrawn"]),
                            _connector="OR",
                        ),
                        name="courses_externallearning_credited_was_accepted",
                    ),
                ],
            },
        ),
    ]
