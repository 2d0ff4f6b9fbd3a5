"""The text of a module as one of its content versions has it.

Learners read the frozen text and not today's page: what they mark as learnt is then, to the
letter, what the certificate cites, also when somebody publishes at the same moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from wagtail.images import get_image_model

from hub.blocks import LeanStreamField, kept_pictures

from .frozen_files import as_it_was
from .models import ContentVersion, ModulePage

#: Versions never change; what a day's release may change is how they are drawn.
_SECONDS = 3600


@dataclass(frozen=True)
class ModuleText:
    """A drawn text and its headings, for the contents beside it."""

    html: SafeString
    headings: list[str]


def module_text(version: ContentVersion) -> ModuleText:
    """The text of a module's version with labels in the language of this request; kept."""
    key = f"courses:text:{version.uuid}:{get_language()}"
    text: ModuleText | None = cache.get(key)
    if text is None:
        stored = version.content["body"]
        with as_it_was(version, only_missing=True):
            html = frozen_text(ModulePage._meta.get_field("body"), stored)
        text = ModuleText(
            html=html,
            headings=[block["value"] for block in stored if block["type"] == "heading"],
        )
        cache.set(key, text, _SECONDS)
    return text


def frozen_text(field: LeanStreamField, stored: Sequence[dict[str, Any]]) -> SafeString:
    """A frozen stream of ``field``; what a picture showed stands in words where it is gone.

    To be called inside ``as_it_was``, which has the pictures that were kept.
    """
    html: SafeString = field.stream_block.to_python(_told(stored)).render_as_block()
    return html


def _told(stored: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """``stored``, with a text in the place of each picture that was deleted since."""
    there = set(kept_pictures.get())
    wanted = {_picture(block)["image"] for block in stored if block["type"] == "image"} - there
    if wanted:
        there |= set(get_image_model().objects.filter(pk__in=wanted).values_list("pk", flat=True))
    return [
        _in_words(block)
        if block["type"] == "image" and _picture(block)["image"] not in there
        else block
        for block in stored
    ]


def _picture(block: dict[str, Any]) -> dict[str, Any]:
    """What a figure's picture is stored as; it was a bare key before it had a description."""
    picture = block["value"].get("image")
    return picture if isinstance(picture, dict) else {"image": picture}


def _in_words(block: dict[str, Any]) -> dict[str, Any]:
    picture = _picture(block)
    shown = picture.get("alt_text") or block["value"].get("caption") or "–"
    text = format_html(
        "<p>{}</p>", _("Here was a picture that does not exist any more: %s") % shown
    )
    return {"type": "text", "id": block.get("id"), "value": text}
