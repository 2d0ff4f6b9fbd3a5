"""The public check page (R4)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from certificates.models import Certificate
from certificates.payload import Payload
from certificates.sample import unknown_certificate
from hub import codes
from hub.rate_limits import RateLimit, place_of

#: A code as it is stored, in characters.
LONGEST_CODE = 40
#: So many checks a minute from one place: wide enough for a desk that checks a pile of papers, and
#: for a town hall behind one address. Codes hold 80 random bits.
CHECKS = RateLimit("certificates.check", limit=60, window=60)


def normalised(code: str) -> str:
    """A code as people type it, as it is stored."""
    return codes.normalised(code)[:LONGEST_CODE]


@require_GET
def check_form(request: HttpRequest) -> HttpResponse:
    """Ask for a check code."""
    if code := request.GET.get("code", "").strip():
        return redirect("certificates:check", code=normalised(code) or "-")
    return render(request, "certificates/check_form.html")


@require_GET
def check(request: HttpRequest, code: str) -> HttpResponse:
    """Say what a certificate is worth, without telling whose it is (R4).

    A code that nobody has takes the same steps as one that somebody has, with a stand-in, and both
    answers are written whichever is given: how long it takes tells nothing. By GET, so that a QR
    code and a link lead here.
    """
    if not CHECKS.allows(place_of(request)):
        return _too_many(request)
    found = Certificate.objects.filter(code=normalised(code)).select_related("replaced_by").first()
    answer = _answer(request, found or unknown_certificate())
    unknown = _unknown(request, code)
    response = HttpResponse(answer if found else unknown, status=200 if found else 404)
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "no-store"
    return response


def _answer(request: HttpRequest, certificate: Certificate) -> str:
    return render_to_string(
        "certificates/check.html",
        {"certificate": certificate, "payload": Payload.from_json(certificate.payload)},
        request,
    )


def _unknown(request: HttpRequest, code: str) -> str:
    error = _("There is no certificate with this code.")
    context = {"code": code[:LONGEST_CODE], "error": error}
    return render_to_string("certificates/check_form.html", context, request)


def _too_many(request: HttpRequest) -> HttpResponse:
    """Somebody tries codes, or many people share one address: wait a little."""
    response = render(
        request, "certificates/check_later.html", {"seconds": CHECKS.window}, status=429
    )
    response["Retry-After"] = str(CHECKS.window)
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "no-store"
    return response


@require_GET
def short_check(request: HttpRequest, code: str) -> HttpResponse:
    """The address in the QR code leads to the check page in the reader's language."""
    return redirect("certificates:check", code=normalised(code) or "-")
