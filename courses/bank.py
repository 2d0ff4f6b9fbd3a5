"""What the bank has to offer: to an attempt, to the editor of a quiz, to its own list."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q
from django.utils.translation import ngettext
from wagtail.models import Revision

from hub.i18n import default_locale_id, locale_id

from .drawing import RandomDraw
from .models import Attempt, BankQuestion, QuestionTag


@dataclass(frozen=True)
class Offer:
    """A question as it is asked in one language: its frozen version and its points."""

    version: int
    points: int


@dataclass(frozen=True)
class Pool:
    """What an attempt may take from the bank, by the keys of the questions."""

    chosen: dict[UUID, Offer] = field(default_factory=dict)
    #: For each random draw of the quiz what it may draw; chosen questions are left out.
    drawable: list[dict[UUID, Offer]] = field(default_factory=list)
    times_seen: Counter[UUID] = field(default_factory=Counter)


NOTHING = Pool()


def pool(
    chosen: Collection[UUID],
    draws: Sequence[RandomDraw],
    *,
    language: str,
    activity_key: UUID | None = None,
    user_id: int | None = None,
) -> Pool:
    """What there is today for the places of a quiz, in its language or else the first.

    ``activity_key`` and ``user_id`` tell whose earlier attempts at which quiz count as seen. At
    most three queries, however many questions there are.
    """
    if not chosen and not draws:
        return NOTHING
    drawable = _drawable(draws, language) if draws else []
    return Pool(
        chosen=_chosen(chosen, language) if chosen else {},
        drawable=[
            {key: offer for key, offer in offers.items() if key not in chosen}
            for offers in drawable
        ],
        times_seen=_times_seen(activity_key, user_id)
        if draws and activity_key and user_id
        else Counter(),
    )


#: Translation key, locale, version and points of a question.
Row = tuple[UUID, int, int, int]
_COLUMNS = ("translation_key", "locale_id", "version_id", "points")


def _in_language(rows: Iterable[Row], language: str) -> dict[UUID, Offer]:
    """One offer for each key, that in ``language`` if there is one."""
    wanted = locale_id(language)
    offers: dict[UUID, Offer] = {}
    for key, locale, version, points in rows:
        if key not in offers or locale == wanted:
            offers[key] = Offer(version, points)
    return offers


def _locales(language: str) -> set[int]:
    return {locale_id(language), default_locale_id()}


def _chosen(keys: Collection[UUID], language: str) -> dict[UUID, Offer]:
    rows = BankQuestion.objects.askable().filter(
        translation_key__in=keys, locale__in=_locales(language)
    )
    return _in_language(rows.order_by().values_list(*_COLUMNS), language)


def _drawable(draws: Sequence[RandomDraw], language: str) -> list[dict[UUID, Offer]]:
    """What each draw may draw, found by one query for all of them."""
    rows: dict[int, Row] = {}
    tags: dict[int, set[str]] = defaultdict(set)
    found = BankQuestion.objects.offered().filter(
        locale__in=_locales(language), tagged__tag__slug__in=set().union(*(d.tags for d in draws))
    )
    for pk, slug, *row in found.order_by().values_list("pk", "tagged__tag__slug", *_COLUMNS):
        rows[pk] = tuple(row)
        tags[pk].add(slug)
    return [
        # In a draft a draw may have no keyword yet.
        _in_language((row for pk, row in rows.items() if tags[pk] >= draw.tags > set()), language)
        for draw in draws
    ]


def _times_seen(activity_key: UUID, user_id: int) -> Counter[UUID]:
    """How often each question of the bank was asked of a person at a quiz, in any cycle."""
    attempts = Attempt.objects.filter(activity_key=activity_key, enrolment__user=user_id)
    return Counter(
        UUID(entry["id"])
        for drawn in attempts.order_by().values_list("drawn", flat=True)
        for entry in drawn
        if "version" in entry
    )


def scheduled_questions(*, before: datetime) -> list[int]:
    """The keys of the questions that are to be published by then."""
    revisions = Revision.objects.filter(
        content_type=BankQuestion.get_content_type(), approved_go_live_at__lte=before
    )
    return [int(pk) for pk in revisions.values_list("object_id", flat=True)]


def tags_with_counts() -> Iterator[tuple[str, str]]:
    """Slug and label of every keyword, the label with how many questions can be drawn by it."""
    question = "tagged__content_object"
    counted = QuestionTag.objects.annotate(
        offered=Count(
            f"{question}__translation_key",
            distinct=True,
            filter=Q(
                **{
                    f"{question}__live": True,
                    f"{question}__is_retired": False,
                    f"{question}__version__isnull": False,
                }
            ),
        )
    )
    for tag in counted:
        number = ngettext("%(count)d question", "%(count)d questions", tag.offered) % {
            "count": tag.offered
        }
        yield tag.slug, f"{tag.name} ({number})"
