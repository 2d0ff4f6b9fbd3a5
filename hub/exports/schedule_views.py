"""Regular hand-overs in the Wagtail admin: the list, one, a new one, and the end of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db.models import Min, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from hub.mails.refusals import MailProblem
from hub.organisations.models import User
from hub.organisations.permissions import organisations_where

from . import actions, making
from .auditing import (
    AUDIT_PERMISSION,
    VIEW_PERMISSION,
    SchedulePermissionPolicy,
    filters_for,
)
from .exporters import list_label
from .form_pages import ListFormView
from .forms import PURPOSES
from .models import ExportRun, ExportSchedule, NoticeState, ScheduleNotice
from .notices import STUCK_AFTER, ready
from .rhythms import due_days, next_due
from .rights import LONGEST, organisations_handing_over
from .schedule_forms import ScheduleForm
from .scheduled_runs import DAYS_KEPT
from .scheduling import may_stop, set_up_schedule, stop_schedule

#: So long before its end a regular hand-over can be renewed.
RENEWABLE_BEFORE = timedelta(days=60)


def policy() -> SchedulePermissionPolicy:
    """Who sees which regular hand-overs."""
    return SchedulePermissionPolicy(ExportSchedule, organisation_lookup="organisation")


def _day(day: Any) -> str:
    return date_format(day, "SHORT_DATE_FORMAT") if day else "–"


def _state(schedule: ExportSchedule) -> str:
    if schedule.stopped_at is not None:
        return _("stopped")
    return _day(schedule.next_on) if schedule.next_on else _("ended")


def _problem(schedule: ExportSchedule) -> str:
    """Why the latest mail was not sent; annotated by the list."""
    problem = getattr(schedule, "mail_problem", "")
    return str(MailProblem(problem).label) if problem else "–"


class ScheduleIndexView(generic.IndexView):
    """The regular hand-overs of one's authorities, also those that have ended."""

    page_title = gettext_lazy("Regular hand-overs")
    default_ordering = "-created_at"
    template_name = "exports/schedules.html"
    table_classname = "listing requirement-list"

    @property
    def columns(self) -> list[Column]:  # type: ignore[override]
        return [
            TitleColumn(
                "exporter",
                label=_("List"),
                accessor=lambda schedule: list_label(schedule.exporter),
                get_url=lambda schedule: reverse("export_schedules:inspect", args=[schedule.pk]),
            ),
            Column("rhythm", label=_("How often"), accessor="get_rhythm_display"),
            Column("next_on", label=_("Next on"), accessor=_state, sort_key="next_on"),
            Column("purpose", label=_("Purpose")),
            Column("owner", label=_("Who"), sort_key="owner__name_key"),
            Column("organisation", label=_("Authority"), sort_key="organisation__name"),
            Column("mail", label=_("Mail"), accessor=_problem),
        ]

    def get_base_queryset(self) -> QuerySet[ExportSchedule]:
        latest = ScheduleNotice.objects.filter(schedule=OuterRef("pk")).order_by("-pk")
        return (
            super()
            .get_base_queryset()
            .annotate(mail_problem=Subquery(latest.values("problem")[:1]))
        )

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(*args, **kwargs)
        if not cast(User, self.request.user).is_superuser:
            return context
        waiting = ready()
        oldest = waiting.aggregate(oldest=Min("created_at"))["oldest"]
        return context | {
            "oldest": oldest,
            "waiting": waiting.count(),
            "is_stuck": oldest is not None and oldest < localtime() - STUCK_AFTER,
        }


