"""How courses and activities are shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import template
from django.forms import BoundField
from django.forms.boundfield import BoundWidget
from django.forms.utils import flatatt
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from wagtail.models import Page

from courses.activities import OutlineItem
from courses.changing.answers import is_asked_for
from courses.changing.showing import shown_change
from courses.cited_versions import cited_by_enrolment
from courses.evidence_marks import EvidenceMarks
from courses.models import Attempt, ContentVersion, QuizPage, UnitMixin
from courses.progress import ActivityState
from courses.reckoning import Reckoning, reckon
from courses.shown_versions import unit_label
from courses.versions import newer_original, newer_original_than
from hub.i18n import in_language, text_language

if TYPE_CHECKING:
    from courses.views.sitting import QuestionOnPage

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


@register.simple_tag
def item_lang(item: OutlineItem) -> SafeString:
    """A ``lang`` attribute for the title of an activity, which need not be in its page's."""
    return format_html(' lang="{}"', item.language)


@register.filter
def kind_beside_title(item: OutlineItem | str) -> str:
    """What an activity is called, unless its title begins with that word: "Wissenscheck: …".

    Empty for one that is not in the outline, such as a page that is written for the first time.
    """
    if isinstance(item, str):
        return ""
    label = item.label[:1].upper() + item.label[1:]
    return "" if item.title.startswith(label) else label


@register.inclusion_tag("components/language_notice.html")
def language_notice(shown: str) -> dict[str, str]:
    """Says that a text is in the language ``shown`` where that is not the one of the request."""
    wanted = get_language() or shown
    if shown == wanted:
        return {}
    return {"wanted": in_language(wanted), "shown": in_language(shown)}


@register.simple_tag
def cited_versions(enrolment_pk: int) -> dict[str, UUID]:
    """The versions that an enrolment cites, by their checksums, for ``version_url``; one query."""
    return cited_by_enrolment(enrolment_pk)


@register.simple_tag
def version_url(cited: Mapping[str, UUID] | None, sha256: str) -> str:
    """The address of a cited version as it was; empty where nobody is to be led there."""
    version = (cited or {}).get(sha256)
    return reverse("courses:version", args=[version]) if version else ""


@register.inclusion_tag("components/older_version_notice.html")
def older_version_notice(page: Page) -> dict[str, Any]:
    """Says that a translation lacks a substantive change, with the way to the current text.

    One query for a translation, none for a text in the language it was written in.
    """
    return _notice(newer_original(page))


@register.inclusion_tag("components/older_version_notice.html")
def older_attempt_notice(attempt: Attempt, language: str) -> dict[str, Any]:
    """The same above the questions of an attempt, about the text in which it was begun."""
    return _notice(
        newer_original_than(
            attempt.content_version_id, unit_key=attempt.activity_key, language=language
        )
    )


def _notice(newer: Page | None) -> dict[str, Any]:
    if newer is None:
        return {}
    language = text_language(newer)
    return {"address": newer.get_url(), "language": language, "shown": in_language(language)}


@register.filter
def placed(version: ContentVersion, activity: ActivityState | None = None) -> str:
    """ "Modul 2, Fassung 4 vom 12.03.2027"; "Kurs, …" for what has no place in a course."""
    return version.label_at(activity.place if activity else unit_label(version))


@register.filter
def pieces(item: QuestionOnPage) -> Iterator[tuple[str, BoundField | None]]:
    """A text with gaps as it is read: a piece of text and the field behind it, if there is one."""
    fields = {field.name: field for field in item.fields}
    for text, part in item.question.block.pieces(item.question.value):
        yield text, fields.get(part)


@register.simple_tag
def mark_of(marks: EvidenceMarks | str, item: OutlineItem) -> str:
    """What is said beside an activity that was credited or set by hand; empty for others."""
    if isinstance(marks, str):  # a page that shows an outline without them
        return ""
    mark = marks.by_activity.get(item.key)
    return mark.short if mark else ""


@register.simple_tag
def reckoning_of(page: Page) -> Reckoning | None:
    """What a quiz asks and how it counts; ``None`` for any other page."""
    return reckon(page) if isinstance(page, QuizPage) else None


@register.simple_tag(name="shown_change")
def shown_change_tag(page: Page) -> dict[str, Any]:
    """What a draft changes and what that would do; nothing for a page that is not asked about."""
    return shown_change(page) if isinstance(page, UnitMixin) and is_asked_for(page) else {}


@register.filter
def native_input(option: BoundWidget) -> SafeString:
    """The radio button or box of an option, as ``option.tag`` gives it.

    That renders a template for each of them, and a quiz has many.
    """
    data = option.data
    named = (data["type"], data["name"], data["value"])
    others = flatatt(data["attrs"])
    return format_html('<input type="{}" name="{}" value="{}"{}>', *named, others)


@register.filter
def other_language(page: Page) -> str:
    """ "auf Deutsch" where a page's text is not in the language of the request, else nothing."""
    shown = text_language(page)
    return "" if shown == get_language() else in_language(shown)
