"""Erinnerungen in the administration: how the sending goes, and which addresses are wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages

from courses.enums import DigestState
from courses.models import ReminderDigest, ReminderRun
from courses.reminding import refused
from courses.reminding.run import STUCK_AFTER
from courses.tasks import send_reminders
from hub.mails.refusals import MailProblem
from hub.organisations.importing.runs import IMPORT
from hub.organisations.in_charge import InChargeMixin

#: How many days the page shows.
DAYS = 30
WAITING = (DigestState.WAITING, DigestState.SENDING)


@dataclass
class Day:
    """How many mails of a day are in which state; no person."""

    day: date
    states: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)

    @property
    def waiting(self) -> int:
        return sum(self.states[state] for state in WAITING)

    @property
    def sent(self) -> int:
        return self.states[DigestState.SENT]

    @property
    def needless(self) -> int:
        return self.states[DigestState.NEEDLESS]

    @property
    def refused(self) -> int:
        return self.states[DigestState.REFUSED]

    @property
    def in_words(self) -> Iterator[str]:
        """Each kind of problem with how many mails it keeps back."""
        for problem, count in self.problems.most_common():
            yield f"{MailProblem(problem).label} ({count})"


class SentRemindersView(InChargeMixin, TemplateView):
    """Who takes employees in sees whose address of its own authority was refused.

    Operators, who administrate the whole hub, also see how many mails wait, by day.
    """

    permissions = (IMPORT,)
    template_name = "courses/reminders/sent_reminders.html"
    page_title = gettext_lazy("Reminders")
    header_icon = "mail"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.get_page_title()}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs) | {
            "refused": list(refused(self.organisations)),
            "several": len(self.organisations) > 1,
        }
        return context | _of_all() if self.actor.is_superuser else context

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Send what waits now; for operators, others find nothing here."""
        if not self.actor.is_superuser:
            raise Http404
        send_reminders.enqueue()
        messages.success(request, _("What waits is being sent."))
        return redirect("sent_reminders")


def _of_all() -> dict[str, Any]:
    """The figures of the whole hub; three queries."""
    waiting = ReminderDigest.objects.filter(state__in=WAITING)
    oldest = waiting.aggregate(oldest=Min("created_at"))["oldest"]
    return {
        "is_operator": True,
        "days": _days(),
        "latest": ReminderRun.objects.first(),
        "oldest": oldest,
        "is_stuck": oldest is not None and oldest < timezone.now() - STUCK_AFTER,
    }


def _days() -> list[Day]:
    """The latest days with a mail, the newest first; one query."""
    found: dict[date, Day] = {}
    rows = (
        ReminderDigest.objects.values_list("day", "state", "problem")
        .annotate(count=Count("pk"))
        .order_by("-day", "state", "problem")
    )
    for day, state, problem, count in rows:
        of_day = found.setdefault(day, Day(day))
        of_day.states[state] += count
        if problem:
            of_day.problems[problem] += count
    return list(found.values())[:DAYS]
