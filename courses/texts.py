"""The text of a module as one of its content versions has it.

Learners read the frozen text and not today's page: what they mark as learnt is then, to the
letter, what the certificate cites, also when somebody publishes at the same moment.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core.cache import cache
from django.utils.safestring import SafeString
from django.utils.translation import get_language

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
        body = ModulePage._meta.get_field("body").stream_block.to_python(stored)
        with as_it_was(version, only_missing=True):
            html = body.render_as_block()
        text = ModuleText(
            html=html,
            headings=[block["value"] for block in stored if block["type"] == "heading"],
        )
        cache.set(key, text, _SECONDS)
    return text
