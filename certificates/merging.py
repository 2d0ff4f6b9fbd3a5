"""What becomes of certificates when two accounts are one: they belong to their enrolments."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from courses.merging import enrolments_in
from hub.organisations.merging import Figure, Merger, Pair, Plan, mergers
from hub.organisations.models import AccountMerge, User

from .models import Certificate


@mergers.register
class CertificateMerger(Merger):
    """Nothing of a certificate changes: not what it says, nor its number or check page.

    Where the names differ, it can be issued anew afterwards with the name of the account that
    stays, as after any change of a name.
    """

    key = "certificates"
    stays = frozenset(
        {"certificates.CertificateTemplate.locked_by", "certificates.IssueRun.started_by"}
    )

    def plan(self, pair: Pair, plan: Plan) -> None:
        seen = pair.seen("certificates.view_certificate")
        if not seen:
            return
        theirs = Certificate.objects.filter(enrolment__membership__organisation__in=seen)

        def count(user: User) -> int:
            return theirs.filter(enrolment__user=user, replaced_by__isnull=True).count()

        plan.figures.append(Figure(_("Certificates"), count(pair.kept), count(pair.gone)))
        names = theirs.filter(enrolment__user=pair.gone, replaced_by__isnull=True)
        if any(
            name != str(pair.kept) for name in names.values_list("payload__person_name", flat=True)
        ):
            plan.notes.append(
                _(
                    "Certificates that came over show another name. They stay valid as they are; "
                    "they can be issued anew with the present name afterwards."
                )
            )

    def against_undo(self, merge: AccountMerge) -> Iterator[str]:
        issued = Certificate.objects.filter(
            enrolment__in=enrolments_in(merge), issued_at__gte=merge.merged_at
        )
        if issued.exists():
            yield _("Since then a certificate was issued for a course that came over.")
