"""How a completion came about where the person did not learn it in the hub."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from .enums import NOT_LEARNT_HERE, CompletionSource
from .models import Completion, Enrolment


@dataclass(frozen=True)
class EvidenceMark:
    """What a person reads of an activity that was credited or set by hand."""

    #: "credited" or "set by hand", beside the activity.
    short: str
    #: The record that was credited, or who set it, when and why.
    full: str


@dataclass(frozen=True)
class EvidenceMarks:
    """The marks of one enrolment, by activity."""

    by_activity: dict[UUID, EvidenceMark]

    @property
    def sentences(self) -> Sequence[str]:
        """What is to be said of the course as a whole, each once."""
        return list(dict.fromkeys(mark.full for mark in self.by_activity.values()))


def marks_of(enrolment: Enrolment | None) -> EvidenceMarks:
    """The marks of an enrolment; one query, none without an enrolment."""
    if enrolment is None:
        return EvidenceMarks({})
    completions = (
        Completion.objects.filter(enrolment=enrolment, source__in=NOT_LEARNT_HERE)
        .select_related(
            "actor",
            "enrolment__credited_learning__membership",
            "enrolment__credited_learning__decided_by",
        )
        .order_by("completed_at", "pk")
    )
    return EvidenceMarks({completion.activity_key: _mark(completion) for completion in completions})


def _mark(completion: Completion) -> EvidenceMark:
    if completion.source == CompletionSource.EXTERNAL:
        return EvidenceMark(_("credited"), _credited(completion))
    return EvidenceMark(
        _("set by hand"),
        _("Set by hand by %(person)s on %(day)s. Reason: %(reason)s")
        % {
            "person": completion.actor or "–",
            "day": date_format(localtime(completion.completed_at), "SHORT_DATE_FORMAT"),
            "reason": completion.reason,
        },
    )


def _credited(completion: Completion) -> str:
    record = getattr(completion.enrolment, "credited_learning", None)
    # The reason holds the same words in German, should the record ever be gone.
    text = _("Credited: %(record)s") % {
        "record": record.in_words if record is not None else completion.reason
    }
    if record is None or record.is_accepted:
        return text
    return (
        text
        + " "
        + _("The record was taken back later. Reason: %(reason)s") % {"reason": record.reason}
    )
