"""What a quiz asks and how it counts, as it would be today: for its editor, before it is frozen."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING
from uuid import UUID

from wagtail.blocks import StreamValue

from hub.i18n import text_language

from . import grading
from .bank import Offer, Pool, pool
from .drawing import RandomDraw, deal, extremes
from .questions.from_bank import BANK_QUESTION, RANDOM_DRAW, random_draw
from .questions.unknown import UNKNOWN

if TYPE_CHECKING:
    from .models import QuizPage


@dataclass(frozen=True)
class Place:
    """An entry of a quiz's stream and what fills it today."""

    index: int
    child: StreamValue.StreamChild
    #: How many questions it is to ask.
    wanted: int = 1
    #: What it takes from the bank; empty for a question typed in place.
    dealt: Mapping[UUID, Offer] = field(default_factory=dict)
    #: What it could take at all.
    pool: Mapping[UUID, Offer] = field(default_factory=dict)

    @property
    def is_from_bank(self) -> bool:
        return self.child.block_type in (BANK_QUESTION, RANDOM_DRAW)

    @property
    def is_draw(self) -> bool:
        return self.child.block_type == RANDOM_DRAW

    @property
    def asked(self) -> int:
        return len(self.dealt) if self.is_from_bank else 1

    @property
    def is_short(self) -> bool:
        return self.asked < self.wanted


@dataclass(frozen=True)
class Reckoning:
    """Questions and points of a quiz. ``places`` are in the order of the editor."""

    places: Sequence[Place]
    pass_mark: int
    draw_count: int | None

    @property
    def available(self) -> int:
        """How many questions there are to draw from."""
        return sum(place.asked for place in self.places)

    @property
    def count(self) -> int:
        """How many questions an attempt asks."""
        return min(self.available, self.draw_count or self.available)

    @cached_property
    def fixed(self) -> list[tuple[int, int]]:
        """Reachable and possible points of each question that is always there."""
        return [
            points
            for place in self.places
            if not place.is_draw and place.asked
            for points in [_points(place)]
        ]

    @cached_property
    def drawn(self) -> list[tuple[list[int], int]]:
        """For each random draw the points of what it may draw, and how many it draws."""
        return [
            ([offer.points for offer in place.pool.values()], place.asked)
            for place in self.places
            if place.is_draw
        ]

    @property
    def points(self) -> tuple[int, int]:
        """The least and the greatest sum of points an attempt may have."""
        return extremes([possible for _r, possible in self.fixed], self.drawn, self.draw_count)

    @property
    def needed(self) -> tuple[int, int]:
        """The points needed to pass, for the least and the greatest sum."""
        least, most = self.points
        return ceil(self.pass_mark * least / 100), ceil(self.pass_mark * most / 100)

    @property
    def can_be_passed(self) -> bool:
        """Whether every attempt lets somebody reach the mark, whatever chance draws.

        Questions of the bank are published only with a right answer, so those with the fewest
        points are the worst case.
        """
        worst = [
            *self.fixed,
            *((p, p) for points, count in self.drawn for p in sorted(points)[:count]),
        ]
        return self.points[0] > 0 and grading.can_be_passed(worst, self.draw_count, self.pass_mark)

    @property
    def short_places(self) -> list[Place]:
        """Random draws the bank has too few questions for, and choices that are not public."""
        return [place for place in self.places if place.is_short]

    @property
    def retired(self) -> list[str]:
        """The names of chosen questions that were retired."""
        return [
            question.name
            for place in self.places
            if place.child.block_type == BANK_QUESTION
            and (question := place.child.value["question"])
            and question.is_retired
        ]


def reckon(page: QuizPage, *, without: Collection[UUID] = ()) -> Reckoning:
    """What an attempt at ``page``, saved or not, would ask today.

    ``without`` are keys of bank questions that are taken for gone.
    """
    return Reckoning(list(_places(page, set(without))), page.pass_mark or 0, page.draw_count)


def _places(page: QuizPage, without: set[UUID]) -> Iterator[Place]:
    children = [
        (index, child) for index, child in enumerate(page.questions) if child.block_type != UNKNOWN
    ]
    chosen = {
        index: child.value["question"].translation_key
        for index, child in children
        if child.block_type == BANK_QUESTION and child.value["question"]
    }
    draws = {
        index: random_draw(child.value)
        for index, child in children
        if child.block_type == RANDOM_DRAW
    }
    there = pool(set(chosen.values()), list(draws.values()), language=text_language(page))
    filled = _fill(there, draws, without)
    taken: set[UUID] = set()
    for index, child in children:
        if child.block_type == BANK_QUESTION:
            key = chosen.get(index)
            is_there = key in there.chosen and key not in without and key not in taken
            offers = {key: there.chosen[key]} if is_there and key is not None else {}
            taken |= offers.keys()
            yield Place(index, child, dealt=offers)
        elif child.block_type == RANDOM_DRAW:
            offered, dealt = filled[index]
            yield Place(index, child, draws[index].count, dealt, offered)
        else:
            yield Place(index, child)


def _fill(
    there: Pool, draws: Mapping[int, RandomDraw], without: set[UUID]
) -> dict[int, tuple[dict[UUID, Offer], dict[UUID, Offer]]]:
    """For each random draw what it may draw, and what it would get beside the others."""
    pools = [
        {key: offer for key, offer in offered.items() if key not in without}
        for offered in there.drawable
    ]
    dealt = deal([list(offered) for offered in pools], [draw.count for draw in draws.values()])
    return {
        index: (offered, {key: offered[key] for key in keys})
        for index, offered, keys in zip(draws, pools, dealt, strict=True)
    }


def _points(place: Place) -> tuple[int, int]:
    """The reachable and the possible points of a question that is always there."""
    value = place.child.value
    if place.is_from_bank:
        (offer,) = place.dealt.values()
        points: int = (value["points"] or offer.points) if offer.points else 0
        return points, points
    points = value.get("points") or 0
    return (points if place.child.block.has_right_answer(value) else 0), points
