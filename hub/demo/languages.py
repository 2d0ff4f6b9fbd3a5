"""English and Leichte Sprache through wagtail-localize's own segments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from wagtail.models import Locale, Page
from wagtail_localize.models import (
    LocaleSynchronization,
    StringSegment,
    StringTranslation,
    Translation,
    TranslationSource,
)
from wagtail_localize.segments import StringSegmentValue, TemplateSegmentValue
from wagtail_localize.segments.extract import extract_segments

from .content import ContentError
from .plan import PageText, PlannedPage


def text_segments(page: Page) -> list[Any]:
    """What wagtail-localize would have translated of a page: texts and the HTML around them."""
    return [
        segment
        for segment in extract_segments(page)
        if isinstance(segment, StringSegmentValue | TemplateSegmentValue)
    ]


def as_page(planned: PlannedPage, text: PageText) -> Page:
    """The page with the fields of one language, not saved."""
    return planned.model(**text.fields, locale=Locale.get_default(), translation_key=planned.key)


def translated_strings(planned: PlannedPage, language: str) -> list[str]:
    """The translation of each string of a page, in the order of the source's segments.

    Both languages have the same keys and so the same content paths. Raises ``ContentError`` with
    file and key at the first place where the translation has another structure than the German.
    """
    source = text_segments(as_page(planned, planned.german))
    text = planned.translations[language]
    target = text_segments(as_page(planned, text))
    for ours, theirs in zip(source, target, strict=False):
        if (ours.path, type(ours)) != (theirs.path, type(theirs)) or (
            isinstance(ours, TemplateSegmentValue) and ours.template != theirs.template
        ):
            place = planned.ids.readable(ours.path)
            raise ContentError(
                f"{text.path}: {place}: the structure differs from {planned.german.path.name}"
                f" (found {planned.ids.readable(theirs.path)})"
            )
        if isinstance(ours, StringSegmentValue) and set(ours.attrs or ()) != set(
            theirs.attrs or ()
        ):
            raise ContentError(
                f"{text.path}: {planned.ids.readable(ours.path)}: the links differ from the German"
            )
    if len(source) != len(target):
        longer = source if len(source) > len(target) else target
        place = planned.ids.readable(longer[min(len(source), len(target))].path)
        raise ContentError(f"{text.path}: {place}: {len(target)} segments instead of {len(source)}")
    return [segment.string.data for segment in target if isinstance(segment, StringSegmentValue)]


def synchronise_from_german(locales: Iterable[Locale]) -> None:
    """Keep an alias of every German page that is not translated in the other trees.

    Saving the setting synchronises the trees at once: what is not translated appears in German.
    Call it after the translations; an alias made first would only have to be converted.
    """
    german = Locale.get_default()
    for locale in locales:
        if locale != german:
            LocaleSynchronization.objects.create(locale=locale, sync_from=german)


def translate(planned: PlannedPage, locale: Locale) -> None:
    """Translate one page by its segments and publish it, as a translator does in the admin.

    The page's parent must be there in that language. Raises ``ContentError``.
    """
    strings = translated_strings(planned, locale.language_code)
    with transaction.atomic():
        page = planned.model.objects.get(translation_key=planned.key, locale=Locale.get_default())
        source, _created = TranslationSource.update_or_create_from_instance(page)
        translation, _created = Translation.objects.get_or_create(
            source=source, target_locale=locale
        )
        segments: Sequence[StringSegment] = source.stringsegment_set.order_by("order")
        if len(segments) != len(strings):
            raise ContentError(
                f"{planned.translations[locale.language_code].path}: {len(strings)} strings for"
                f" {len(segments)} segments of the published page"
            )
        rows: dict[tuple[int, int], StringTranslation] = {}
        for segment, text in zip(segments, strings, strict=True):
            rows[segment.string_id, segment.context_id] = StringTranslation(
                translation_of_id=segment.string_id,
                context_id=segment.context_id,
                locale=locale,
                data=text,
                translation_type=StringTranslation.TRANSLATION_TYPE_MANUAL,
            )
        StringTranslation.objects.bulk_create(rows.values())
        translation.save_target(publish=True)
