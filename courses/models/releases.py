"""Freigaben: what people show their authority of what they learnt elsewhere in the district."""

from __future__ import annotations

import uuid
from datetime import date

from django.db import models
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.withdrawals import is_withdrawn
from hub.organisations.models import Membership

from .enrolments import Enrolment


class ProofReleaseQuerySet(models.QuerySet["ProofRelease"]):
    def standing(self, on: date | None = None) -> ProofReleaseQuerySet:
        """Releases to an employment that holds on a day, today if none is given.

        What was completed again since tells nothing any more: the newer proof has a row of its own,
        or waits to be released. Nor does what is void: it looks like what was taken back.
        """
        later = Enrolment.objects.completed().filter(
            user=OuterRef("enrolment__user"),
            course_key=OuterRef("enrolment__course_key"),
            cycle__gt=OuterRef("enrolment__cycle"),
        )
        return self.filter(
            ~Exists(later),
            ~is_withdrawn("enrolment"),
            # A merge of accounts that was undone gives the proof back.
            enrolment__user=F("membership__user"),
            membership__in=Membership.objects.active(on),
        )


class ProofRelease(models.Model):
    """A person lets the authority of an employment know of a proof from another authority.

    It tells the course, whether the proof is valid, and until when: neither where nor when it was
    learnt. The person makes it and takes it back whenever she likes; then the row goes, and the log
    keeps both.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    enrolment = models.ForeignKey(
        Enrolment, on_delete=models.CASCADE, related_name="releases", verbose_name=_("enrolment")
    )
    #: To whose authority it is shown.
    membership = models.ForeignKey(
        Membership,
        on_delete=models.CASCADE,
        related_name="proof_releases",
        verbose_name=_("membership"),
    )
    released_on = models.DateField(_("released on"), default=timezone.localdate)

    objects = ProofReleaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("released proof")
        verbose_name_plural = _("released proofs")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "membership"], name="courses_release_once")
        ]

    def __str__(self) -> str:
        return str(self.uuid)
