"""How a content version is shown as it was, and what it is called."""

from __future__ import annotations

from contextlib import suppress

from django.apps import apps
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from wagtail.models import Page

from hub.i18n import default_locale_id

from .activities import place_of
from .frozen_files import as_it_was
from .models import ActivityMixin, ContentVersion, CoursePage
from .models.frozen_units import FrozenUnitMixin
from .readers import Reader


def unit_class(version: ContentVersion) -> type[FrozenUnitMixin] | None:
    """The class of what was frozen; ``None`` where its plug-in is not installed any more."""
    try:
        model = apps.get_model(version.unit_type)
    except (LookupError, ValueError):
        return None
    return model if issubclass(model, FrozenUnitMixin) else None


def unit_label(version: ContentVersion) -> str:
    """What was frozen, in a word: course, module, quiz …"""
    model = unit_class(version)
    return capfirst(str(model._meta.verbose_name)) if model else _("Activity")  # type: ignore[attr-defined]


def place_today(version: ContentVersion) -> str:
    """Where the unit stands in its course today; what it is where it stands in none any more."""
    page = (
        Page.objects.live()
        .filter(translation_key=version.unit_key, locale=default_locale_id())
        .specific()
        .first()
    )
    if isinstance(page, CoursePage | ActivityMixin):
        with suppress(CoursePage.DoesNotExist):  # it may have been moved out of all courses
            return place_of(page)
    return unit_label(version)


def may_be_handed_out(version: ContentVersion) -> bool:
    """Whether the content itself may leave the hub: it holds no right answers.

    Nobody knows that of a type that is not installed any more.
    """
    model = unit_class(version)
    return model is not None and not model.holds_key()


def version_html(version: ContentVersion, reader: Reader) -> SafeString:
    """The frozen text as a part of a page, in headings from the second level on.

    As much of it as ``reader`` may see.
    """
    model = unit_class(version) or FrozenUnitMixin
    with as_it_was(version):
        context = {
            "version": version,
            "reader": reader,
            "shows_all": reader.sees_key or may_be_handed_out(version),
            **model.get_version_context(version, reader),
        }
        return render_to_string(model.version_template, context)
