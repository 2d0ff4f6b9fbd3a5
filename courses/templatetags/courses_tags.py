"""How courses and activities are shown."""

from __future__ import annotations

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from wagtail.models import Page

from hub.i18n import text_language

register = template.Library()


@register.simple_tag
def level_picture(level: str) -> str:
    """The address of the drawing that stands for a level."""
    return static(f"home/illustrations/course-{level}.svg")


@register.simple_tag
def text_lang(page: Page) -> SafeString | str:
    """A ``lang`` attribute where a page's text is in another language than the request."""
    language = text_language(page)
    return format_html(' lang="{}"', language) if language != get_language() else ""


@register.filter
def text_language_code(page: Page) -> str:
    """The language a page's text is really in."""
    return text_language(page)
