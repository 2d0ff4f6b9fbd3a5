"""A new version in the history of its page, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.log_actions import LogContext, LogFormatter, get_active_log_context, log
from wagtail.models import BaseLogEntry, Revision

from ..models import ContentVersion
from .answers import is_original
from .effects import effect_of

#: A text was published that differs from the one before.
CHANGED = "courses.version_published"


def log_version(
    *, page: Any, before: ContentVersion | None, after: ContentVersion, revision: Revision | None
) -> None:
    """Write into the page's history what was published now; nothing if no version is new.

    By whom is known from the request or from ``acted_by``.
    """
    if before is None or after.pk == before.pk or after.language != before.language:
        return
    is_asked = after.is_substantive and is_original(page)
    effect = effect_of(page, since=before) if is_asked else None
    log(
        instance=page,
        action=CHANGED,
        revision=revision,
        data={
            "number": after.number,
            "is_substantive": after.is_substantive,
            "edition": after.edition,
            **(effect.as_data() if effect else {}),
        },
    )


@contextmanager
def acted_by(user: Any) -> Iterator[None]:
    """Let what is logged within be the act of a person, where no request tells who it is."""
    if user is None or get_active_log_context().user == user:
        yield
    else:
        with LogContext(user=user):
            yield


class VersionPublished(LogFormatter):
    """Says in the page's history what was published, what it meant and whom it concerned."""

    label = gettext_lazy("Publish a new version")

    def format_message(self, log_entry: BaseLogEntry) -> str:
        return _sentence(log_entry.data)


def _sentence(data: dict[str, Any]) -> str:
    number = {"number": data["number"]}
    if not data["is_substantive"]:
        return _("Version %(number)d published as an editorial change") % number
    told = _("Version %(number)d published as a substantive change") % number
    if not data.get("concerned"):
        return told
    told = f"{told}: " + _("due again with the next refresher: %(people)s") % {
        "people": data["concerned"]
    }
    return f"{told}, {data['due']}" if data.get("due") else told
