"""The demo hub: invented people and real courses. Never installed in production."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "hub.demo"
    label = "demo"
    verbose_name = "Demo"
