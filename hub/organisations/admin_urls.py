"""Addresses of authorities and people in the Wagtail admin."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from .importing.views import ColumnsView, ImportsView, ImportView, ReportView
from .merging.views import AccountMergeView, AccountsView, MergeView

imports = [
    path("", ImportsView.as_view(), name="employee_imports"),
    path("<uuid:run>/", ImportView.as_view(), name="employee_import"),
    path("<uuid:run>/spalten/", ColumnsView.as_view(), name="employee_import_columns"),
    path(
        "<uuid:run>/bericht.<slug:file_format>", ReportView.as_view(), name="employee_import_report"
    ),
]
merging = [
    path("", AccountsView.as_view(), name="duplicate_accounts"),
    path("<uuid:kept>/<uuid:gone>/", MergeView.as_view(), name="merge_accounts"),
    path("<uuid:merge>/", AccountMergeView.as_view(), name="account_merge"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("beschaeftigte-einlesen/", include(imports)),
    path("doppelte-konten/", include(merging)),
]
