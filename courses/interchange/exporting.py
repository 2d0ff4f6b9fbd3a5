"""Questions of the bank out into a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from wagtail.images import get_image_model
from wagtail.rich_text import expand_db_html

from courses.models import BankQuestion, TaggedQuestion

from . import gift, moodle_xml, sheet
from .questions import (
    SHAPES,
    ParsedQuestion,
    Picture,
    WrittenFile,
    build_value,
    make_picture,
    picture_keys,
    plain_value,
    with_picture_keys,
)


@dataclass(frozen=True)
class Format:
    """A format questions leave the hub in."""

    label: Any
    ending: str
    content_type: str
    write: Callable[[Iterable[ParsedQuestion]], WrittenFile]


FORMATS = {
    "moodle": Format(_("Moodle XML"), "xml", "application/xml", moodle_xml.write),
    "gift": Format(_("GIFT"), "txt", "text/plain; charset=utf-8", gift.write),
    "xlsx": Format(
        _("Spreadsheet (XLSX)"),
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        sheet.write,
    ),
}


def export_questions(rows: QuerySet[BankQuestion], format_key: str) -> WrittenFile:
    """A file of the questions, and what it could not take along."""
    return FORMATS[format_key].write(neutral_questions(rows))


def neutral_questions(rows: QuerySet[BankQuestion]) -> Iterator[ParsedQuestion]:
    """The questions of the bank in the form files are written from."""
    questions = list(rows.select_related("locale").prefetch_related(None).defer(None))
    tags: dict[int, list[str]] = {}
    tagged = TaggedQuestion.objects.filter(content_object__in=[row.pk for row in questions])
    for pk, name in tagged.order_by("tag__name").values_list("content_object_id", "tag__name"):
        tags.setdefault(pk, []).append(name)
    pictures = _Pictures(questions)
    for row in questions:
        stored = _stored(row)
        if stored is None:
            continue
        found = pictures.of(stored["value"])
        digests = {key: picture.digest for key, picture in found.items()}
        value = with_picture_keys(stored["value"], digests.get)
        yield ParsedQuestion(
            name=row.name,
            type_key=stored["type"],
            value=_complete(stored["type"], value),
            tags=tuple(tags.get(row.pk, ())),
            language=row.locale.language_code,
            pictures={picture.digest: picture for picture in found.values()},
        )


def _stored(row: BankQuestion) -> dict[str, Any] | None:
    """The block as JSON has it, dates and decimals as text."""
    stored = row.stored_question()
    plain: dict[str, Any] | None = json.loads(json.dumps(stored, cls=DjangoJSONEncoder))
    return plain


def _complete(type_key: str, value: Any) -> dict[str, Any]:
    """A value with all its blocks, also one stored before some of them existed."""
    if type_key not in SHAPES or not isinstance(value, dict):
        return dict(value) if isinstance(value, dict) else {}
    given = {name: part for name, part in plain_value(value).items() if name in SHAPES[type_key]}
    for name in ("text", "explanation"):
        given[name] = _with_addresses(given.get(name) or "")
    return build_value(type_key, **given)


def _with_addresses(html: str) -> str:
    """Rich text whose links to pages of the hub are addresses: elsewhere there are no such keys."""
    if "linktype" not in html:
        return html
    return expand_db_html(html).replace('href="/', f'href="{settings.WAGTAILADMIN_BASE_URL}/')


class _Pictures:
    """The files of pictures, each read once."""

    def __init__(self, questions: Iterable[BankQuestion]) -> None:
        keys = {key for row in questions for key in picture_keys(_stored(row) or {})}
        rows = get_image_model().objects.filter(pk__in=keys) if keys else ()
        self.images = {image.pk: image for image in rows}
        self.read: dict[int, Picture] = {}

    def of(self, value: Any) -> dict[Any, Picture]:
        """The pictures of a value whose files exist, by their keys."""
        found = {}
        for key in picture_keys(value):
            if key not in self.read and key in self.images:
                try:
                    with self.images[key].file.open("rb") as file:
                        content = file.read()
                except OSError:
                    continue
                name = self.images[key].filename
                self.read[key] = make_picture(content, name)
            if key in self.read:
                found[key] = self.read[key]
        return found
