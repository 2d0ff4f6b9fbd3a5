"""Addresses of writing letters in the Wagtail admin."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from .views.administration import LettersView, PeopleView, RevokeView

invitations = [
    path("", PeopleView.as_view(), name="invitation_people"),
    path("briefe/", LettersView.as_view(), name="invitation_letters"),
    path("<uuid:invitation>/widerrufen/", RevokeView.as_view(), name="revoke_invitation"),
]
urlpatterns: list[URLPattern | URLResolver] = [path("einladungen/", include(invitations))]
