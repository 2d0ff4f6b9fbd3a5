"""Addresses of handing over, below the administration."""

from django.urls import path

from . import views

app_name = "exports"
urlpatterns = [
    path("uebergaben/", views.ExportRunListView.as_view(), name="index"),
    path(
        "uebergaben/ergebnisse/",
        views.ExportRunListView.as_view(results_only=True),
        name="index_results",
    ),
    path("uebergaben/neu/<slug:identifier>/", views.hand_over, name="hand_over"),
]
