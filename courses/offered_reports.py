"""The evaluations of learning, for the catalogue and its switches."""

from __future__ import annotations

from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from hub.exports.reports import Report, ReportColumn, reports

from . import completion_matrix, ending_proofs, open_trainings, released_proofs
from .completion_list import PERMISSION, REPORT

#: Of lists: they are read from the learning records each time.
NOTHING_STORED = _(
    "Nothing is stored for it: it is made anew from the learning records each time. Each hand-over "
    "is kept in the log of hand-overs."
)


PERSON = ReportColumn(_("Person"), _("Last name and first name."))
DEPARTMENT = ReportColumn(_("Department"), _("Where the person works, or worked last."))
COURSE = ReportColumn(_("Course"), _("The title of the course."))


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
        PERSON,
        DEPARTMENT,
        COURSE,
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


@reports.register
class CompletionMatrixReport(Report):
    """All courses of a person at one glance, and who is not asked for what."""

    identifier = completion_matrix.REPORT
    label = _("Completion matrix")
    purpose = _("To see at one glance which mandatory courses each employee has completed.")
    required_permission = PERMISSION
    view_name = "completion_matrix"
    names_people = True
    retention = NOTHING_STORED
    columns = (
        ReportColumn(_("Person"), _("Last name and first name of all who work here today.")),
        ReportColumn(_("Department"), _("Where the person works.")),
        ReportColumn(
            _("A column for each course"),
            _(
                "The mandatory courses, on request all public ones: completed on, open until, "
                "overdue, expired, asked without an entry, or not asked. Whether an open course "
                "was begun is not told."
            ),
        ),
    )


@reports.register
class OpenTrainingsReport(Report):
    """Who has mandatory training open, and by when."""

    identifier = open_trainings.REPORT
    label = _("Open and overdue")
    purpose = _("To speak to employees whose mandatory training is still open, before it is late.")
    required_permission = PERMISSION
    view_name = "open_trainings"
    names_people = True
    retention = NOTHING_STORED
    columns = (
        ReportColumn(_("Person"), _("Last name and first name of who works here today.")),
        DEPARTMENT,
        ReportColumn(_("Course"), _("A course that the authority makes mandatory.")),
        ReportColumn(_("Due"), _("By when the authority asks for it.")),
        ReportColumn(
            _("Status"), _("Deadline passed or open. Whether the course was begun is not told.")
        ),
    )


@reports.register
class EndingProofsReport(Report):
    """Whose proof ends within 90 days, and whose refresher is due."""

    identifier = ending_proofs.REPORT
    label = _("Ending soon")
    purpose = _("To plan refreshers before proofs end.")
    required_permission = PERMISSION
    view_name = "ending_proofs"
    names_people = True
    retention = NOTHING_STORED
    columns = (
        ReportColumn(_("Person"), _("Last name and first name of who works here today.")),
        DEPARTMENT,
        COURSE,
        ReportColumn(_("Valid until"), _("Until when the proof holds, or held.")),
        ReportColumn(
            _("Status"),
            _(
                "Ends soon, with or without an open refresher; ended; or valid, and the authority "
                "asks for the refresher before. Whether the refresher was begun is not told."
            ),
        ),
        ReportColumn(_("Refresher due"), _("By when the authority asks for the refresher.")),
    )


@reports.register
class ReleasedProofsReport(Report):
    """What people show their authority of what they learnt at another one."""

    identifier = released_proofs.REPORT
    label = _("Released proofs")
    purpose = _(
        "So that nobody who comes from another authority of the district has to learn once more "
        "what is proved."
    )
    required_permission = PERMISSION
    view_name = "released_proofs"
    names_people = True
    retention = _(
        "Which proof is released to which authority is stored until the person takes it back. The "
        "list is made anew each time. Each hand-over is kept in the log of hand-overs."
    )
    columns = (
        ReportColumn(_("Person"), _("Last name and first name of who works here today.")),
        DEPARTMENT,
        ReportColumn(_("Course"), _("A course that was completed at another authority.")),
        ReportColumn(
            _("Status"),
            _("Valid or ended. Where, when and on which text it was learnt is not told."),
        ),
        ReportColumn(_("Valid until"), _("Until when the proof holds, or held.")),
    )


#: Of figures: who is counted with whom has to stay the same.
GROUPS_STORED = _(
    "Who is counted in which group is stored as long as the employment is; nobody can see it. The "
    "figures themselves are made anew each time, as of last Monday."
)
ENOUGH = format_lazy(
    _("Only those in which at least {smallest} people are counted together."),
    smallest=settings.SMALLEST_GROUP,
)
PERSONS = ReportColumn(
    _("People counted"),
    format_lazy(
        _(
            "How many people are counted, in fixed groups of at least {smallest}. Whoever has left "
            "is counted on with the group until more than half of it are gone."
        ),
        smallest=settings.SMALLEST_GROUP,
    ),
)
COMPLETED = ReportColumn(
    _("Completed"),
    _(
        "How many of them have a valid proof, as a number at least and at most; never nobody and "
        "never all."
    ),
)


@reports.register
class CoverageReport(Report):
    """How far departments and audiences have come with the courses that are mandatory."""

    identifier = "abdeckung"
    label = _("Coverage of requirements")
    purpose = _("To plan trainings: where mandatory courses are still open.")
    required_permission = "courses.view_figures"
    view_name = "coverage_report"
    names_people = False
    retention = GROUPS_STORED
    columns = (
        ReportColumn(_("Course"), _("A course that the authority makes mandatory.")),
        ReportColumn(_("Department or audience"), ENOUGH),
        PERSONS,
        COMPLETED,
    )


@reports.register
class LearningHoursReport(Report):
    """How much time the completed mandatory courses take."""

    identifier = "lernstunden"
    label = _("Hours of learning")
    purpose = _("To report how much the authority trains its employees.")
    required_permission = "courses.view_figures"
    view_name = "learning_hours_report"
    names_people = False
    retention = GROUPS_STORED
    columns = (
        ReportColumn(_("Department"), ENOUGH),
        PERSONS,
        ReportColumn(
            _("Hours"),
            _(
                "The planned duration of the mandatory courses they have completed, at least and "
                "at most. How long somebody took is not recorded."
            ),
        ),
    )


@reports.register
class DistrictReport(Report):
    """What the Kreis sees: one row for each authority and course."""

    identifier = "kreiszahlen"
    label = _("Figures of the authorities")
    purpose = _("To steer the common training: how far the authorities have come as a whole.")
    required_permission = "courses.view_district_figures"
    view_name = "district_report"
    names_people = False
    retention = GROUPS_STORED
    columns = (
        ReportColumn(_("Course"), _("A course that authorities make mandatory.")),
        ReportColumn(_("Authority"), _("Those that have switched this evaluation on.")),
        PERSONS,
        COMPLETED,
    )
