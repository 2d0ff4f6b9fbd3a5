"""Fixtures that hold for every test."""

import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils import translation

from courses.frozen import forget_frozen_questions
from courses.quizzing import frozen_quiz


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb):
    """SQLite: do not begin by removing the copy that the next fixture makes."""
    return django_db_keepdb or bool(settings.TEST_TEMPLATE_FILE)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """SQLite: give this worker a copy of the migrated file (PostgreSQL copies by itself)."""
    if settings.TEST_TEMPLATE_FILE:
        copy = settings.DATABASES["default"]["TEST"]["NAME"]
        for leftover in Path(copy).parent.glob(f"{Path(copy).name}*"):
            leftover.unlink()
        shutil.copyfile(settings.TEST_TEMPLATE_FILE, copy)


@pytest.fixture(autouse=True)
def forget_the_test_before():
    """Primary keys come again after a rolled-back test; what was cached for them must not.

    Nor must the language of the last request of another test.
    """
    translation.deactivate()
    cache.clear()
    frozen_quiz.cache_clear()
    forget_frozen_questions()
