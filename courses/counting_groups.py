"""Making and retiring counting groups; who counts depends on where people work, on nothing else."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localdate

from hub.exports.reports import all_switches, is_on, reports
from hub.organisations.models import Membership, Organisation

from .models import CountedPerson, CountingGroup
from .suppression import Person, form_groups, still_counts

#: After so long somebody is counted with others of the authority rather than with no one.
PATIENCE = timedelta(days=365)


def counted_reports() -> list[str]:
    """The keys of the evaluations that show figures of groups."""
    return [key for key, report in reports.items() if not report.names_people]


def keep_counting_groups(on: date | None = None) -> int:
    """Retire groups of which too many are gone and make new ones; says how many are new.

    For the authorities that have an evaluation with figures of groups switched on, and no others:
    nobody is put into a group for nothing.
    """
    day = on or localdate()
    switches = all_switches()
    made = 0
    for organisation in Organisation.objects.filter(is_active=True):
        if any(is_on(organisation, key, switches) for key in counted_reports()):
            made += _keep(organisation, day)
    return made


@transaction.atomic
def _keep(organisation: Organisation, day: date) -> int:
    # Two runs at once would put somebody into two groups.
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    _retire(organisation, day)
    return _make(organisation, day)


def _audiences(organisation: Organisation) -> dict[int, frozenset[int]]:
    """The audiences of every membership of an authority that has any."""
    found: dict[int, set[int]] = defaultdict(set)
    for membership, audience in Membership.audiences.through.objects.filter(
        membership__organisation=organisation
    ).values_list("membership_id", "audience_id"):
        found[membership].add(audience)
    return {membership: frozenset(audiences) for membership, audiences in found.items()}


def _retire(organisation: Organisation, day: date) -> None:
    groups = {
        group.pk: group
        for group in CountingGroup.objects.filter(
            organisation=organisation, retired_on__isnull=True
        )
    }
    in_common: dict[int, set[int]] = defaultdict(set)
    for group, audience in CountingGroup.audiences.through.objects.filter(
        countinggroup__in=groups
    ).values_list("countinggroup_id", "audience_id"):
        in_common[group].add(audience)
    audiences = _audiences(organisation)
    recorded: dict[int, int] = defaultdict(int)
    present: dict[int, int] = defaultdict(int)
    active = set(
        Membership.objects.active(day)
        .filter(organisation=organisation)
        .values_list("pk", flat=True)
    )
    for group, membership, department in CountedPerson.objects.filter(group__in=groups).values_list(
        "group_id", "membership_id", "membership__department_id"
    ):
        recorded[group] += 1
        present[group] += (
            membership in active
            and groups[group].department_id in (None, department)
            and in_common[group] <= audiences.get(membership, frozenset())
        )
    gone = [
        pk
        for pk, group in groups.items()
        if not still_counts(size=group.size, recorded=recorded[pk], present=present[pk])
    ]
    CountingGroup.objects.filter(pk__in=gone).update(retired_on=day)


def _make(organisation: Organisation, day: date) -> int:
    audiences = _audiences(organisation)
    # The first time nobody has colleagues to wait for.
    is_first = not CountingGroup.objects.filter(organisation=organisation).exists()
    people = [
        Person(
            key=pk,
            department=department,
            audiences=audiences.get(pk, frozenset()),
            is_waiting_long=is_first or starts_on <= day - PATIENCE,
        )
        for pk, department, starts_on in Membership.objects.active(day)
        .filter(organisation=organisation, counted__isnull=True)
        .values_list("pk", "department_id", "starts_on")
    ]
    new = form_groups(people, settings.SMALLEST_GROUP)
    groups = CountingGroup.objects.bulk_create(
        CountingGroup(
            organisation=organisation,
            department_id=group.department,
            size=len(group.people),
            made_on=day,
        )
        for group in new
    )
    CountingGroup.audiences.through.objects.bulk_create(
        CountingGroup.audiences.through(countinggroup_id=made.pk, audience_id=audience)
        for made, group in zip(groups, new, strict=True)
        for audience in group.audiences
    )
    CountedPerson.objects.bulk_create(
        (
            CountedPerson(group=made, membership_id=membership)
            for made, group in zip(groups, new, strict=True)
            for membership in group.people
        ),
        batch_size=2000,
    )
    return len(groups)
