"""Editors and HR meet models by their names, so every model has names to translate."""

import pytest
from django.utils.functional import Promise

from tests.architecture.test_migrations import own_apps

MODELS = [model for config in own_apps() for model in config.get_models()]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_model_has_names_to_translate(model):
    assert isinstance(model._meta.verbose_name, Promise)
    assert isinstance(model._meta.verbose_name_plural, Promise)
