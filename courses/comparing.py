"""Whether two texts of a question ask the same and take the same for right."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from wagtail.blocks import StreamValue

from .models import QuizPage
from .questions import Answer, QuestionBlock
from .questions.unknown import UNKNOWN

#: What Wagtail's editor writes into a rich text; a paragraph gets a new one when it is typed anew.
_EDITORS_KEYS = re.compile(r' data-block-key="[^"]*"')

#: A question as the database has it: ``{"type": …, "id": …, "value": …}``.
Stored = dict[str, Any]


def questions_in(unit_key: UUID, content: Mapping[str, Any]) -> dict[UUID, Stored]:
    """The questions that the evidence of a unit holds, by their ids.

    A quiz holds those typed in it. A question of the bank holds itself, and its id is its key. What
    a quiz takes from the bank is corrected there.
    """
    if (own := content.get("question")) is not None:
        return {unit_key: own}
    return {
        UUID(stored["id"]): stored for stored in content.get("questions", []) if _is_typed(stored)
    }


def _is_typed(stored: Stored) -> bool:
    block = QuizPage._meta.get_field("questions").stream_block.child_blocks.get(stored["type"])
    return block is None or isinstance(block, QuestionBlock)


def parsed(stored: Stored) -> StreamValue.StreamChild | None:
    """A question to be shown and graded; ``None`` while its type is not installed."""
    child = QuizPage._meta.get_field("questions").stream_block.to_python([stored])[0]
    return child if child.block_type != UNKNOWN else None


def comparable(stored: Stored) -> Any:
    """All of a question that asks something or decides what is right, as JSON values."""
    child = parsed(stored)
    return _as_read(stored, child.block.beside_the_question if child else frozenset())


def is_same_text(one: Stored, other: Stored) -> bool:
    """Whether two texts of a question are the same to who reads them, also beside the question."""
    return bool(_as_read(one, frozenset()) == _as_read(other, frozenset()))


def _as_read(stored: Stored, names: frozenset[str]) -> Any:
    """A question with all its values, as JSON, without the child blocks of these names."""
    child = parsed(stored)
    if child is None:
        return {"type": stored["type"], "value": stored["value"]}
    value = child.block.get_prep_value(child.value)
    return {"type": stored["type"], "value": plain(value, without=names)}


def plain(value: Any, *, without: frozenset[str] = frozenset()) -> Any:
    """The value of a block as JSON, without child blocks of these names and editors' keys."""
    return _without(json.loads(json.dumps(value, cls=DjangoJSONEncoder)), without)


def _without(value: Any, names: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(v, names) for name, v in value.items() if name not in names}
    if isinstance(value, list):
        return [_without(v, names) for v in value]
    return without_editors_keys(value)


def without_editors_keys(value: Any) -> Any:
    """A text without what only Wagtail's editor writes into it; any other value as it is."""
    return _EDITORS_KEYS.sub("", value).strip() if isinstance(value, str) else value


def fingerprint(stored: Stored) -> str:
    """SHA-256 by which two texts of a question that ask the same are recognised."""
    text = json.dumps(comparable(stored), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def bones(stored: Stored) -> Any:
    """What of a question is the same in every language: ids, marks and numbers, no texts."""
    return _bones(comparable(stored))


def _bones(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: v if name in {"id", "type"} else _bones(v)
            for name, v in value.items()
            if name in {"id", "type"} or not isinstance(v, str)
        }
    if isinstance(value, list):
        return [_bones(v) for v in value if not isinstance(v, str)]
    return value


def _accepted(value: Any) -> Iterable[str]:
    """The texts of lists called ``answers``: they are compared with what people typed."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "answers":
                yield json.dumps(inner, sort_keys=True)
            else:
                yield from _accepted(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _accepted(inner)


def has_typed_answers(stored: Stored) -> bool:
    """Whether answers are texts that are compared with those of the editor."""
    return any(True for _accepted_texts in _accepted(comparable(stored)))


def is_graded_alike(before: Stored, after: Stored) -> bool:
    """Whether the same answers score the same by both texts, as far as it can be told.

    Options, marks, numbers and accepted answers are the same, and the right answer to each gets all
    points by the other.
    """
    if bones(before) != bones(after):
        return False
    if [*_accepted(comparable(before))] != [*_accepted(comparable(after))]:
        return False
    old, new = parsed(before), parsed(after)
    if old is None or new is None:
        return False
    block = old.block
    if not is_graded(block):
        return True
    return all(
        block.grade(one.value, known_parts(block, one.value, block.right_answer(other.value)))
        == block.grade(other.value, block.right_answer(other.value))
        for one, other in ((old, new), (new, old))
    )


def is_graded(block: QuestionBlock) -> bool:
    """Whether the hub itself grades answers to it."""
    return block.is_scored and not block.is_marked_by_person


def known_parts(block: QuestionBlock, value: Any, answer: Answer) -> Answer:
    """An answer without the parts that a later text of its question does not ask any more."""
    parts = set(block.parts(value))
    return {part: given for part, given in answer.items() if part in parts}
