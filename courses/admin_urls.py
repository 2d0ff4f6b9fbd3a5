"""Addresses of courses, and of what was learnt, in the Wagtail admin."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, URLResolver, include, path

from .reports import CompletionReportView
from .views import package
from .views.attendance import AttendanceTemplateView, AttendanceView
from .views.catalogue import explore
from .views.corrections import CorrectionsView, DecideView
from .views.evidence_pack import EvidencePackView, MadePackView, fetch_pack
from .views.external_learning import (
    PeopleView,
    RecordForPeopleView,
    RecordListView,
    RecordView,
)
from .views.figures import CoverageView, DistrictView, LearningHoursView
from .views.marking import MarkingListView, MarkResponseView
from .views.overriding import OverrideView
from .views.people_lists import (
    CompletionMatrixView,
    EndingProofsView,
    OpenTrainingsView,
    ReleasedProofsView,
)
from .views.question_reports import ReportListView, ReportView
from .views.reason import CompletionReasonView
from .views.requirements import PlanView
from .views.sent_reminders import SentRemindersView
from .views.statistics import BankStatisticsView, QuizStatisticsView
from .views.versions import VersionsView


def listing(view: Any, name: str) -> list[URLPattern]:
    """A list, and its rows alone, which Wagtail fetches while somebody filters."""
    return [
        path("", view.as_view(), name=name),
        path("ergebnisse/", view.as_view(results_only=True), name=f"{name}_results"),
    ]


course_packages = [
    path("<int:pk>/", package.download, name="download_course_package"),
    path("<int:pk>/einlesen/", package.PackageImportView.as_view(), name="import_course_package"),
]
free_texts = [
    path("", MarkingListView.as_view(), name="marking_list"),
    path("<int:pk>/", MarkResponseView.as_view(), name="mark_response"),
]
question_reports = [
    *listing(ReportListView, "question_reports"),
    path("<uuid:report>/", ReportView.as_view(), name="question_report"),
]
corrections = [
    path("<uuid:unit_key>/", CorrectionsView.as_view(), name="courses_corrections"),
    path("entscheiden/<uuid:correction>/", DecideView.as_view(), name="courses_correction"),
]
statistics = [
    path("quiz/<uuid:quiz_key>/", QuizStatisticsView.as_view(), name="courses_quiz_statistics"),
    path(
        "frage/<uuid:question_key>/", BankStatisticsView.as_view(), name="courses_bank_statistics"
    ),
]
further_records = [
    *listing(RecordListView, "external_learning"),
    path("personen/", PeopleView.as_view(), name="external_people"),
    path("erfassen/", RecordForPeopleView.as_view(), name="external_record_for"),
    path("teilnahmeliste/", AttendanceView.as_view(), name="external_attendance"),
    path(
        "teilnahmeliste/vorlage/",
        AttendanceTemplateView.as_view(),
        name="external_attendance_template",
    ),
    path("<uuid:record>/", RecordView.as_view(), name="external_record"),
    path("von-hand/<int:membership>/", OverrideView.as_view(), name="override_completion"),
]
evidence_packs = [
    path("", EvidencePackView.as_view(), name="courses_evidence_pack"),
    path("<uuid:run>/", MadePackView.as_view(), name="courses_made_evidence_pack"),
    path("<uuid:run>/datei/", fetch_pack, name="courses_evidence_pack_file"),
]
completions = [
    *listing(CompletionReportView, "completion_list"),
    path("<uuid:enrolment>/", CompletionReasonView.as_view(), name="completion_reason"),
]
figures = [
    path("abdeckung/", CoverageView.as_view(), name="coverage_report"),
    path("lernstunden/", LearningHoursView.as_view(), name="learning_hours_report"),
    path("behoerden/", DistrictView.as_view(), name="district_report"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("kurse/", explore, name="courses_explorer"),
    path("kurspaket/", include(course_packages)),
    path("fassungen/<uuid:unit_key>/", VersionsView.as_view(), name="courses_versions"),
    path("freitexte/", include(free_texts)),
    path("gemeldete-fragen/", include(question_reports)),
    path("korrekturen/", include(corrections)),
    path("fragenstatistik/", include(statistics)),
    path("nachweise/", include(further_records)),
    path("nachweispaket/", include(evidence_packs)),
    path("abschlussliste/", include(completions)),
    path("auswertungen/", include(figures)),
    path("abschlussmatrix/", include(listing(CompletionMatrixView, "completion_matrix"))),
    path("offen-und-ueberfaellig/", include(listing(OpenTrainingsView, "open_trainings"))),
    path("laeuft-bald-ab/", include(listing(EndingProofsView, "ending_proofs"))),
    path("freigegebene-nachweise/", include(listing(ReleasedProofsView, "released_proofs"))),
    path("vorgeschlagener-plan/", PlanView.as_view(), name="proposed_plan"),
    path("erinnerungen/", SentRemindersView.as_view(), name="sent_reminders"),
]
