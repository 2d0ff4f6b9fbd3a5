"""What wagtail-localize must know of a translation that came in a package.

A translation made in the hub is written anew from the strings wagtail-localize keeps, each time
its original is synchronised. One that was imported has no such strings: the next synchronisation
would put the original's text in its place.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from wagtail.models import Locale
from wagtail_localize.models import (
    SegmentOverride,
    String,
    StringTranslation,
    TranslatableObject,
    Translation,
    TranslationContext,
    TranslationSource,
)
from wagtail_localize.segments import OverridableSegmentValue, StringSegmentValue
from wagtail_localize.segments.extract import extract_segments


def keep_in_step(*, original: Any, translation: Any, is_new: bool) -> bool:
    """Teach wagtail-localize the strings of ``translation``, as it stands in its latest draft.

    ``original`` and ``translation`` are drafts. With ``is_new``, the translation is joined to its
    original as one that was made here. Says whether every text of the original was found again.
    """
    try:
        sources, targets = _by_path(original), _by_path(translation)
    except AttributeError:
        # wagtail-localize fails on a picture block without a picture.
        return False
    key, _created = TranslatableObject.objects.get_or_create_from_instance(original)
    locale = translation.locale
    is_complete = True
    for path, segments in sources.items():
        found = targets.get(path, [])
        if [type(s) for s in segments] != [type(s) for s in found]:
            is_complete = is_complete and not any(
                isinstance(segment, StringSegmentValue) for segment in segments
            )
            continue
        context = TranslationContext.objects.get_or_create(object=key, path=path)[0]
        for source, target in zip(segments, found, strict=True):
            _keep(source, target, context, original.locale, locale)
    if is_new:
        record, _created = TranslationSource.update_or_create_from_instance(original)
        Translation.objects.get_or_create(
            source=record, target_locale=locale, defaults={"enabled": True}
        )
    return is_complete


def _by_path(instance: Any) -> dict[str, list[Any]]:
    """The strings and choices of an object by where they stand, in their order."""
    found = defaultdict(list)
    segments: Iterable[Any] = extract_segments(instance)
    for segment in segments:
        if isinstance(segment, StringSegmentValue | OverridableSegmentValue):
            found[segment.path].append(segment)
    return found


def _keep(
    source: Any, target: Any, context: TranslationContext, language: Locale, locale: Locale
) -> None:
    if isinstance(source, StringSegmentValue):
        StringTranslation.objects.update_or_create(
            translation_of=String.from_value(language, source.string),
            locale=locale,
            context=context,
            defaults={"data": target.string.data, "has_error": False, "field_error": ""},
        )
    elif source.data != target.data:
        SegmentOverride.objects.update_or_create(
            locale=locale, context=context, defaults={"data_json": json.dumps(target.data)}
        )
