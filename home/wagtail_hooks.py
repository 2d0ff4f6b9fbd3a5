"""Wiring of the hub's own pages into the Wagtail admin."""

from __future__ import annotations

from django.urls import URLPattern, path
from wagtail import hooks

from .translating import (
    SubmitPageTranslationView,
    SubmitSnippetTranslationView,
    UpdateTranslationsView,
    make_mirror,
    snippets,
)


# Before wagtail-localize's own addresses, which these are.
@hooks.register("register_admin_urls", order=-10)
def register_admin_urls() -> list[URLPattern]:
    return [
        path(
            "localize/submit/page/<int:page_id>/",
            SubmitPageTranslationView.as_view(),
            name="submit_page_translation",
        ),
        path(
            "localize/submit/snippet/<slug:app_label>/<slug:model_name>/<str:pk>/",
            SubmitSnippetTranslationView.as_view(),
            name="submit_snippet_translation",
        ),
        path(
            "localize/api/snippets/<slug:app_label>/<slug:model_name>/",
            snippets,
            name="list_snippets",
        ),
        path(
            "localize/api/snippets/<slug:app_label>/<slug:model_name>/<str:pk>/",
            snippets,
            name="retrieve_snippet",
        ),
        path(
            "localize/update/<int:translation_source_id>/",
            UpdateTranslationsView.as_view(),
            name="update_translations",
        ),
        path("localize/page/<int:page_id>/convert_to_alias/", make_mirror, name="make_mirror"),
    ]
