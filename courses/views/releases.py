"""Freigaben: a person decides which proofs from another authority her own one may know of."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from courses.actions import release_proofs
from courses.course_titles import titles_of
from courses.models import ProofRelease
from courses.permissions import learner_membership
from courses.released_proofs import REPORT, to_release
from hub.exports.reports import all_switches, is_on


@login_required
def releases(request: HttpRequest) -> HttpResponse:
    """The proofs that can be released, each with a box; what is ticked is released.

    Where the authority does not keep this list nothing can be released, only taken back.
    """
    membership = learner_membership(request)
    is_kept = is_on(membership.organisation, REPORT, all_switches())
    proofs = list(to_release(membership))
    released = set(
        ProofRelease.objects.filter(membership=membership).values_list("enrolment", flat=True)
    )
    if request.method == "POST":
        wanted = {row.uuid for row in proofs if str(row.uuid) in request.POST.getlist("proof")}
        if not is_kept:
            wanted &= {row.uuid for row in proofs if row.pk in released}
        release_proofs(membership=membership, enrolments=wanted)
        messages.success(request, _told(len(wanted), membership.organisation.name))
        return redirect("courses:releases")
    titles = titles_of({row.course_key for row in proofs})
    return render(
        request,
        "courses/releases.html",
        {
            "organisation": membership.organisation,
            "is_kept": is_kept,
            "proofs": [
                {
                    "enrolment": row,
                    "title": titles.get(row.course_key, _("Course")),
                    "is_released": row.pk in released,
                    "has_ended": row.has_expired(on=localdate()),
                }
                for row in proofs
                if is_kept or row.pk in released
            ],
        },
    )


def _told(count: int, authority: str) -> str:
    if not count:
        return _("Nothing is released to %(authority)s.") % {"authority": authority}
    return _(
        "Saved. %(authority)s sees what is ticked, and nothing else of what you learnt before."
    ) % {"authority": authority}
