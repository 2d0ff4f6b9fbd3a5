"""Whom a substantive change concerns: numbers, no persons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, Max, Min, OuterRef, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub.organisations.models import Membership

from ..models import ActivityMixin, Completion, ContentVersion, CoursePage, Enrolment


@dataclass(frozen=True)
class Effect:
    """Who would have to learn a text again, and when; too few people are not told apart."""

    people: int = 0
    authorities: int = 0
    #: When the first and the last of them are due: the day their certificate expires.
    first: date | None = None
    last: date | None = None
    without_end: int = 0
    smallest: int = 5

    @property
    def is_small(self) -> bool:
        """Whether so few are concerned that numbers would speak of single persons (domain 2.4)."""
        return 0 < self.people < self.smallest

    @property
    def concerned(self) -> str:
        """ "212 people in 9 authorities"."""
        if self.is_small:
            return _("fewer than %(count)d people") % {"count": self.smallest}
        people = ngettext("%(count)d person", "%(count)d people", self.people) % {
            "count": self.people
        }
        authorities = ngettext(
            "in %(count)d authority", "in %(count)d authorities", self.authorities
        ) % {"count": self.authorities}
        return f"{people} {authorities}"

    @property
    def due(self) -> str:
        """From when they are due, by months: a day could be that of a single person."""
        if not self._tells_of_dates or self.first is None or self.last is None:
            return ""
        first, last = (date_format(day, "F Y") for day in (self.first, self.last))
        if first == last:
            return _("in %(month)s") % {"month": first}
        return _("from %(first)s to %(last)s") % {"first": first, "last": last}

    @property
    def never_due(self) -> int:
        """How many have a certificate without an end; 0 where that would tell of single persons."""
        return self.without_end if self._tells_of_dates else 0

    @property
    def _tells_of_dates(self) -> bool:
        """Whether neither those with an end nor those without one are few."""
        ending = self.people - self.without_end
        return all(count == 0 or count >= self.smallest for count in (ending, self.without_end))

    def as_data(self) -> dict[str, Any]:
        """What may stand in the log: no more than what is shown."""
        return {"concerned": self.concerned if self.people else "", "due": self.due}


def effect_of(page: Any, *, since: ContentVersion) -> Effect:
    """Who has completed a unit on an edition that a substantive change of ``since`` would outdate.

    Those who hold a valid completion of the course and work for one of the authorities. Whoever
    lacks an earlier substantive change is due already and not counted. A voluntary part concerns
    nobody, one to choose from those who chose it. One query for a course, two for an activity, one
    more for an optional one, however many people there are.
    """
    if _is_voluntary(page):
        return Effect(smallest=settings.SMALLEST_GROUP)
    today = timezone.localdate()
    held = (
        Enrolment.objects.for_course(_course_key(page))
        .completed()
        .filter(Q(expires_on__isnull=True) | Q(expires_on__gte=today))
        .filter(Exists(Membership.objects.active(on=today).filter(user=OuterRef("user"))))
    )
    later = held.filter(user=OuterRef("user"), cycle__gt=OuterRef("cycle"))
    held = held.filter(~Exists(later)).filter(_is_up_to_date(page, since))
    found = held.aggregate(
        people=Count("user", distinct=True),
        authorities=Count("membership__organisation", distinct=True),
        first=Min("expires_on"),
        last=Max("expires_on"),
        without_end=Count("user", distinct=True, filter=Q(expires_on__isnull=True)),
    )
    return Effect(**found, smallest=settings.SMALLEST_GROUP)


def _is_voluntary(page: Any) -> bool:
    """Whether no refresher would contain a part: it is optional, and none is to be chosen."""
    is_part = isinstance(page, ActivityMixin)
    return is_part and not page.is_required and not page.course.electives_needed


def _course_key(page: Any) -> UUID:
    key: UUID = page.course_key if isinstance(page, CoursePage) else page.course.course_key
    return key


def _is_up_to_date(page: Any, since: ContentVersion) -> Q:
    if isinstance(page, CoursePage):
        return Q(course_version__edition__gte=since.edition)
    completions = Completion.objects.filter(
        enrolment__user=OuterRef("user"),
        activity_key=page.translation_key,
        content_version__edition__gte=since.edition,
    )
    return Q(Exists(completions))
