"""Requirements and what they do, in the words of HR's pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Protocol

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .cycles import NOTICE_DAYS
from .requiring import Effect, Preview


class Deadlined(Protocol):
    due_on: date | None
    due_days: int | None


def deadline_label(asked: Deadlined) -> str:
    """By when: a day, some days, or the later of both; a dash where there is no deadline."""
    if asked.due_on and asked.due_days:
        return _("%(day)s, %(days)s at least") % {
            "day": date_format(asked.due_on, "SHORT_DATE_FORMAT"),
            "days": days_label(asked.due_days),
        }
    if asked.due_on:
        return date_format(asked.due_on, "SHORT_DATE_FORMAT")
    return days_label(asked.due_days) if asked.due_days else "–"


def days_label(days: int) -> str:
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}


def refresher_label(months: int | None) -> str:
    """How often it is asked again; a dash where the course alone says so."""
    if not months:
        return "–"
    return ngettext("every month", "every %(count)d months", months) % {"count": months}


def effect_lines(effect: Effect) -> Iterator[str]:
    """What becomes of whom, a sentence for each number that is not 0."""
    if effect.enrolled:
        yield ngettext(
            "%(count)d person is enrolled.", "%(count)d people are enrolled.", effect.enrolled
        ) % {"count": effect.enrolled}
    if effect.changed:
        yield ngettext(
            "Kind or deadline changes for %(count)d person.",
            "Kind or deadline changes for %(count)d people.",
            effect.changed,
        ) % {"count": effect.changed}
    if effect.released:
        yield ngettext(
            "The course is no longer asked of %(count)d person.",
            "The course is no longer asked of %(count)d people.",
            effect.released,
        ) % {"count": effect.released}
    if not effect.touched:
        yield _("Nothing changes for anybody at the moment.")
    if effect.completed:
        yield ngettext(
            "%(count)d person has completed the course and keeps that.",
            "%(count)d people have completed the course and keep that.",
            effect.completed,
        ) % {"count": effect.completed}
    if effect.expired:
        yield ngettext(
            "The proof of %(count)d of them has expired: the refresher opens by itself at night.",
            "The proofs of %(count)d of them have expired: the refreshers open by themselves at "
            "night.",
            effect.expired,
        ) % {"count": effect.expired}
    if effect.refreshed:
        yield ngettext(
            "For %(count)d person who has completed it, the day changes by which the refresher is "
            "asked for. The certificate stays as it is, and nobody has less than %(days)d days.",
            "For %(count)d people who have completed it, the day changes by which the refresher is "
            "asked for. The certificates stay as they are, and nobody has less than %(days)d days.",
            effect.refreshed,
        ) % {"count": effect.refreshed, "days": NOTICE_DAYS}


def warnings(preview: Preview, today: date) -> Iterator[str]:
    """What HR probably does not mean, before it is made."""
    requirement, effect = preview.requirement, preview.effect
    if effect.overdue:
        yield ngettext(
            "The deadline has passed for %(count)d person at once.",
            "The deadline has passed for %(count)d people at once.",
            effect.overdue,
        ) % {"count": effect.overdue}
    if preview.is_withdrawn:
        return
    if requirement.due_on and requirement.due_on < today and not requirement.due_days:
        yield _(
            "The deadline lies in the past: who joins later is late on the first day. Please give "
            "days to do it in as well, or a later day."
        )
    if not preview.people:
        yield _("Nobody belongs to this group at the moment.")
    if not preview.is_course_live:
        yield _("The course is not public: at the moment nobody can open it.")
