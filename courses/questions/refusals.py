"""What a question type says at publishing when something cannot work, at the place it is typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from wagtail import blocks

from courses.typed_answers import TextRules

#: Texts that look alike to who reads them.
ALIKE = TextRules(case_matters=True, umlauts_matter=True)


def at(name: str, message: Any) -> blocks.StructBlockValidationError:
    """An error at one child of the question."""
    return blocks.StructBlockValidationError({name: ValidationError(message)})


def of_list(name: str, message: Any) -> blocks.StructBlockValidationError:
    """An error about a list as a whole."""
    return blocks.StructBlockValidationError(
        {name: blocks.ListBlockValidationError(non_block_errors=[ValidationError(message)])}
    )


def at_items(name: str, errors: Mapping[int, Any]) -> blocks.StructBlockValidationError:
    """Errors at items of a list, by position: a message, or an error of the item's own children."""
    return blocks.StructBlockValidationError(
        {
            name: blocks.ListBlockValidationError(
                block_errors={
                    position: error
                    if isinstance(error, ValidationError)
                    else ValidationError(error)
                    for position, error in errors.items()
                }
            )
        }
    )


def repeated(texts: Iterable[str], form: Callable[[str], str] = ALIKE.form) -> list[int]:
    """The positions of texts that stood before; empty ones are somebody else's to refuse."""
    seen: set[str] = set()
    found = []
    for position, text in enumerate(texts):
        if text and form(text) in seen:
            found.append(position)
        seen.add(form(text))
    return found
