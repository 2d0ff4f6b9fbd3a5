"""The evaluations of learning, for the catalogue and its switches."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from hub.exports.reports import Report, ReportColumn, reports

from .completion_list import PERMISSION, REPORT

#: Of lists: they are read from the learning records each time.
NOTHING_STORED = _(
    "Nothing is stored for it: it is made anew from the learning records each time. Each hand-over "
    "is kept in the log of hand-overs."
)


@reports.register
class CompletionListReport(Report):
    """Who completed what, when, on which version, until when."""

    identifier = REPORT
    label = _("Completion list")
    purpose = _(
        "To prove that the employees have the AI literacy that is asked (Art. 4 of the AI Act)."
    )
    required_permission = PERMISSION
    view_name = "completion_list"
    names_people = True
    is_on_by_default = True
    retention = NOTHING_STORED
    columns = (
        ReportColumn(_("Person"), _("Last name and first name.")),
        ReportColumn(_("Department"), _("Where the person works, or worked last.")),
        ReportColumn(_("Course"), _("The title of the course.")),
        ReportColumn(_("Content version"), _("Which published text of the course was completed.")),
        ReportColumn(
            _("Status"),
            _(
                "Open, deadline passed, completed, refresher open or due, superseded. Whether an "
                "open course was begun is not told."
            ),
        ),
        ReportColumn(_("Completed on"), _("The day, without the time.")),
        ReportColumn(_("Valid until"), _("Until when the proof holds.")),
        ReportColumn(_("Due"), _("By when the authority asks for it.")),
        ReportColumn(
            _("Kind of evidence"),
            _("Whether it was learnt in the hub, credited, or set by hand."),
        ),
    )
