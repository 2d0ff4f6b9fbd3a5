"""System checks of the tenant fence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Warning, register
from django.urls import get_resolver
from wagtail.admin.viewsets import viewsets
from wagtail.admin.viewsets.base import ViewSet
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.coreutils import resolve_model_string

from .lookups import organisation_lookup
from .merging import unknown_relations
from .models import User


@register("permissions")
def viewsets_are_scoped(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Refuse admin pages for rows of authorities that do not stand on the scoped bases."""
    _ = get_resolver().url_patterns  # reading the addresses fills the registry
    return unscoped(viewsets.viewsets)


def unscoped(viewsets: Iterable[ViewSet]) -> list[CheckMessage]:
    """An error for each of ``viewsets`` that would show one authority's rows to another."""
    from wagtail.snippets.views.snippets import SnippetViewSet

    from .viewsets import ScopedChooserViewSet, ScopedModelViewSet

    errors: list[CheckMessage] = []
    for viewset in viewsets:
        if getattr(viewset, "model", None) is None:
            continue
        model = resolve_model_string(viewset.model)
        is_tenant = organisation_lookup(model) is not None
        if isinstance(viewset, ModelViewSet):
            base: type[ViewSet] = ScopedModelViewSet
        elif isinstance(viewset, ChooserViewSet):
            base = ScopedChooserViewSet
            # Wagtail asks for a permission to edit accounts, but not to choose one.
            is_tenant = is_tenant or model is User
        else:
            continue
        # A snippet's bulk actions and choosers ask about the model only.
        if is_tenant and (isinstance(viewset, SnippetViewSet) or not isinstance(viewset, base)):
            errors.append(
                Error(
                    f"{type(viewset).__name__} shows rows that belong to an authority "
                    f"({model._meta.label}) without the tenant fence.",
                    hint=f"Derive it from hub.organisations.viewsets.{base.__name__}.",
                    obj=type(viewset),
                    id="organisations.E001",
                )
            )
    return errors


@register("models")
def merges_know_all_relations(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn of relations to people of which no merger says what becomes of them."""
    return [
        Warning(
            f"When two accounts are merged, nobody knows what becomes of {name}.",
            hint="Name it in a merger, see docs/writing-a-plugin.md.",
            id="organisations.W002",
        )
        for name in sorted(unknown_relations())
    ]
