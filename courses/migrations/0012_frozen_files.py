import hub.storage
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("courses", "0011_editions_of_known_versions")]

    operations = [
        migrations.CreateModel(
            name="FrozenFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "sha256",
                    models.CharField(
                        editable=False, max_length=64, unique=True, verbose_name="checksum"
                    ),
                ),
                (
                    "file",
                    models.FileField(
                        editable=False,
                        storage=hub.storage.private_storage,
                        upload_to="shown/",
                        verbose_name="file",
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        editable=False, max_length=255, verbose_name="name of the file"
                    ),
                ),
            ],
            options={
                "verbose_name": "file of content versions",
                "verbose_name_plural": "files of content versions",
            },
        ),
    ]
