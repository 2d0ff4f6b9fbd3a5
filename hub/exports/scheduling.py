"""Setting up regular hand-overs and stopping them, and why one may not go on."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from hub.organisations.models import Organisation, User
from hub.organisations.permissions import organisations_where

from .actions import filter_key, filters_of
from .exporters import Exporter, ExportScope, exporters
from .models import ExportSchedule, ScheduleNotice, StopReason
from .rhythms import due_days
from .rights import has_left, is_within_a_year, organisations_handing_over

SET_UP, STOP, END = "exports.set_up_schedule", "exports.stop_schedule", "exports.end_schedule"


@transaction.atomic
def set_up_schedule(
    *,
    exporter: Exporter,
    owner: User,
    organisation: Organisation,
    filters: QueryDict,
    purpose: str,
    file_format: str,
    changes_only: bool,
    rhythm: str,
    starts_on: date,
    ends_on: date,
    renews: ExportSchedule | None = None,
) -> ExportSchedule:
    """Have a list made again and again. The same once more, as by a double click, is the first one.

    Its words are in the language of now. ``renews`` is an earlier one of the same list and
    authority: what has changed is told since its last hand-over. Raises ``ValidationError``, by
    field, where the owner may not hand the list over or can get no mail, for filters that do not
    exist, and for days that are past or too far away.
    """
    if organisation not in organisations_handing_over(owner, exporter.identifier):
        raise ValidationError({"organisation": _("You may not hand this list over.")})
    if not owner.email:
        raise ValidationError(
            _("Your account has no e-mail address. Without one nobody can tell you of the file.")
        )
    if starts_on <= timezone.localdate():
        raise ValidationError(
            {"starts_on": _("The earliest day is tomorrow: it is made by night.")}
        )
    if not is_within_a_year(ends_on):
        raise ValidationError(
            {"ends_on": _("Please enter a day within the next year. Then it can be renewed.")}
        )
    scope = ExportScope(user=owner, organisation=organisation)
    words = _filter_words(exporter, scope, filters)
    wanted = ExportSchedule(
        organisation=organisation,
        owner=owner,
        exporter=exporter.identifier,
        file_format=file_format,
        purpose=purpose.strip(),
        filters={key: filters.getlist(key) for key in filters},
        filter_words=words,
        language=get_language() or "",
        changes_only=changes_only,
        rhythm=rhythm,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    if renews is not None:
        wanted.series = renews.series
    wanted.full_clean()
    wanted.next_on = next(due_days(wanted.rhythm, starts_on, ends_on))
    # Two at once come one after the other.
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    if (same := _same(wanted)) is not None:
        return same
    wanted.save()
    _log(wanted, SET_UP, owner)
    return wanted


def _filter_words(
    exporter: Exporter, scope: ExportScope, filters: QueryDict
) -> list[tuple[str, str]]:
    try:
        exporter.get_queryset(scope, filters)
        return exporter.describe(scope, filters)
    except ValidationError as error:
        raise ValidationError(
            {
                "organisation": _(
                    "The list was filtered by something that this authority does not have."
                )
            }
        ) from error


def _same(wanted: ExportSchedule) -> ExportSchedule | None:
    """One that is running and does exactly what is wanted."""
    fields = (
        *("organisation", "owner", "exporter", "file_format", "purpose", "language"),
        *("changes_only", "rhythm", "starts_on", "ends_on"),
    )
    running = ExportSchedule.objects.running().filter(
        **{field: getattr(wanted, field) for field in fields}
    )
    key = filter_key(filters_of(wanted))
    return next((each for each in running if filter_key(filters_of(each)) == key), None)


def may_stop(user: User, schedule: ExportSchedule) -> bool:
    """Whether ``user`` may stop it: her own, and as a colleague who could hand the list over."""
    return user.pk == schedule.owner_id or schedule.organisation in organisations_handing_over(
        user, schedule.exporter
    )


@transaction.atomic
def stop_schedule(
    *, schedule: ExportSchedule, actor: User | None, reason: StopReason = StopReason.ASKED
) -> bool:
    """Stop it for good, and say whether it was running.

    Without an ``actor`` it is the hub; then its owner gets a mail that says so.
    """
    locked = ExportSchedule.objects.select_for_update(of=("self",)).get(pk=schedule.pk)
    if not locked.is_running:
        return False
    locked.stopped_at, locked.stopped_by = timezone.now(), actor
    locked.stop_reason, locked.next_on = reason, None
    locked.save(update_fields=["stopped_at", "stopped_by", "stop_reason", "next_on"])
    _log(locked, STOP, actor)
    if actor is None:
        ScheduleNotice.objects.create(schedule=locked)
    return True


def end_schedule(schedule: ExportSchedule) -> None:
    """Write down that its last day is over; who locks it saves it."""
    schedule.next_on = None
    _log(schedule, END, None)


def _log(schedule: ExportSchedule, action: str, actor: User | None) -> None:
    log(
        schedule,
        action,
        user=actor,
        data={
            "authority": schedule.organisation.slug,
            "list": schedule.exporter,
            "rhythm": schedule.rhythm,
            "until": schedule.ends_on.isoformat(),
            "reason": schedule.stop_reason,
        },
    )


def against(schedule: ExportSchedule) -> StopReason | None:
    """Why it may not go on today; asked each time before anything is made or told.

    It stands for its owner, as she is in the database now.
    """
    owner = User.objects.get(pk=schedule.owner_id)
    organisation = Organisation.objects.get(pk=schedule.organisation_id)
    if not organisation.is_active:
        return StopReason.INACTIVE
    if has_left(owner, organisation):
        return StopReason.LEFT
    if schedule.exporter not in exporters:
        return StopReason.NO_LIST
    exporter = exporters.get(schedule.exporter)()
    if organisation not in organisations_where(owner, exporter.required_permission):
        return StopReason.NO_RIGHT
    if organisation not in organisations_handing_over(owner, schedule.exporter):
        return StopReason.SWITCHED_OFF
    scope = ExportScope(user=owner, organisation=organisation)
    try:
        with override(schedule.language):
            exporter.get_queryset(scope, filters_of(schedule))
    except ValidationError:
        return StopReason.NO_FILTER
    return None
