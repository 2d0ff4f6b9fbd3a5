"""The register of AI systems: who oversees each, and what it still lacks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.log_actions import log

from hub.exports.reports import permitted
from hub.organisations.models import Membership, User

from .completion_list import REPORT
from .course_titles import titles_of
from .coverage import Figures, figures
from .enums import EnrolmentStatus, RequirementKind, RiskClass, SystemRole
from .models import AISystem, Enrolment, Requirement
from .requiring import Effect, carry_out, effect_of
from .suppression import Span

COVERAGE = "abdeckung"
OVERSEER_NAMED, OVERSEER_RELEASED = "courses.overseer_named", "courses.overseer_released"


@dataclass(frozen=True)
class Overseer:
    """Somebody to whom the oversight of a system is assigned."""

    membership: Membership
    has_left: bool
    #: Has completed all that is mandatory for the oversight of this system, and validly so; None:
    #: nothing is, or the reader may not know.
    is_trained: bool | None


@dataclass(frozen=True)
class AskedCourse:
    """A mandatory course of an audience that uses a system."""

    audience: str
    title: str
    #: How many have completed it, as it may be told; None: the reader may not know, or too few.
    span: Span | None


@dataclass(frozen=True)
class SystemRecord:
    """A system with what follows from it."""

    system: AISystem
    requirements: Sequence[Requirement]
    overseers: Sequence[Overseer]
    asked: Sequence[AskedCourse]
    #: Audiences that use it and must take no course at all.
    unasked: Sequence[str]
    today: date = field(default_factory=localdate)

    @property
    def lacks(self) -> list[str]:
        """What there is to do, in sentences; nothing of a system that has ended."""
        return [] if self.system.has_ended else list(self._lacks())

    def _lacks(self) -> Iterator[str]:
        system = self.system
        present = [overseer for overseer in self.overseers if not overseer.has_left]
        if system.risk_class == RiskClass.UNKNOWN:
            yield _("The risk class is not assessed yet.")
        if system.next_review_on is not None and system.next_review_on < self.today:
            yield _("The review is overdue.")
        if not system.audiences.all():
            yield _("No audience is named that uses it.")
        if self.unasked:
            yield _("No course is mandatory for: %(audiences)s.") % {
                "audiences": ", ".join(self.unasked)
            }
        if system.risk_class == RiskClass.HIGH and not present:
            yield _("Nobody is named who oversees it (AI Act Art. 26(2)).")
        if gone := len(self.overseers) - len(present):
            yield ngettext(
                "%(count)d person who oversees it does not work here any more.",
                "%(count)d people who oversee it do not work here any more.",
                gone,
            ) % {"count": gone}
        if present and not self._asks_overseers():
            yield _("No course is mandatory for those who oversee it.")
        if untrained := [each for each in present if each.is_trained is False]:
            yield _("Oversees it without having completed what is mandatory: %(names)s.") % {
                "names": ", ".join(each.membership.person_name for each in untrained)
            }
        for asked in self.asked:
            missing = asked.span.persons - asked.span.most if asked.span else 0
            if missing:
                yield ngettext(
                    "%(audience)s: at least %(count)d person has not completed “%(course)s”.",
                    "%(audience)s: at least %(count)d people have not completed “%(course)s”.",
                    missing,
                ) % {"audience": asked.audience, "count": missing, "course": asked.title}

    def _asks_overseers(self) -> bool:
        return any(
            requirement.system_role == SystemRole.OVERSEERS
            and requirement.kind == RequirementKind.MANDATORY
            for requirement in self.requirements
        )


def records(systems: Sequence[AISystem], reader: User) -> list[SystemRecord]:
    """Systems with what follows from them, as far as ``reader`` may know how people have come.

    Who is trained by name only where she may see the completion list, figures of groups only where
    she may see coverage, both as the authority has switched them on. The number of queries does not
    depend on how many systems and people there are. ``audiences`` should be prefetched.
    """
    organisations = {system.organisation_id for system in systems}
    required = list(
        Requirement.objects.filter(organisation__in=organisations)
        .select_related("audience", "department", "ai_system")
        .order_by("pk")
    )
    titles = titles_of({requirement.course_key for requirement in required})
    for requirement in required:
        requirement.course_title = titles.get(requirement.course_key) or _("deleted course")
    overseers = _overseers(systems, required, reader)
    told = _figures(organisations, reader)
    found = []
    for system in systems:
        own = [row for row in required if row.organisation_id == system.organisation_id]
        asked, unasked = _asked_of_users(system, own, told)
        found.append(
            SystemRecord(
                system=system,
                requirements=[row for row in own if row.ai_system_id == system.pk],
                overseers=overseers.get(system.pk, []),
                asked=asked,
                unasked=unasked,
            )
        )
    return found


def _figures(organisations: Collection[int], reader: User) -> Figures | None:
    seen = [row for row in permitted(reader, COVERAGE) if row.pk in organisations]
    return figures(seen) if seen else None


def _asked_of_users(
    system: AISystem, requirements: Iterable[Requirement], told: Figures | None
) -> tuple[list[AskedCourse], list[str]]:
    """The mandatory courses of each audience that uses a system, and the audiences without any."""
    mandatory = [
        row
        for row in requirements
        if row.kind == RequirementKind.MANDATORY and row.department_id is None
    ]
    tables = told.tables.get(system.organisation_id, {}) if told else {}
    asked, unasked = [], []
    for audience in system.audiences.all():
        courses = {
            row.course_key: row.course_title
            for row in mandatory
            if row.audience_id == audience.pk
            or (row.audience_id is None and row.ai_system_id is None)
            or (row.ai_system_id == system.pk and row.system_role == SystemRole.USERS)
        }
        if not courses:
            unasked.append(str(audience))
        for key, title in sorted(courses.items(), key=lambda item: item[1].casefold()):
            table = tables.get(key)
            span = table.audiences.get(audience.pk) if table else None
            asked.append(AskedCourse(str(audience), title, span))
    return asked, unasked


def _overseers(
    systems: Sequence[AISystem], requirements: Iterable[Requirement], reader: User
) -> dict[int, list[Overseer]]:
    """Who oversees each system; three queries."""
    today = localdate()
    asked: dict[int, set[UUID]] = defaultdict(set)
    for row in requirements:
        if row.system_role == SystemRole.OVERSEERS and row.kind == RequirementKind.MANDATORY:
            asked[row.ai_system_id or 0].add(row.course_key)
    pairs = list(
        AISystem.overseers.through.objects.filter(aisystem__in=systems).values_list(
            "aisystem_id", "membership_id"
        )
    )
    memberships = (
        Membership.objects.filter(pk__in={membership for _system, membership in pairs})
        .select_related("user", "department")
        .order_by("name_key", "pk")
    )
    by_membership = {membership.pk: membership for membership in memberships}
    seen = {organisation.pk for organisation in permitted(reader, REPORT)}
    completed = set(
        Enrolment.objects.filter(
            user__in=[row.user_id for row in by_membership.values()],
            course_key__in=set().union(*asked.values()),
            membership__organisation__in={system.organisation_id for system in systems},
            status=EnrolmentStatus.COMPLETED,
        )
        .while_employed()
        .exclude(expires_on__lt=today)
        .values_list("membership__organisation", "user_id", "course_key")
    )
    named: dict[int, set[int]] = defaultdict(set)
    for pk, membership_id in pairs:
        named[pk].add(membership_id)
    found: dict[int, list[Overseer]] = {}
    for system in systems:
        courses = asked[system.pk]
        may_know = system.organisation_id in seen and bool(courses)
        found[system.pk] = [
            Overseer(
                membership=row,
                has_left=row.ends_on is not None and row.ends_on < today,
                is_trained=all(
                    (system.organisation_id, row.user_id, key) in completed for key in courses
                )
                if may_know
                else None,
            )
            for row in by_membership.values()
            if row.pk in named[system.pk]
        ]
    return found


#: What a change touched: the title of each course, and the effect.
Touched = list[tuple[str, Effect]]


@transaction.atomic
def name_overseer(*, system: AISystem, membership: Membership, actor: User) -> Touched:
    """Assign oversight of a system to somebody; safe to repeat.

    Raises ``ValueError`` for somebody of another authority.
    """
    if membership.organisation_id != system.organisation_id:
        raise ValueError("Oversight is a task of the authority's own people.")
    if system.overseers.filter(pk=membership.pk).exists():
        return []
    system.overseers.add(membership)
    log(system, OVERSEER_NAMED, user=actor, data={"membership": membership.pk})
    return follow(system)


@transaction.atomic
def release_overseer(*, system: AISystem, membership: Membership, actor: User) -> Touched:
    """Take oversight of a system from somebody; safe to repeat."""
    if not system.overseers.filter(pk=membership.pk).exists():
        return []
    system.overseers.remove(membership)
    log(system, OVERSEER_RELEASED, user=actor, data={"membership": membership.pk})
    return follow(system)


def follow(system: AISystem) -> Touched:
    """Ask what a system's requirements ask of who has to do with it now.

    In a transaction with the change of the system. Courses that this touches nobody for are left
    out.
    """
    required = Requirement.objects.filter(organisation=system.organisation_id)
    keys = set(required.filter(ai_system=system).values_list("course_key", flat=True))
    titles = titles_of(keys)
    touched = []
    for key in sorted(keys, key=lambda key: titles.get(key, "")):
        effect = effect_of(
            organisation=system.organisation,
            course_key=key,
            requirements=required.filter(course_key=key),
        )
        carry_out(system.organisation_id, key, effect)
        if effect.touched:
            touched.append((titles.get(key, ""), effect))
    return touched
