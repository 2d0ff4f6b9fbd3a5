"""The StreamField of questions: its blocks come from the registry."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django import forms
from django.utils.functional import cached_property
from wagtail import blocks
from wagtail.admin.staticfiles import versioned_static
from wagtail.admin.telepath import register
from wagtail.blocks.stream_block import StreamBlockAdapter

from hub.blocks import LeanStreamField
from hub.registry import import_plugins

from .base import questions
from .from_bank import BANK_QUESTION, RANDOM_DRAW, ChosenQuestionBlock, RandomDrawBlock
from .unknown import UNKNOWN, UnknownQuestionBlock, unwrap, wrap


class QuestionStreamBlock(blocks.StreamBlock):
    """All registered question types, and a placeholder for those that are not installed.

    ``others`` are what may stand beside them: in a quiz the places filled from the bank.
    """

    def __init__(self, others: Sequence[tuple[str, blocks.Block]] = (), **kwargs: Any) -> None:
        super().__init__(
            [
                *((key, cls()) for key, cls in questions.items()),
                *others,
                (UNKNOWN, UnknownQuestionBlock()),
            ],
            **kwargs,
        )

    def _wrap_unknown(self, stream: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [child if child["type"] in self.child_blocks else wrap(child) for child in stream]

    def to_python(self, value):
        if isinstance(value, str) and value:
            with suppress(ValueError):  # no JSON: Wagtail keeps the raw text
                value = json.loads(value)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            value = self._wrap_unknown(value)
        return super().to_python(value)

    def bulk_to_python(self, values):
        return super().bulk_to_python([self._wrap_unknown(stream) for stream in values])

    def get_prep_value(self, value):
        return [
            unwrap(child) if child["type"] == UNKNOWN else child
            for child in super().get_prep_value(value)
        ]


class QuestionStreamBlockAdapter(StreamBlockAdapter):
    """Does not offer the placeholder among the question types to choose from."""

    js_constructor = "courses.QuestionStreamBlock"

    def js_args(self, block: QuestionStreamBlock) -> list[Any]:
        *args, meta = super().js_args(block)
        return [*args, meta | {"placeholder": UNKNOWN}]

    @cached_property
    def media(self) -> forms.Media:
        return super().media + forms.Media(js=[versioned_static("courses/questions.js")])


register(QuestionStreamBlockAdapter(), QuestionStreamBlock)


class QuestionField(LeanStreamField):
    """A StreamField whose question types are those registered when it is first used.

    With ``takes_from_bank`` questions may also be chosen and drawn from the bank.
    """

    def __init__(self, block_types: Any = (), takes_from_bank: bool = False, **kwargs: Any) -> None:
        super().__init__(list(block_types), **kwargs)
        self.takes_from_bank = takes_from_bank

    @cached_property
    def stream_block(self) -> blocks.StreamBlock:
        import_plugins("questions")
        block = QuestionStreamBlock(
            [(BANK_QUESTION, ChosenQuestionBlock()), (RANDOM_DRAW, RandomDrawBlock())]
            if self.takes_from_bank
            else []
        )
        block.set_meta_options(self.block_opts)
        return block
