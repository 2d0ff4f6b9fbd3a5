"""What stored texts refer to, found by the definitions of fields and blocks. Knows no database.

In the hub, pages, pictures, documents and snippets are named by primary keys. In a package a block
that chose one holds ``{"$ref": …}``; a link in a rich text holds another ``id``: ``key/language``
of a page, the hash of a document or a picture.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bs4.element import PreformattedString
from django.db.models import Model
from wagtail import blocks
from wagtail.images import get_image_model
from wagtail.images.blocks import ImageBlock
from wagtail.rich_text.rewriters import extract_attrs
from wagtail.whitelist import Whitelister, allow_without_attributes, attribute_rule, check_url

REF = "$ref"

_link = re.compile(r"<a\b([^>]*)>(.*?)</a>", re.DOTALL)
_embed = re.compile(r"<embed\b([^>]*?)/?>(?:</embed>)?")
_id = re.compile(r'(?<![\w-])id="[^"]*"')


class BrokenContent(Exception):
    """A stored text that is not built as its blocks are."""


class Visitor:
    """What is done with what a text refers to. The methods return what stands there instead."""

    def chosen(self, model: type[Model], value: Any) -> Any:
        """``value`` names what a block or a field has chosen among the rows of ``model``."""
        return value

    def linked(self, kind: str, value: str) -> str | None:
        """``value`` is the id of a link or picture; ``None`` leaves only the words of a link.

        ``kind`` is ``page``, ``document`` or ``image``.
        """
        return value

    def rich_text(self, html: str) -> str:
        return rewrite_links(html, self.linked)


def rewrite_links(html: str, linked: Callable[[str, str], str | None]) -> str:
    """A rich text as the database has it, with other ids in its links and pictures."""

    def link(match: re.Match[str]) -> str:
        attrs = extract_attrs(match[1])
        kind = attrs.get("linktype")
        if kind not in {"page", "document"} or "id" not in attrs:
            return match[0]
        new = linked(kind, attrs["id"])
        return match[2] if new is None else f"<a{_with_id(match[1], new)}>{match[2]}</a>"

    def embed(match: re.Match[str]) -> str:
        attrs = extract_attrs(match[1])
        if attrs.get("embedtype") != "image" or "id" not in attrs:
            return match[0]
        new = linked("image", attrs["id"])
        return "" if new is None else f"<embed{_with_id(match[1], new)}/>"

    return _embed.sub(embed, _link.sub(link, html))


def _with_id(attributes: str, value: str) -> str:
    return _id.sub(lambda _match: f'id="{value}"', attributes, count=1)


def rewrite(block: blocks.Block, raw: Any, visitor: Visitor) -> Any:
    """The stored value of a block with other references; raises ``BrokenContent``."""
    if raw is None:
        return None
    if isinstance(block, blocks.BaseStreamBlock):
        return [_rewrite_child(block, child, visitor) for child in expect(list, raw)]
    if isinstance(block, blocks.ListBlock):
        return [_rewrite_item(block, item, visitor) for item in expect(list, raw)]
    if isinstance(block, ImageBlock) and not isinstance(raw, dict):
        return visitor.chosen(get_image_model(), raw)
    if isinstance(block, blocks.BaseStructBlock):
        return {
            name: rewrite(block.child_blocks[name], value, visitor)
            if name in block.child_blocks
            else value
            for name, value in expect(dict, raw).items()
        }
    if isinstance(block, blocks.RichTextBlock):
        return visitor.rich_text(expect(str, raw))
    if isinstance(block, blocks.ChooserBlock):
        return visitor.chosen(block.model_class, raw)
    return raw


def expect(kind: type, raw: Any) -> Any:
    """``raw``, if it is of that type; otherwise raises ``BrokenContent``."""
    if not isinstance(raw, kind):
        raise BrokenContent(repr(raw)[:100])
    return raw


def _rewrite_child(block: Any, child: Any, visitor: Visitor) -> Any:
    if not isinstance(child, dict) or not {"type", "value"} <= child.keys():
        raise BrokenContent(repr(child)[:100])
    inner = block.child_blocks.get(child["type"])
    value = child["value"]
    new = rewrite_unknown(value, visitor) if inner is None else rewrite(inner, value, visitor)
    return child | {"value": new}


def _rewrite_item(block: blocks.ListBlock, item: Any, visitor: Visitor) -> Any:
    # As Wagtail tells lists of today from those of earlier versions.
    if isinstance(item, dict) and {"type", "id", "value"} <= item.keys():
        return item | {"value": rewrite(block.child_block, item["value"], visitor)}
    return rewrite(block.child_block, item, visitor)


def rewrite_unknown(raw: Any, visitor: Visitor) -> Any:
    """The same for a type that is not installed: by what the contract of questions says.

    A picture is ``{"image": …, "alt_text": …}`` (decision 0012), a text is known by its tags.
    """
    if isinstance(raw, dict):
        if "$ref" in raw:
            return visitor.chosen(get_image_model(), raw)
        if raw.keys() == {"image", "alt_text"} and raw["image"] is not None:
            return raw | {"image": visitor.chosen(get_image_model(), raw["image"])}
        return {name: rewrite_unknown(value, visitor) for name, value in raw.items()}
    if isinstance(raw, list):
        return [rewrite_unknown(value, visitor) for value in raw]
    if isinstance(raw, str) and "<" in raw:
        return visitor.rich_text(raw)
    return raw


_TEXTS = ("p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "br", "hr", "blockquote")
_MARKS = ("b", "strong", "i", "em", "sub", "sup", "s", "del", "code")
_with_block_key = attribute_rule({"data-block-key": True})


class _Whitelist(Whitelister):
    """What the editor of the hub can write."""

    element_rules = {
        "[document]": allow_without_attributes,
        "a": attribute_rule({"href": check_url, "linktype": True, "id": True}),
        "embed": attribute_rule(
            {"embedtype": True, "id": True, "alt": True, "format": True, "url": check_url}
        ),
        **dict.fromkeys(
            [*_TEXTS, *_MARKS],
            _with_block_key,
        ),
    }

    def clean_string_node(self, doc: Any, node: Any) -> None:
        # Comments, and what else browsers read in another way than parsers do.
        if isinstance(node, PreformattedString):
            node.extract()


def clean_html(html: str) -> str:
    """A rich text without what the hub's editor cannot write; what it can stays byte for byte."""
    cleaned: str = _Whitelist().clean(html)
    return html if _normal(html) == _normal(cleaned) else cleaned


_tag = re.compile(r'<([a-z][a-z0-9]*)((?:\s+[a-z-]+="[^"<>]*")*)\s*(/?)>').sub
_attributes = re.compile(r'[a-z-]+="[^"]*"').findall


def _with_sorted_attributes(match: re.Match[str]) -> str:
    return f"<{' '.join([match[1], *sorted(_attributes(match[2]))])}{match[3]}>"


def _normal(html: str) -> str:
    """Ways of writing the same that no browser tells apart; nothing but plain tags is looked at."""
    html = _tag(_with_sorted_attributes, html)
    for written, same in (
        ("&quot;", '"'),
        ("&#x27;", "'"),
        ("&#39;", "'"),
        ("&nbsp;", "\xa0"),
        ("/>", ">"),
        ("</embed>", ""),
    ):
        html = html.replace(written, same)
    return html
