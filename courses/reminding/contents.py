"""What a mail says, worked out when it is sent: nothing of what was done meanwhile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from courses import cycles
from courses.actions.enrolling import required_enrolments
from courses.enums import RequirementKind
from courses.models import CoursePage, Enrolment, ReminderDigest, ReminderSettings, Requirement
from courses.reminders import ReminderKind, ends_on, open_for
from hub.finding import slim
from hub.i18n import default_locale_id, languages
from hub.mails.addresses import absolute
from hub.mails.languages import administration_languages
from hub.organisations.models import Membership, Organisation, User


@dataclass(frozen=True)
class Matter:
    """One course that a mail speaks of."""

    enrolment: UUID
    title: str
    url: str
    kind: ReminderKind
    ends_on: date
    #: Of ``RequirementKind``; empty for what nobody asks for.
    asked: str
    #: The name of who asks, and why in its own words; may be empty.
    authority: str
    reason: str
    today: date

    @property
    def is_mandatory(self) -> bool:
        return self.asked == RequirementKind.MANDATORY

    @property
    def is_deadline(self) -> bool:
        return self.kind == ReminderKind.DEADLINE

    @property
    def by_when(self) -> str:
        """Until when it is to be done, or until when the proof holds, in a sentence."""
        is_past = self.ends_on < self.today
        if self.is_deadline:
            sentence = (
                _("Deadline: %(day)s. You can still complete it.")
                if is_past
                else _("Deadline: %(day)s.")
            )
        elif self.kind == ReminderKind.REFRESHER:
            sentence = (
                _("Your authority asked you to refresh it by %(day)s. You can still do so.")
                if is_past
                else _("Your authority asks you to refresh it by %(day)s.")
            )
            sentence += " " + _("Your certificate keeps its own validity.")
        else:
            sentence = (
                _("Your certificate was valid until %(day)s. You can refresh it.")
                if is_past
                else _("Your certificate is valid until %(day)s. You can refresh it before.")
            )
        return sentence % {"day": date_format(self.ends_on, "SHORT_DATE_FORMAT")}

    @property
    def why(self) -> str:
        """Who asks for it and why, in sentences."""
        if not self.asked:
            return _("Voluntary: nobody asks you for it.")
        sentence = (
            _("Mandatory: %(authority)s asks you for it.")
            if self.is_mandatory
            else _("Recommended by %(authority)s.")
        ) % {"authority": self.authority}
        if self.reason:
            sentence += " " + _("Reason: %(reason)s") % {"reason": self.reason}
        return sentence


@dataclass(frozen=True)
class Letter:
    """A mail to one person, before it is put into words."""

    digest: ReminderDigest
    user: User
    organisation: Organisation
    language: str
    #: What ends first comes first.
    matters: Sequence[Matter]

    @property
    def can_be_stopped(self) -> bool:
        """Whether there is something in it that the person need not be reminded of."""
        return not all(matter.is_mandatory for matter in self.matters)


@dataclass(frozen=True)
class Catalogue:
    """The courses that remind people, read once for a run."""

    courses: Mapping[UUID, CoursePage]
    #: Title and address by course and language.
    shown: Mapping[tuple[UUID, str], tuple[str, str]]

    @classmethod
    def read(cls) -> Catalogue:
        """Two queries, and Wagtail's own for the addresses of the site."""
        reminding = {
            course.course_key: course
            for course in slim(CoursePage.objects.live(), "reminder_days").filter(
                locale=default_locale_id()
            )
            if course.reminders
        }
        shown = {}
        for page in slim(CoursePage.objects.live()).filter(translation_key__in=reminding):
            # Without a site there is no address; then the desk of the person is one.
            address = page.get_url_parts()
            if address is not None and address[2]:
                language = languages()[page.locale_id]
                shown[page.course_key, language] = (page.title, absolute(address[2]))
        return cls(reminding, shown)

    def in_language(self, course_key: UUID, language: str) -> tuple[str, str] | None:
        """Title and address of a course, in German where there is no other."""
        return self.shown.get((course_key, language)) or self.shown.get(
            (course_key, settings.LANGUAGE_CODE)
        )


