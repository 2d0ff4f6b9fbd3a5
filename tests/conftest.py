"""Fixtures that hold for every test."""

import pytest
from django.core.cache import cache

from courses.quizzing import _frozen_questions


@pytest.fixture(autouse=True)
def forget_what_was_cached():
    """Primary keys come again after a rolled-back test; what was cached for them must not."""
    cache.clear()
    _frozen_questions.cache_clear()
