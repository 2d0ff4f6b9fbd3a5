from django.db import migrations

BATCH = 500


def decisions_of_known_completions(apps, schema_editor):
    """What was completed before decisions were kept gets one, so that it can be rebuilt, too.

    Rule version 0 says that what the course asked for on that day is not known.
    """
    Enrolment = apps.get_model("courses", "Enrolment")
    Completion = apps.get_model("courses", "Completion")
    CompletionDecision = apps.get_model("courses", "CompletionDecision")
    completed = Enrolment.objects.filter(
        status="completed", completed_at__isnull=False, decision__isnull=True
    )
    pks = list(completed.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(pks), BATCH):
        batch = pks[start : start + BATCH]
        done = {}
        for enrolment, key, version, source in Completion.objects.filter(
            enrolment__in=batch
        ).values_list("enrolment_id", "activity_key", "content_version__uuid", "source"):
            done.setdefault(enrolment, {})[str(key)] = [str(version), source]
        CompletionDecision.objects.bulk_create(
            CompletionDecision(
                enrolment_id=enrolment.pk,
                rule_version=0,
                cause="activity",
                course_version_id=enrolment.course_version_id,
                inputs={
                    "required": [],
                    "electives": [],
                    "electives_needed": 0,
                    "completed": done.get(enrolment.pk, {}),
                    "refresh_months": None,
                },
                outcome=enrolment.outcome,
                expires_on=enrolment.expires_on,
                decided_at=enrolment.completed_at,
            )
            for enrolment in Enrolment.objects.filter(pk__in=batch)
        )


class Migration(migrations.Migration):
    dependencies = [("courses", "0014_completion_decision")]

    operations = [migrations.RunPython(decisions_of_known_completions, migrations.RunPython.noop)]
