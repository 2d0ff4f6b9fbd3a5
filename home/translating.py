"""Translating with wagtail-localize, under the hub's own rule of who may publish.

wagtail-localize lets who may translate or edit begin, update and end translations. Each of these
changes what is public, or who may see it, at once: nothing goes live without the approval of the
Untergruppe, so here they need the right to publish. Translating itself, between beginning and
publishing, needs the right to edit only.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from wagtail.models import DraftStateMixin, Page
from wagtail.snippets.permissions import get_permission_name, user_can_access_snippets
from wagtail.snippets.views.snippets import get_snippet_model_from_url_params
from wagtail_localize.views import snippets_api, submit_translations, update_translations
from wagtail_localize.views.convert import convert_to_alias


def _require_publishing(request: HttpRequest, translated: Model) -> None:
    if isinstance(translated, Page):
        may_publish = translated.permissions_for_user(request.user).can_publish()
    else:
        permission = get_permission_name("publish", type(translated))
        may_publish = request.user.has_perm(permission)
    if not may_publish:
        raise PermissionDenied


class SubmitPageTranslationView(submit_translations.SubmitPageTranslationView):
    """Begins the translation of a page, which is public from then on if the page is."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        _require_publishing(request, self.get_object())
        return super().dispatch(request, *args, **kwargs)


class SubmitSnippetTranslationView(submit_translations.SubmitSnippetTranslationView):
    """Begins the translation of a question of the bank."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        _require_publishing(request, self.get_object())
        return super().dispatch(request, *args, **kwargs)


class UpdateTranslationsView(update_translations.UpdateTranslationsView):
    """Takes over what changed in the original: its text, and who may see it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        for translation in self.get_object().translations.filter(enabled=True):
            target = translation.get_target_instance()
            if isinstance(target, DraftStateMixin):
                _require_publishing(request, target)
        return super().dispatch(request, *args, **kwargs)


def make_mirror(request: HttpRequest, page_id: int) -> HttpResponse:
    """Replace a translation by its original."""
    _require_publishing(request, get_object_or_404(Page, id=page_id))
    response: HttpResponse = convert_to_alias(request, page_id)
    return response


def snippets(request: HttpRequest, app_label: str, model_name: str, **kwargs: Any) -> HttpResponse:
    """Snippets by their names, for translators to choose from: for who may read them."""
    model = get_snippet_model_from_url_params(app_label, model_name)
    if not user_can_access_snippets(request.user, [model]):
        raise PermissionDenied
    actions = {"get": "retrieve" if "pk" in kwargs else "list"}
    view = snippets_api.SnippetViewSet.as_view(actions)
    response: HttpResponse = view(request, app_label=app_label, model_name=model_name, **kwargs)
    return response
