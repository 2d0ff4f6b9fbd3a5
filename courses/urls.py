"""Addresses of learning that are no pages, below the language prefix."""

from django.urls import path

from .views import (
    activity,
    course,
    files,
    my_learning,
    own_records,
    quiz,
    releases,
    reminders,
    reporting,
    trial,
    version,
)

app_name = "courses"
urlpatterns = [
    path("mein-lernen/", my_learning.my_learning, name="my_learning"),
    path("lernen/kurs/<uuid:course_key>/anmelden/", course.enrol, name="enrol"),
    path(
        "lernen/aktivitaet/<uuid:activity_key>/gelernt/",
        activity.mark_as_learnt,
        name="mark_as_learnt",
    ),
    path("lernen/quiz/<uuid:activity_key>/beginnen/", quiz.start, name="start_attempt"),
    path("lernen/versuch/<uuid:attempt>/", quiz.take, name="attempt"),
    path("lernen/versuch/<uuid:attempt>/antwort/<uuid:question_id>/", quiz.answer, name="answer"),
    path(
        "lernen/versuch/<uuid:attempt>/melden/<uuid:question_id>/",
        reporting.report,
        name="report_question",
    ),
    path("lernen/versuch/<uuid:attempt>/ergebnis/", quiz.result, name="result"),
    path("lernen/probelauf/<int:page>/beginnen/", trial.begin, name="begin_trial"),
    path("lernen/probelauf/<int:page>/", trial.take, name="trial"),
    path("lernen/probelauf/<int:page>/ergebnis/", trial.result, name="trial_result"),
    path("mein-lernen/einstellungen/", my_learning.own_settings, name="own_settings"),
    path("mein-lernen/erinnerungen/", reminders.own_reminders, name="own_reminders"),
    path("erinnerungen/abbestellen/<str:token>/", reminders.unsubscribe, name="unsubscribe"),
    path("mein-lernen/nachweise/", own_records.own_records, name="own_records"),
    path(
        "mein-lernen/nachweise/<uuid:record>/zuruecknehmen/",
        own_records.withdraw,
        name="withdraw_record",
    ),
    path(
        "mein-lernen/nachweise/<uuid:record>/dokument/",
        own_records.document,
        name="record_document",
    ),
    path("mein-lernen/freigaben/", releases.releases, name="releases"),
    path(
        "lernen/korrektur/<uuid:notice>/gelesen/",
        my_learning.correction_read,
        name="correction_read",
    ),
    path(
        "lernen/zusammenfuehrung/<uuid:merge>/gelesen/",
        my_learning.merge_read,
        name="merge_read",
    ),
    path("lernen/dateien/<str:sha256>/", files.frozen_file, name="frozen_file"),
    path("lernen/abschluss/<uuid:enrolment>/", my_learning.finished, name="finished"),
    path("fassungen/<uuid:version>/", version.version, name="version"),
]