def letters(
    digests: Sequence[ReminderDigest], catalogue: Catalogue, today: date
) -> dict[int, Letter]:
    """The mails of a batch by the primary key of their digest; none for what is needless by now.

    The number of queries does not depend on how many there are.
    """
    employed = {
        membership.user_id: membership
        for membership in Membership.objects.active(today)
        .filter(
            user__in=[digest.user_id for digest in digests],
            user__is_active=True,
            organisation__is_active=True,
        )
        .select_related("user", "organisation")
        .order_by("starts_on", "pk")
    }
    own = {chosen.user_id: chosen for chosen in ReminderSettings.objects.filter(user__in=employed)}
    speaks = _languages(employed, own)
    still_open = _still_open(digests, catalogue, today)
    asked = {
        (wanted.user_id, wanted.course_key): wanted.kind
        for wanted in required_enrolments(list(employed.values()))
    }
    reasons = _reasons(employed.values())
    found = {}
    for digest in digests:
        membership = employed.get(digest.user_id)
        if membership is None:
            continue
        language = speaks[digest.user_id]
        organisation = membership.organisation
        matters, is_still_due = [], False
        for enrolment in still_open[digest.user_id]:
            shown = catalogue.in_language(enrolment.course_key, language)
            if shown is None:
                continue
            is_deadline = enrolment.completed_at is None
            day = ends_on(enrolment)
            if day is None:
                continue
            kind = asked.get((digest.user_id, enrolment.course_key), "")
            matter = Matter(
                enrolment=enrolment.uuid,
                title=shown[0],
                url=shown[1],
                kind=ReminderKind.of(enrolment),
                ends_on=day,
                asked=enrolment.kind if is_deadline else kind,
                authority=organisation.name,
                reason=reasons.get((organisation.pk, enrolment.course_key, kind), ""),
                today=today,
            )
            chosen = own.get(digest.user_id)
            if chosen and chosen.only_mandatory and not matter.is_mandatory:
                continue
            matters.append(matter)
            days = catalogue.courses[enrolment.course_key].reminders
            is_still_due = is_still_due or _is_due(matter, digest, days)
        if is_still_due:
            matters.sort(key=lambda matter: (matter.ends_on, not matter.is_mandatory, matter.title))
            found[digest.pk] = Letter(digest, membership.user, organisation, language, matters)
    return found


def _is_due(matter: Matter, digest: ReminderDigest, days: Iterable[int]) -> bool:
    """Whether the mail is for this; what else is open is listed, but sends none by itself."""
    spans = cycles.reminded_spans(days, after=digest.since, until=digest.until)
    return any(first <= matter.ends_on <= last for first, last, _before in spans)


def _still_open(
    digests: Sequence[ReminderDigest], catalogue: Catalogue, today: date
) -> dict[int, list[Enrolment]]:
    """What is open of each person; one query. Of one that waited long also what ended meanwhile."""
    found: dict[int, list[Enrolment]] = defaultdict(list)
    since = {digest.user_id: digest.since for digest in digests}
    rows = open_for(list(since), list(catalogue.courses.values()), today, since=min(since.values()))
    for enrolment in rows:
        day = ends_on(enrolment)
        is_open = enrolment.completed_at is None
        if is_open or (day is not None and day >= since[enrolment.user_id]):
            found[enrolment.user_id].append(enrolment)
    return found


def language_of(own: ReminderSettings) -> str:
    """In which language a person gets her mails; one query at most."""
    return _languages([own.user_id], {own.user_id: own})[own.user_id]


def languages_of(users: Collection[int]) -> dict[int, str]:
    """In which language each person reads, German where nothing is known; two queries."""
    own = ReminderSettings.objects.filter(user__in=users).exclude(language="")
    return _languages(users, {row.user_id: row for row in own})


def _languages(users: Collection[int], own: Mapping[int, ReminderSettings]) -> dict[int, str]:
    """In which language each person reads: as she chose for mails, else for the administration."""
    offered = dict(settings.LANGUAGES)
    chosen = {user: own[user].language for user in users if user in own}
    return {
        user: chosen[user] if chosen.get(user) in offered else language
        for user, language in administration_languages(users).items()
    }


def _reasons(memberships: Iterable[Membership]) -> dict[tuple[int, UUID, str], str]:
    """The reason of a requirement, where the authority has only one of a kind for the course.

    Of several the one that counts for a person may be another for her colleague.
    """
    found: dict[tuple[int, UUID, str], list[str]] = defaultdict(list)
    for organisation, course_key, kind, reason in Requirement.objects.filter(
        organisation__in={membership.organisation_id for membership in memberships}
    ).values_list("organisation_id", "course_key", "kind", "reason"):
        found[organisation, course_key, kind].append(" ".join(reason.split()))
    return {key: reasons[0] for key, reasons in found.items() if len(reasons) == 1}
