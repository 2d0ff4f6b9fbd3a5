"""Addresses of shared devices in the Wagtail admin."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from .views import SwitchOffView, TerminalsView

terminals = [
    path("", TerminalsView.as_view(), name="terminals"),
    path("<uuid:terminal>/abschalten/", SwitchOffView.as_view(), name="switch_off_terminal"),
]
urlpatterns: list[URLPattern | URLResolver] = [path("geraete/", include(terminals))]
