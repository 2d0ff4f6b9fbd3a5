from collections import defaultdict

from django.conf import settings
from django.db import migrations

PAGES = ("CoursePage", "ModulePage", "QuizPage")


def translations_were_up_to_date(apps, schema_editor):
    """A translated version is of the edition that the original had when it was published."""
    ContentVersion = apps.get_model("courses", "ContentVersion")
    versions = ContentVersion.objects.order_by("unit_key", "published_at", "number").defer("content")
    editions = {}
    for version in versions.filter(language=settings.LANGUAGE_CODE):
        editions.setdefault(version.unit_key, []).append((version.published_at, version.edition))
    for version in versions.exclude(language=settings.LANGUAGE_CODE):
        known = editions.get(version.unit_key)
        if known:
            before = [edition for day, edition in known if day <= version.published_at]
            version.edition = max(before, default=1)
            version.save(update_fields=["edition"])


def pages_know_their_edition(apps, schema_editor):
    """The edition of the latest version that a page has in its language."""
    ContentVersion = apps.get_model("courses", "ContentVersion")
    latest = defaultdict(dict)
    rows = ContentVersion.objects.order_by("number")
    for key, language, edition in rows.values_list("unit_key", "language", "edition"):
        latest[key][language] = edition
    for name in PAGES:
        model = apps.get_model("courses", name)
        pages = model.objects.filter(alias_of__isnull=True, translation_key__in=latest)
        for pk, key, language in list(
            pages.values_list("pk", "translation_key", "locale__language_code")
        ):
            model.objects.filter(pk=pk).update(edition=latest[key].get(language))


class Migration(migrations.Migration):
    dependencies = [("courses", "0020_kind_of_change")]

    operations = [
        migrations.RunPython(translations_were_up_to_date, migrations.RunPython.noop),
        migrations.RunPython(pages_know_their_edition, migrations.RunPython.noop),
    ]
