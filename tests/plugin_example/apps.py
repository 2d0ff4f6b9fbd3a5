"""Wiring of the example."""

from django.apps import AppConfig


class PluginExampleConfig(AppConfig):
    name = "tests.plugin_example"
    label = "plugin_example"
    verbose_name = "Example plug-in"
    default_auto_field = "django.db.models.BigAutoField"
