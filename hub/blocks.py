"""StreamField blocks of the hub's texts, shared by the pages of ``home`` and ``courses``.

Block type names are part of stored data: never rename one.
"""

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.fields import StreamField
from wagtail.images.blocks import ImageBlock, ImageChooserBlock

TEXT_FEATURES = ["h3", "bold", "italic", "ol", "ul", "link", "document-link"]
INLINE_FEATURES = ["bold", "italic", "link"]
CALLOUT_KINDS = [
    ("info", _("Good to know")),
    ("important", _("Important")),
    ("law", _("What the law says")),
    ("task", _("Try it out")),
]


class HeadingBlock(blocks.CharBlock):
    class Meta:
        icon = "title"
        label = _("Heading")
        template = "blocks/heading.html"
        help_text = _("Divides the text; the contents at the top of the page lead here.")


class TextBlock(blocks.RichTextBlock):
    class Meta:
        icon = "pilcrow"
        label = _("Text")
        template = "blocks/text.html"


class CalloutValue(blocks.StructValue):
    @property
    def kind_label(self) -> str:
        """The kind in the language of this request."""
        return str(dict(CALLOUT_KINDS)[self["kind"]])


class CalloutBlock(blocks.StructBlock):
    """A short text that stands out: a hint, a warning, the law, something to try."""

    kind = blocks.ChoiceBlock(
        choices=CALLOUT_KINDS,
        default="info",
        label=_("Kind"),
    )
    title = blocks.CharBlock(label=_("Title"))
    text = blocks.RichTextBlock(features=TEXT_FEATURES, label=_("Text"))

    class Meta:
        icon = "info-circle"
        label = _("Call-out")
        template = "blocks/callout.html"
        value_class = CalloutValue
        label_format = "{kind}: {title}"


class ExampleBlock(blocks.StructBlock):
    """A scene from a town hall."""

    title = blocks.CharBlock(label=_("Title"))
    text = blocks.RichTextBlock(features=TEXT_FEATURES, label=_("Text"))

    class Meta:
        icon = "comment"
        label = _("Example")
        template = "blocks/example.html"
        label_format = "{title}"


class DetailsBlock(blocks.StructBlock):
    """A text that opens on request, such as the solution of an exercise."""

    title = blocks.CharBlock(label=_("Title"))
    text = blocks.RichTextBlock(features=TEXT_FEATURES, label=_("Text"))

    class Meta:
        icon = "collapse-down"
        label = _("Fold-out text")
        template = "blocks/details.html"
        label_format = "{title}"


class TableRowBlock(blocks.StructBlock):
    cells = blocks.ListBlock(
        blocks.CharBlock(required=False, default="", label=_("Cell")),
        default=["", ""],
        label=_("Cells"),
    )


class TableValue(blocks.StructValue):
    @property
    def labelled_rows(self) -> list[list[tuple[str, str]]]:
        """Each row as pairs of column and cell, so that a cell can say what it is on a phone."""
        return [list(zip(self["header"], row["cells"], strict=False)) for row in self["rows"]]


class TableBlock(blocks.StructBlock):
    """A data table with a header row; the first cell of a row names the row.

    Wagtail's own table block is not used because wagtail-localize does not translate it.
    """

    caption = blocks.CharBlock(label=_("Caption"), help_text=_("What the table shows."))
    header = blocks.ListBlock(
        blocks.CharBlock(label=_("Column")), default=["", ""], min_num=2, label=_("Columns")
    )
    rows = blocks.ListBlock(
        TableRowBlock(),
        min_num=1,
        label=_("Rows"),
        help_text=_("Each row has one cell for each column; its first cell names the row."),
    )

    class Meta:
        icon = "table"
        label = _("Table")
        template = "blocks/table.html"
        value_class = TableValue
        label_format = "{caption}"

    def clean(self, value):
        """Refuse a row that is longer or shorter than the header; a draft may wait for it."""
        cleaned = super().clean(value)
        if self.is_deferred_validation:
            return cleaned
        width = len(cleaned["header"])
        errors = {}
        for index, row in enumerate(cleaned["rows"]):
            if len(row["cells"]) != width:
                errors[index] = blocks.StructBlockValidationError(
                    {
                        "cells": blocks.ListBlockValidationError(
                            non_block_errors=[
                                _("This row needs %(width)d cells, one for each column.")
                                % {"width": width}
                            ]
                        )
                    }
                )
        if errors:
            raise blocks.StructBlockValidationError(
                {"rows": blocks.ListBlockValidationError(block_errors=errors)}
            )
        return cleaned


