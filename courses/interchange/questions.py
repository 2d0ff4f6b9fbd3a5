"""A question as every format reads and writes it, without a database.

``value`` is what the StreamField stores (``docs/decisions/0012``), with one difference: a picture
is named by the hash of its file, which travels with the question.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID, uuid5

from .markup import QuestionRefused, clean_html, one_line
from .numbers import in_digits, to_decimal

#: Under which the ids of list items are made from what they hold.
NAMESPACE = UUID("5f0b7c1e-6d0c-5b8a-9f0e-2d4d1f3c7a61")

#: The length of a name in the bank.
MAX_NAME = 255

NO_PICTURE: dict[str, Any] = {"image": None, "alt_text": ""}
_COMMON: dict[str, Any] = {
    "text": "",
    "image": NO_PICTURE,
    "points": 1,
    "explanation": "",
    "source": "",
    "as_of": None,
    "review_on": None,
}
_OPTION = {"text": "", "image": NO_PICTURE, "is_correct": False, "feedback": ""}
_CHOICE = {**_COMMON, "options": [_OPTION]}
_SPELLING = {"case_matters": False, "umlauts_matter": False}
#: By type, its blocks with what they hold when nothing is said; a list shows one of its items.
SHAPES: dict[str, dict[str, Any]] = {
    "single_choice": _CHOICE,
    "multiple_choice": _CHOICE,
    "true_false": {**_COMMON, "is_true": False, "feedback_true": "", "feedback_false": ""},
    "matching": {
        **_COMMON,
        "pairs": [{"prompt": "", "image": NO_PICTURE, "match": "", "feedback": ""}],
        "distractors": [""],
    },
    "ordering": {**_COMMON, "steps": [{"text": "", "feedback": ""}]},
    "gap_text": {
        **_COMMON,
        "sentence": "",
        "gaps": [{"answers": [""], "distractors": [""], "feedback": ""}],
        **_SPELLING,
    },
    "short_text": {
        **_COMMON,
        "answers": [{"text": "", "percent": 100, "feedback": ""}],
        **_SPELLING,
    },
    "number": {**_COMMON, "number": None, "tolerance": None, "unit": "", "feedback_wrong": ""},
    "scale": {
        **{name: value for name, value in _COMMON.items() if name != "points"},
        "lowest": "",
        "highest": "",
        "steps": 5,
    },
    "free_text": {**_COMMON, "max_length": 1000, "criteria": "", "model_answer": ""},
}


@dataclass(frozen=True)
class Picture:
    """The file of a picture; ``digest`` names it in the value of a question."""

    content: bytes
    file_name: str
    digest: str


@dataclass(frozen=True)
class ParsedQuestion:
    """One question of a file. ``line`` is its row in a spreadsheet; ``notes`` say what changed."""

    name: str
    type_key: str
    value: dict[str, Any]
    line: int = 0
    tags: tuple[str, ...] = ()
    language: str = ""
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @cached_property
    def fingerprint(self) -> str:
        return fingerprint(self.type_key, self.value)


@dataclass(frozen=True)
class Rejected:
    """One question that is left out, and why."""

    name: str
    line: int
    reason: str


@dataclass
class ParsedFile:
    """What a file holds, in its order."""

    questions: list[ParsedQuestion] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.questions) + len(self.rejected)


@dataclass
class WrittenFile:
    """A file for another program, what it has no place for, and what it holds only in part."""

    content: bytes
    left_out: list[Rejected] = field(default_factory=list)
    notes: list[Rejected] = field(default_factory=list)


def build_value(type_key: str, **given: Any) -> dict[str, Any]:
    """The stored value of a question: what is ``given`` as plain lists, completed, with item ids.

    Ids follow from content and position: the same file gives the same ids each time.
    """
    shape = SHAPES[type_key]
    if unknown := given.keys() - shape.keys():
        raise TypeError(f"{type_key} has no {', '.join(sorted(unknown))}")
    complete = _completed(shape, given)
    seed = fingerprint(type_key, complete)
    return {name: _wrapped(value, f"{seed}/{name}") for name, value in complete.items()}


def _completed(shape: Any, given: Any) -> Any:
    if isinstance(shape, dict):
        given = given or {}
        return {name: _completed(part, given.get(name, part)) for name, part in shape.items()}
    if isinstance(shape, list):
        return [] if given is shape else [_completed(shape[0], item) for item in given or []]
    return shape if given is None else given


def _wrapped(value: Any, path: str) -> Any:
    if isinstance(value, dict):
        return {name: _wrapped(part, f"{path}/{name}") for name, part in value.items()}
    if isinstance(value, list):
        return [
            {
                "type": "item",
                "id": str(uuid5(NAMESPACE, f"{path}/{number}")),
                "value": _wrapped(item, f"{path}/{number}"),
            }
            for number, item in enumerate(value)
        ]
    return value


def plain_value(value: Any) -> Any:
    """A stored value with plain lists and without item ids; the reverse of ``build_value``."""
    if isinstance(value, dict):
        if value.keys() == {"type", "id", "value"} and value["type"] == "item":
            return plain_value(value["value"])
        return {name: plain_value(part) for name, part in value.items()}
    if isinstance(value, list):
        return [plain_value(item) for item in value]
    return value


def fingerprint(type_key: str, value: Any, picture_hashes: Mapping[Any, str] | None = None) -> str:
    """What recognises the same question: 64 hexadecimal digits of its content.

    Ids of list items do not count, nor does how an editor writes down the same rich text. Pictures
    count by their files: ``picture_hashes`` names the hash of what a stored value names by a key.
    """
    plain = plain_value(value)
    if isinstance(plain, dict):
        rich = {name: plain[name] for name in ("text", "explanation") if plain.get(name)}
        plain |= {name: _canonical(str(html)) for name, html in rich.items()}
        for name in ("number", "tolerance"):
            if (exact := to_decimal(str(plain.get(name, "")))) is not None:
                plain[name] = in_digits(exact)
    said = _what_is_said(plain, picture_hashes or {})
    text = json.dumps([type_key, said], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _canonical(html: str) -> str:
    try:
        return clean_html(html, keeps_pages=True).html
    except QuestionRefused:
        return html


def _what_is_said(value: Any, picture_hashes: Mapping[Any, str]) -> Any:
    """A plain value without what is empty."""
    if isinstance(value, dict):
        if value.keys() == NO_PICTURE.keys():
            if value["image"] is None:
                return {}
            key = picture_hashes.get(value["image"], value["image"])
            return {"picture": key, "alt_text": value["alt_text"] or ""}
        said = {name: _what_is_said(part, picture_hashes) for name, part in value.items()}
        return {name: part for name, part in said.items() if not _is_empty(part)}
    if isinstance(value, list):
        return [_what_is_said(item, picture_hashes) for item in value]
    return value


def _is_empty(value: Any) -> bool:
    return value is None or value is False or value == "" or value in ([], {})


def make_picture(content: bytes, file_name: str) -> Picture:
    """A picture under the hash that Wagtail gives its file."""
    return Picture(content, file_name, hashlib.sha1(content, usedforsecurity=False).hexdigest())


def picture_value(picture: Picture | None, alt_text: str) -> dict[str, Any]:
    """How a question's value names a picture."""
    return {"image": picture.digest, "alt_text": alt_text} if picture else dict(NO_PICTURE)


def picture_values(value: Any) -> Iterator[dict[str, Any]]:
    """The pictures in a value, stored or plain: each with its key and its description."""
    if isinstance(value, dict):
        if value.keys() == NO_PICTURE.keys():
            if value["image"] is not None:
                yield value
            return
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from picture_values(part)


def picture_keys(value: Any) -> set[Any]:
    """The keys of all pictures in a value."""
    return {picture["image"] for picture in picture_values(value)}


def with_picture_keys(value: Any, translate: Callable[[Any], Any]) -> Any:
    """A copy of a value with each picture's key replaced."""
    if isinstance(value, dict):
        if value.keys() == NO_PICTURE.keys():
            key = None if value["image"] is None else translate(value["image"])
            return dict(NO_PICTURE) if key is None else {**value, "image": key}
        return {name: with_picture_keys(part, translate) for name, part in value.items()}
    if isinstance(value, list):
        return [with_picture_keys(item, translate) for item in value]
    return value


def short_name(name: str, text: str) -> str:
    """A question's name, or the beginning of its text where it has none."""
    if name := one_line(name):
        return _shortened(name, MAX_NAME)
    return _shortened(one_line(text), 100)


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
