"""The evaluation of certificates, for the catalogue and its switches."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from hub.exports.reports import Report, ReportColumn, reports

from .issued_list import PERMISSION, REPORT


@reports.register
class IssuedCertificatesReport(Report):
    """Which certificates were issued, to whom, for what, in which state."""

    identifier = REPORT
    label = _("Issued certificates")
    purpose = _("To tell which certificates were issued in a period, and which of them still hold.")
    required_permission = PERMISSION
    view_name = "issued_certificates"
    names_people = True
    retention = _(
        "Nothing is stored for it: it is made anew from the certificates each time. Each hand-over "
        "is kept in the log of hand-overs."
    )
    columns = (
        ReportColumn(_("Number"), _("The number on the certificate. The check code is not told.")),
        ReportColumn(_("Person"), _("Last name and first name; of who has left those of then.")),
        ReportColumn(_("Department"), _("Where the person works, or worked last.")),
        ReportColumn(_("Kind"), _("Certificate, or certificate of attendance.")),
        ReportColumn(_("Course"), _("The title that stands on the certificate.")),
        ReportColumn(_("Issued on"), _("The day, without the time.")),
        ReportColumn(_("Valid until"), _("Until when it holds; empty where it has no end.")),
        ReportColumn(_("Status"), _("Valid, replaced, expired or revoked; not why.")),
        ReportColumn(_("Replaced by"), _("The number of the certificate that took its place.")),
    )
