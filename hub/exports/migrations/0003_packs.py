import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import hub.storage


class Migration(migrations.Migration):
    dependencies = [
        ("exports", "0002_exportrun_filter_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="exportrun",
            name="user",
            field=models.ForeignKey(
                blank=True,
                help_text="Empty: an operator, by a command.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="export_runs",
                to=settings.AUTH_USER_MODEL,
                verbose_name="person",
            ),
        ),
        migrations.AddField(
            model_name="exportrun",
            name="manifest_sha256",
            field=models.CharField(
                blank=True, max_length=64, verbose_name="checksum of the manifest"
            ),
        ),
        migrations.AddField(
            model_name="exportrun",
            name="file",
            field=models.FileField(
                blank=True,
                editable=False,
                storage=hub.storage.private_storage,
                upload_to="hand-overs/",
                verbose_name="file",
            ),
        ),
        migrations.AddField(
            model_name="exportrun",
            name="expires_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="kept until"
            ),
        ),
    ]
