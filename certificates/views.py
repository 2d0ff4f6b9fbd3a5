"""The own certificates, and the public check page."""

from __future__ import annotations

import re
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from . import actions
from .models import Certificate
from .payload import Payload


def _own(request: HttpRequest, certificate: UUID) -> Certificate:
    """The certificate of the person who asks; anybody else's does not exist for her."""
    return get_object_or_404(
        Certificate.objects.select_related("replaced_by"),
        uuid=certificate,
        enrolment__user=request.user,
    )


@login_required
@require_GET
def certificate(request: HttpRequest, certificate: UUID) -> HttpResponse:
    """The certificate as a page: the same facts as the PDF, for every screen and reader."""
    own = _own(request, certificate)
    return render(
        request,
        "certificates/certificate.html",
        {"certificate": own, "payload": Payload.from_json(own.payload)},
    )


@login_required
@require_GET
def pdf(request: HttpRequest, certificate: UUID) -> HttpResponse:
    """The PDF, for the person herself only."""
    own = _own(request, certificate)
    try:
        content = actions.certificate_pdf(certificate=own)
    except actions.NoPDFError:
        # The page is the certificate, too, and says that there is no PDF.
        return redirect("certificates:certificate", own.uuid)
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{own.number}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


def normalised(code: str) -> str:
    """A code as people type it: blanks, no dashes, small letters, O for zero, I or L for one."""
    letters = re.sub(r"[^0-9A-Z]", "", code.upper())
    letters = letters.translate(str.maketrans("OIL", "011"))
    return "-".join(letters[n : n + 4] for n in range(0, len(letters), 4))


@require_GET
def check_form(request: HttpRequest) -> HttpResponse:
    """Ask for a check code."""
    if code := request.GET.get("code", "").strip():
        return redirect("certificates:check", code=normalised(code)[:40] or "-")
    return render(request, "certificates/check_form.html")


@require_GET
def check(request: HttpRequest, code: str) -> HttpResponse:
    """Say what a certificate is worth, without telling whose it is (R4)."""
    found = Certificate.objects.filter(code=normalised(code)).select_related("replaced_by").first()
    if found is None:
        return render(
            request,
            "certificates/check_form.html",
            {"code": code, "error": _("There is no certificate with this code.")},
            status=404,
        )
    response = render(
        request,
        "certificates/check.html",
        {
            "certificate": found,
            "payload": Payload.from_json(found.payload),
        },
    )
    response["X-Robots-Tag"] = "noindex"
    return response


@require_GET
def short_check(request: HttpRequest, code: str) -> HttpResponse:
    """The address in the QR code leads to the check page in the reader's language."""
    return redirect("certificates:check", code=code)
