"""Migrations say what the models say, and nothing of the editor's blocks."""

from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader
from wagtail.fields import StreamField


def own_apps():
    """The app configs whose code lies in this repository, outside the tests."""
    for config in apps.get_app_configs():
        top = config.name.partition(".")[0]
        if top in ("hub", "courses", "certificates", "home"):
            yield config


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check_changes=True, dry_run=True, stdout=StringIO())


def test_no_migration_holds_block_definitions():
    """They would change with every new question type and never be applied to the database."""
    labels = {config.label for config in own_apps()}
    state = MigrationLoader(None).project_state()
    fields = [
        (f"{app}.{name}.{field_name}", field)
        for (app, name), model in state.models.items()
        if app in labels
        for field_name, field in model.fields.items()
        if isinstance(field, StreamField)
    ]
    assert fields
    for name, field in fields:
        _, _, arguments, options = field.deconstruct()
        assert arguments in ([], [[]]) and not options.get("block_lookup"), name