#: While an earlier text is drawn: the addresses of the pictures it showed, by primary key.
kept_pictures: ContextVar[Mapping[int, str]] = ContextVar(
    "kept_pictures", default=MappingProxyType({})
)


class PictureChooserBlock(ImageChooserBlock):
    """A picture of the library, or what it was when an earlier text showed it.

    Such a picture has the attribute ``kept_url`` and need not be in the library any more.
    """

    def to_python(self, value: int | None) -> Any:
        return self._as_it_was(value) or super().to_python(value)

    def bulk_to_python(self, values: Iterable[int | None]) -> list[Any]:
        keys = list(values)
        pictures = zip(keys, super().bulk_to_python(keys), strict=True)
        return [self._as_it_was(key) or picture for key, picture in pictures]

    def _as_it_was(self, key: int | None) -> Any:
        url = kept_pictures.get().get(key) if key else None
        if url is None:
            return None
        picture = self.model_class(pk=key, collection=None)
        picture.kept_url = url
        return picture


class PictureBlock(ImageBlock):
    """Wagtail's picture with its description, labelled in German as well."""

    def __init__(self, required: bool = True, **kwargs: Any) -> None:
        super().__init__(required=required, **kwargs)
        chooser = PictureChooserBlock(required=required, label=_("Picture"))
        chooser.set_name("image")
        self.child_blocks["image"] = chooser


class FigureBlock(blocks.StructBlock):
    image = PictureBlock(
        label=_("Picture"),
        help_text=_("Describe what the picture shows, for people who cannot see it."),
    )
    caption = blocks.CharBlock(required=False, default="", label=_("Caption"))

    class Meta:
        icon = "image"
        label = _("Picture")
        template = "blocks/figure.html"
        label_format = "{caption}"


class KeyPointsBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Title"), default="Das Wichtigste in Kürze")
    points = blocks.ListBlock(blocks.CharBlock(label=_("Point")), min_num=1, label=_("Points"))

    class Meta:
        icon = "list-ul"
        label = _("Key points")
        template = "blocks/key_points.html"
        label_format = "{title}"


class SourceBlock(blocks.StructBlock):
    """A source with the day it was last found true and the day to look again."""

    title = blocks.CharBlock(label=_("Source"))
    url = blocks.URLBlock(required=False, label=_("Address"))
    as_of = blocks.DateBlock(label=_("As of (Stand)"))
    review_on = blocks.DateBlock(required=False, label=_("Check again on"))


class SourcesBlock(blocks.StructBlock):
    items = blocks.ListBlock(SourceBlock(), min_num=1, label=_("Sources"))

    class Meta:
        icon = "link"
        label = _("Sources")
        template = "blocks/sources.html"


class ContentStreamBlock(blocks.StreamBlock):
    """The text of a page: what a module, a course or a plain page may be made of."""

    heading = HeadingBlock()
    text = TextBlock(features=TEXT_FEATURES)
    callout = CalloutBlock()
    example = ExampleBlock()
    details = DetailsBlock()
    table = TableBlock()
    image = FigureBlock()
    key_points = KeyPointsBlock()
    sources = SourcesBlock()

    class Meta:
        block_counts = {"sources": {"max_num": 1}}


class LeanStreamField(StreamField):
    """A StreamField that keeps its block definitions out of migrations.

    Blocks are code: changing a help text must not ask for a migration.
    """

    def deconstruct(self):
        name, path, _args, kwargs = super().deconstruct()
        kwargs.pop("block_lookup", None)
        return name, path, [[]], kwargs
