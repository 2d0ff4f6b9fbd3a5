"""Addresses of the catalogue of evaluations in the Wagtail admin."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from .catalogue_views import CataloguesView, CatalogueView, SwitchesView, download

catalogue = [
    path("", CataloguesView.as_view(), name="report_catalogues"),
    path("<slug:slug>/", CatalogueView.as_view(), name="report_catalogue"),
    path("<slug:slug>/datei/", download, name="report_catalogue_file"),
    path("<slug:slug>/schalten/", SwitchesView.as_view(), name="report_switches"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("auswertungskatalog/", include(catalogue)),
]