class ScheduleInspectView(generic.InspectView):
    """One of them: what it makes, what it has made, and why it does not go on where it does not."""

    template_name = "exports/schedule.html"
    page_title = gettext_lazy("Regular hand-over")

    def get_page_subtitle(self) -> str:
        return list_label(self.object.exporter)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        schedule: ExportSchedule = self.object
        user = cast(User, self.request.user)
        may_fetch = schedule.organisation in organisations_handing_over(user, schedule.exporter)
        may_renew = may_fetch and (
            not schedule.is_running or schedule.ends_on - localdate() <= RENEWABLE_BEFORE
        )
        is_stoppable = schedule.is_running and may_stop(user, schedule)
        own = [schedule.pk]
        return super().get_context_data(**kwargs) | {
            "schedule": schedule,
            "label": list_label(schedule.exporter),
            "facts": self.facts(schedule),
            "runs": [
                (run, self.run_url(run, may_fetch), self.mail_in_words(run))
                for run in schedule.runs.select_related(
                    "notice", "organisation", "schedule"
                ).order_by("-pk")
            ],
            "stop_url": reverse("export_schedules:stop", args=own) if is_stoppable else "",
            "renew_url": reverse("export_schedules:renew", args=own) if may_renew else "",
        }

    def run_url(self, run: ExportRun, may_fetch: bool) -> str:
        """Where the file is, for who may have it; others read the log, if they may."""
        if may_fetch:
            return reverse("exports:made", args=[run.uuid])
        may_read = organisations_where(self.request.user, VIEW_PERMISSION, AUDIT_PERMISSION)
        is_read = run.organisation in may_read
        return reverse("exports:inspect", args=[run.pk]) if is_read else ""

    def mail_in_words(self, run: ExportRun) -> str:
        notice: ScheduleNotice | None = getattr(run, "notice", None)
        if notice is None:
            return "–"
        if run.finished_at is None:
            is_open = notice.state == NoticeState.WAITING and making.can_be_made(run)
            return _("The list is not made yet.") if is_open else _("The list was not made.")
        words = notice.get_state_display()
        return f"{words}: {notice.get_problem_display()}" if notice.problem else words

    def facts(self, schedule: ExportSchedule) -> Sequence[tuple[str, str]]:
        words = filters_for(self.request.user, schedule)
        found = [
            (_("Authority"), str(schedule.organisation)),
            (_("Purpose"), schedule.purpose),
            (_("Filters"), "; ".join(f"{label}: {value}" for label, value in words) or "–"),
            (
                _("Extent"),
                _("only what has changed") if schedule.changes_only else _("all rows"),
            ),
            (_("Format"), schedule.file_format.upper()),
            (_("How often"), schedule.get_rhythm_display()),
            (_("First on"), _day(schedule.starts_on)),
            (_("Last day"), _day(schedule.ends_on)),
            (_("Next on"), _day(schedule.next_on)),
            (_("Set up by"), f"{schedule.owner}, {_day(localtime(schedule.created_at))}"),
        ]
        if schedule.stopped_at is not None:
            who = schedule.stopped_by or _("the hub")
            found.append((_("Stopped by"), f"{who}, {_day(localtime(schedule.stopped_at))}"))
        return found


class SetUpView(ListFormView):
    """Have the list as it is filtered made again and again."""

    form_class = ScheduleForm
    template_name = "exports/set_up_schedule.html"
    page_title = gettext_lazy("Make regularly")
    header_icon = "calendar-alt"
    renews: ExportSchedule | None = None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "purposes": PURPOSES,
            "days_kept": DAYS_KEPT,
            "renews": self.renews,
            "has_address": bool(self.actor.email),
        }

    def form_valid(self, form: ScheduleForm) -> HttpResponse:  # type: ignore[override]
        try:
            schedule = set_up_schedule(
                exporter=self.exporter,
                owner=self.actor,
                filters=self.filters,
                renews=self.renews,
                **form.cleaned_data,
            )
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)
        messages.success(
            self.request,
            _("The list is made for the first time on %(day)s. You will get a mail.")
            % {"day": _day(schedule.next_on)},
        )
        return redirect("export_schedules:inspect", schedule.pk)


class RenewView(SetUpView):
    """Set up the same once more, from where it ends; what has changed is told since the last."""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        rows = policy().instances_user_has_any_permission_for(request.user, ["view"])
        self.renews = get_object_or_404(rows.select_related("organisation"), pk=kwargs["pk"])
        super().setup(request, *args, **kwargs)
        self.organisations = [o for o in self.organisations if o == self.renews.organisation]
        if not self.organisations:
            raise Http404

    def list_key(self) -> str:
        return self.schedule.exporter

    @property
    def schedule(self) -> ExportSchedule:
        return cast(ExportSchedule, self.renews)

    @property
    def filters(self) -> QueryDict:
        return actions.filters_of(self.schedule)

    def get_initial(self) -> dict[str, Any]:
        old = self.schedule
        known = ("purpose", "file_format", "changes_only", "rhythm")
        far = old.ends_on + LONGEST
        after = max(old.ends_on if old.is_running else localdate(), localdate())
        return {key: getattr(old, key) for key in known} | {
            "starts_on": next_due(due_days(old.rhythm, old.starts_on, far), after),
        }


class StopView(WagtailAdminTemplateMixin, TemplateView):
    """Stop one for good."""

    template_name = "exports/stop_schedule.html"
    page_title = gettext_lazy("Stop regular hand-over")
    header_icon = "calendar-alt"
    http_method_names = ["get", "post"]
    schedule: ExportSchedule

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        rows = policy().instances_user_has_any_permission_for(request.user, ["view"])
        self.schedule = get_object_or_404(
            rows.select_related("organisation", "owner"), pk=kwargs["pk"]
        )
        if not may_stop(cast(User, request.user), self.schedule):
            raise Http404

    def get_page_subtitle(self) -> str:
        return list_label(self.schedule.exporter)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("export_schedules:index"), "label": ScheduleIndexView.page_title},
            {"url": "", "label": str(self.page_title), "sublabel": self.get_page_subtitle()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "schedule": self.schedule,
            "label": list_label(self.schedule.exporter),
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if stop_schedule(schedule=self.schedule, actor=cast(User, request.user)):
            messages.success(request, _("The regular hand-over is stopped."))
        else:
            messages.info(request, _("The regular hand-over was stopped or over before."))
        return redirect("export_schedules:inspect", self.schedule.pk)
