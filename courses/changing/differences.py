"""What differs between two texts of a unit, to be read by people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model
from django.utils.encoding import force_str
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.compare import diff_text
from wagtail.blocks import StreamBlock
from wagtail.fields import StreamField
from wagtail.rich_text import get_text_for_indexing

from ..comparing import plain, without_editors_keys
from ..frozen_files import FILES
from ..questions.from_bank import BANK_QUESTION

Content = Mapping[str, Any]

_PARAGRAPH = r"</?(?:p|ul|ol|li|h[1-6]|hr)\b[^>]*>"
_BETWEEN_PARAGRAPHS = re.compile(rf"(?<=>)\s+(?={_PARAGRAPH})")

ADDED, REMOVED, CHANGED, MOVED = "added", "removed", "changed", "moved"
KINDS = {
    ADDED: gettext_lazy("new"),
    REMOVED: gettext_lazy("removed"),
    CHANGED: gettext_lazy("changed"),
    MOVED: gettext_lazy("in another order"),
}


@dataclass(frozen=True)
class Part:
    """A block of a text, or the value of a field, in a form in which two can be compared."""

    key: str
    label: str
    text: str
    value: Any


@dataclass(frozen=True)
class Difference:
    """What became of one block or field."""

    field: str
    label: str
    kind: str
    #: Pieces of text in order, each "equal", "addition" or "deletion"; empty if no word differs.
    pieces: Sequence[tuple[str, str]] = ()

    @property
    def in_words(self) -> str:
        """ "new", "removed", "changed", "in another order"."""
        return str(KINDS[self.kind])

    @property
    def words_added(self) -> int:
        return _words(self.pieces, "addition")

    @property
    def words_removed(self) -> int:
        return _words(self.pieces, "deletion")


def _words(pieces: Sequence[tuple[str, str]], kind: str) -> int:
    return sum(
        sum(any(letter.isalnum() for letter in word) for word in text.split())
        for name, text in pieces
        if name == kind
    )


def differences(model: type[Model], before: Content, after: Content) -> list[Difference]:
    """What differs between two evidences of a ``model``, in the order of the later one.

    Blocks are recognised by their ids. What only the editor writes, such as the keys of paragraphs,
    is no difference, and neither is a value that stands for the same as one left out, or another
    file behind the same picture.
    """
    found: list[Difference] = []
    for name in dict.fromkeys((*after, *before)):
        one, other = before.get(name), after.get(name)
        if one != other and name != FILES:
            found += _of_field(_field(model, name), name, one, other)
    return found


def _field(model: type[Model], name: str) -> Field[Any, Any] | None:
    try:
        found = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return found if isinstance(found, Field) else None


def _of_field(
    model_field: Field[Any, Any] | None, name: str, before: Any, after: Any
) -> Iterator[Difference]:
    label = capfirst(str(model_field.verbose_name)) if model_field is not None else name
    old = {part.key: part for part in _parts(model_field, before)}
    new = {part.key: part for part in _parts(model_field, after)}
    for key, part in new.items():
        if key not in old:
            yield Difference(label, part.label, ADDED, _pieces("", part.text))
        elif old[key].value != part.value:
            yield Difference(label, part.label, CHANGED, _pieces(old[key].text, part.text))
    for key, part in old.items():
        if key not in new:
            yield Difference(label, part.label, REMOVED, _pieces(part.text, ""))
    if [key for key in old if key in new] != [key for key in new if key in old]:
        yield Difference(label, "", MOVED)


def _pieces(before: str, after: str) -> Sequence[tuple[str, str]]:
    return tuple(diff_text(before, after).changes) if before != after else ()


def _parts(model_field: Field[Any, Any] | None, value: Any) -> Iterator[Part]:
    """The parts of a field as evidence holds it: blocks, entries of a list, or the one value."""
    if not isinstance(value, list):
        said = _said(value)
        if said not in (None, ""):
            yield Part("", "", _text(model_field, said), said)
    elif isinstance(model_field, StreamField) and all(isinstance(v, dict) for v in value):
        yield from _blocks(model_field.stream_block, value)
    else:
        for entry in value:
            text = force_str(entry)
            yield Part(text, "", text, entry)


def _said(value: Any) -> Any:
    """A value without what only the editor writes: keys and line breaks of paragraphs.

    An empty paragraph is nothing. A text that was never in the editor has line breaks between its
    paragraphs, which the first saving takes away.
    """
    if isinstance(value, dict):
        return {name: _said(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_said(inner) for inner in value]
    if not isinstance(value, str):
        return value
    text = _BETWEEN_PARAGRAPHS.sub("", without_editors_keys(value)).replace("<br>", "<br/>")
    return "" if text == "<p></p>" else text


def _text(model_field: Field[Any, Any] | None, value: Any) -> str:
    """The value of a field as editors see it."""
    if value is True:
        return _("yes")
    if value is False:
        return _("no")
    text = force_str(value)
    choices = {str(stored): label for stored, label in getattr(model_field, "flatchoices", ())}
    if text in choices:
        return str(choices[text])
    if model_field is not None and model_field.get_internal_type() == "DateField":
        return date_format(date.fromisoformat(text), "SHORT_DATE_FORMAT")
    return str(get_text_for_indexing(text)) if "<" in text else text


def _blocks(stream_block: StreamBlock, stored: Sequence[dict[str, Any]]) -> Iterator[Part]:
    """The blocks of a stream with their texts; what cannot be read stays as it is stored."""
    blocks = stream_block.child_blocks
    # What is chosen from the bank is named by its key there, which the block would not find.
    known = [e for e in stored if e["type"] in blocks and e["type"] != BANK_QUESTION]
    children = dict(zip(map(id, known), stream_block.to_python(known), strict=True))
    for number, entry in enumerate(stored):
        key = str(entry.get("id") or number)
        child = children.get(id(entry))
        if child is None:
            block = blocks.get(entry["type"])
            yield Part(key, str(block.label if block else entry["type"]), "", entry["value"])
            continue
        texts = child.block.get_searchable_content(child.value)
        value = _said(plain(child.block.get_prep_value(child.value)))
        yield Part(key, str(child.block.label), " ".join(map(str, texts)), value)
