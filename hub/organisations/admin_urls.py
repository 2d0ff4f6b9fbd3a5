"""Addresses of authorities and people in the Wagtail admin."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from .importing.views import ColumnsView, ImportsView, ImportView, ReportView

imports = [
    path("", ImportsView.as_view(), name="employee_imports"),
    path("<uuid:run>/", ImportView.as_view(), name="employee_import"),
    path("<uuid:run>/spalten/", ColumnsView.as_view(), name="employee_import_columns"),
    path(
        "<uuid:run>/bericht.<slug:file_format>", ReportView.as_view(), name="employee_import_report"
    ),
]
urlpatterns: list[URLPattern | URLResolver] = [path("beschaeftigte-einlesen/", include(imports))]
