"""Wiring of the hub's own pages into the Wagtail admin."""

from __future__ import annotations

from django.urls import URLPattern, path
from wagtail import hooks

from .translating import SubmitPageTranslationView, UpdateTranslationsView, make_mirror


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
            "localize/update/<int:translation_source_id>/",
            UpdateTranslationsView.as_view(),
            name="update_translations",
        ),
        path("localize/page/<int:page_id>/convert_to_alias/", make_mirror, name="make_mirror"),
    ]
