"""Mails that remind: what they say, that each person gets one a day, and that none is lost."""

from contextlib import contextmanager
from datetime import date, timedelta
from io import StringIO
from smtplib import (
    SMTPDataError,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)
from unittest import mock

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client, TransactionTestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar
from wagtail.users.models import UserProfile

from courses import actions
from courses.checks import reminders_can_be_sent
from courses.enums import DigestState, RequirementKind
from courses.management.commands.send_reminders import STUCK
from courses.models import (
    CoursePage,
    Enrolment,
    ReminderDigest,
    ReminderRun,
    ReminderSettings,
    Requirement,
)
from courses.reminding import remind, sending
from courses.reminding.run import LIFETIME
from hub.mails.refusals import MailProblem, distance, problem_of
from hub.organisations.models import Membership, User
from tests.cases import LearningHubTestCase, new_course, new_module, publish
from tests.courses.test_concurrency import at_once
from tests.factories.organisations import grant
from tests.mail_server import free_port, mail_server, smtp_settings


@contextmanager
def days_later(days, *, hours=0):
    """The clock of the hub shows a later time."""
    later = timezone.now() + timedelta(days=days, hours=hours)
    with mock.patch("django.utils.timezone.now", return_value=later):
        yield timezone.localdate()


class RemindingTestCase(LearningHubTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        for user in (cls.anna, cls.otto, cls.hilde, cls.bernd):
            user.email = f"{user.username}@rathaus.example"
            user.save()

    def setUp(self):
        self.today = timezone.localdate()
        server = mail_server()
        self.server = server.__enter__()
        self.addCleanup(server.__exit__, None, None, None)

    def open_until(self, user, days=30, *, kind=RequirementKind.MANDATORY, course=None):
        """An open enrolment with a deadline in so many days."""
        membership = Membership.objects.get(user=user)
        enrolment = actions.enrol(membership=membership, course=course or self.course)
        enrolment.due_on = self.today + timedelta(days=days)
        enrolment.kind = kind
        enrolment.save()
        return enrolment

    def certified(self, user, *, ends_in=30):
        enrolment = actions.enrol(membership=self.membership(user), course=self.course)
        for page in (*self.modules, self.quiz):
            actions.complete_activity(enrolment=enrolment, page=page)
        enrolment.expires_on = self.today + timedelta(days=ends_in)
        enrolment.completed_at = timezone.now() - timedelta(days=600)
        enrolment.save()
        return enrolment

    def another_course(self, title="KI im Bürgerbüro", **fields):
        return publish(self.catalogue, new_course(title, **fields), new_module("Anfang"))

    def digest(self, user=None) -> ReminderDigest:
        return ReminderDigest.objects.filter(user=user or self.anna).latest("pk")

    def only_mail(self):
        assert len(self.server.mails) == 1
        return self.server.mails[0]

    def text(self, sent=None):
        return (sent or self.only_mail()).get_body(("plain",)).get_content()

    def html(self, sent=None):
        return (sent or self.only_mail()).get_body(("html",)).get_content()

    def calendar(self, sent=None):
        (part,) = (sent or self.only_mail()).iter_attachments()
        return part, Calendar.from_ical(part.get_content())


class MailTests(RemindingTestCase):
    def test_both_texts_name_course_day_reason_and_whom_to_ask(self):
        self.open_until(self.anna)
        Requirement.objects.create(
            organisation=self.coesfeld, course_key=self.course.course_key, reason="Art. 4 KI-VO."
        )
        remind()
        sent = self.only_mail()
        day = (self.today + timedelta(days=30)).strftime("%d.%m.%Y")
        assert sent["Subject"] == "Erinnerung: KI-Grundlagen"
        assert sent["To"] == "anna@rathaus.example"
        for body in (self.text(), self.html()):
            for words in (
                "Guten Tag Anna Terhorst,",
                "KI-Grundlagen",
                f"Frist: {day}.",
                "Pflicht: Stadt Coesfeld",
                "Grund: Art. 4 KI-VO.",
                "Personalabteilung, Stadt Coesfeld",
                "https://lernen.example.org/de/kurse/grundlagen/",
                "https://lernen.example.org/de/mein-lernen/erinnerungen/",
            ):
                assert words in body, words
        assert "\n\n\n" not in self.text()
        # Nothing is fetched from anywhere, so nobody learns that it was read.
        assert not any(word in self.html() for word in ("<img", "src=", "<link", "<script", "url("))

    def test_headers(self):
        self.open_until(self.anna, kind=RequirementKind.RECOMMENDED)
        remind()
        sent = self.only_mail()
        assert sent["From"] == "KI-Hub <ki-hub@example.org>"
        assert sent["Reply-To"] == "personal@example.org"
        assert sent["Auto-Submitted"] == "auto-generated"
        assert sent["Message-ID"] == f"<{self.digest().uuid.hex}@lernen.example.org>"
        assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        stop = sent["List-Unsubscribe"].strip()  # folded, for it is long
        assert stop.startswith("<https://lernen.example.org/de/erinnerungen/")
        assert stop.strip("<>") in self.text()

    def test_what_is_mandatory_cannot_be_stopped(self):
        self.open_until(self.anna)
        remind()
        assert self.only_mail()["List-Unsubscribe"] is None
        assert "abbestellen" not in self.text() + self.html()
        assert "lassen sich die Erinnerungen daran nicht abschalten" in self.text()

    def test_a_special_character_in_a_title_stays_itself(self):
        course = self.another_course("Recht & Ordnung <KI>")
        self.open_until(self.anna, course=course)
        remind()
        assert "Recht & Ordnung <KI>" in self.text()
        assert "Recht &amp; Ordnung &lt;KI&gt;" in self.html()

    def test_the_calendar_has_a_day_for_each_deadline(self):
        enrolment = self.open_until(self.anna)
        remind()
        part, calendar = self.calendar()
        assert part.get_content_type() == "text/calendar"
        assert part["Content-Type"].params["method"] == "PUBLISH"
        assert part.get_filename() == "fristen.ics"
        assert calendar["METHOD"] == "PUBLISH"
        assert calendar["VERSION"] == "2.0"
        (event,) = calendar.walk("VEVENT")
        day = self.today + timedelta(days=30)
        assert (event.start, event.end) == (day, day + timedelta(days=1))
        assert type(event.start) is date
        assert event["SUMMARY"] == "Frist: KI-Grundlagen"
        assert event["UID"] == f"{enrolment.uuid}-deadline@lernen.example.org"
        assert event["ORGANIZER"] == "mailto:ki-hub@example.org"
        assert event["TRANSP"] == "TRANSPARENT"
        assert not event.subcomponents and not calendar.errors

    def test_a_changed_deadline_updates_the_entry(self):
        enrolment = self.open_until(self.anna)
        remind()
        enrolment.due_on += timedelta(days=3)
        enrolment.save()
        with days_later(3):
            remind()
        (before,), (after,) = (self.calendar(sent)[1].walk("VEVENT") for sent in self.server.mails)
        assert before["UID"] == after["UID"]
        assert after["SEQUENCE"] > before["SEQUENCE"]
        assert after.DTSTAMP > before.DTSTAMP
        assert after.start == before.start + timedelta(days=3)

    def test_the_end_of_a_certificate(self):
        self.certified(self.anna)
        remind()
        assert "Ihr Nachweis gilt bis" in self.text()
        assert "Freiwillig" in self.text()
        (event,) = self.calendar()[1].walk("VEVENT")
        assert event["SUMMARY"] == "Gilt bis heute: KI-Grundlagen"

    def test_a_certificate_is_mandatory_while_the_authority_asks_for_it(self):
        self.certified(self.anna)
        Requirement.objects.create(organisation=self.coesfeld, course_key=self.course.course_key)
        remind()
        assert "Pflicht: Stadt Coesfeld" in self.text()
        assert self.only_mail()["List-Unsubscribe"] is None

    def test_a_refresher_that_is_asked_for_before_the_certificate_ends(self):
        enrolment = self.certified(self.anna, ends_in=300)
        enrolment.refresh_on = self.today + timedelta(days=30)
        enrolment.save()
        Requirement.objects.create(organisation=self.coesfeld, course_key=self.course.course_key)
        remind()
        day = enrolment.refresh_on.strftime("%d.%m.%Y")
        for body in (self.text(), self.html()):
            assert f"Ihre Behörde bittet Sie, den Kurs bis {day} aufzufrischen." in body
            assert "Ihr Nachweis behält seine eigene Gültigkeit." in body
            assert enrolment.expires_on.strftime("%d.%m.%Y") not in body
        (event,) = self.calendar()[1].walk("VEVENT")
        assert event["SUMMARY"] == "Auffrischung fällig: KI-Grundlagen"
        assert event.start == enrolment.refresh_on
        assert event["UID"] == f"{enrolment.uuid}-refresher@lernen.example.org"

    def test_one_mail_for_all_that_is_open(self):
        self.open_until(self.anna)
        late = self.another_course("Überfällig")
        soon = self.another_course("Bald")
        far = self.another_course("Fern")
        self.open_until(self.anna, -3, course=late)
        self.open_until(self.anna, 20, course=soon)
        self.open_until(self.anna, 200, course=far)
        remind()
        text = self.text()
        assert text.index("Überfällig") < text.index("Bald") < text.index("KI-Grundlagen")
        assert "Sie können den Kurs noch abschließen" in text
        assert "Fern" not in text
        assert self.only_mail()["Subject"] == "Erinnerung: 3 Kurse sind offen"
        assert len(self.calendar()[1].walk("VEVENT")) == 3

    def test_what_is_open_sends_no_mail_on_days_that_remind_of_nothing(self):
        self.open_until(self.anna, 29)
        remind()
        assert self.server.mails == []
        assert not ReminderDigest.objects.exists()

    def test_a_course_that_reminds_of_nothing_is_not_listed(self):
        quiet = self.another_course("Still", reminder_days="")
        self.open_until(self.anna)
        self.open_until(self.anna, 5, course=quiet)
        remind()
        assert "Still" not in self.text()


class LanguageTests(RemindingTestCase):
    def test_german_if_nothing_was_chosen(self):
        self.open_until(self.anna)
        remind()
        assert 'lang="de"' in self.html()

    def test_the_language_that_was_chosen_for_mails(self):
        self.open_until(self.anna)
        UserProfile.objects.create(user=self.anna, preferred_language="de")
        ReminderSettings.objects.create(user=self.anna, language="en")
        remind()
        assert self.only_mail()["Subject"] == "Reminder: KI-Grundlagen"
        assert self.only_mail()["Content-Language"] == "en"
        assert "Hello Anna Terhorst," in self.text()
        assert "https://lernen.example.org/en/mein-lernen/" in self.text()
        assert "Deadline" in self.calendar()[1].walk("VEVENT")[0]["SUMMARY"]

    def test_else_that_of_the_administration(self):
        self.open_until(self.hilde)
        UserProfile.objects.create(user=self.hilde, preferred_language="en")
        remind()
        assert self.only_mail()["Subject"].startswith("Reminder")

    def test_leichte_sprache_goes_as_far_as_the_texts_do(self):
        self.open_until(self.anna)
        ReminderSettings.objects.create(user=self.anna, language="de-simple")
        remind()
        assert "Guten Tag" in self.text()
        assert "/de-simple/mein-lernen/" in self.text()

    def test_one_language_does_not_reach_into_the_next_mail(self):
        self.open_until(self.anna)
        self.open_until(self.otto)
        ReminderSettings.objects.create(user=self.anna, language="en")
        remind()
        assert "Hello" in self.text(*self.server.to("anna@rathaus.example"))
        assert "Guten Tag" in self.text(*self.server.to("otto@rathaus.example"))


class OncePerDayTests(RemindingTestCase):
    def test_running_again_sends_nothing(self):
        self.open_until(self.anna)
        for _run in range(3):
            remind()
        assert len(self.server.mails) == 1
        assert self.digest().state == DigestState.SENT

    def test_the_database_holds_one_mail_for_a_person_and_day(self):
        fields = {
            "user": self.anna,
            "organisation": self.coesfeld,
            "since": self.today,
            "until": self.today,
        }
        ReminderDigest.objects.create(day=self.today, state=DigestState.SENT, **fields)
        with pytest.raises(IntegrityError), transaction.atomic():
            ReminderDigest.objects.create(day=self.today, **fields)
        ReminderDigest.objects.create(day=self.today + timedelta(days=1), **fields)
        with pytest.raises(IntegrityError), transaction.atomic():
            ReminderDigest.objects.create(day=self.today + timedelta(days=2), **fields)

    def test_who_was_written_to_today_gets_the_next_mail_tomorrow(self):
        self.open_until(self.anna)
        remind(on=self.today - timedelta(days=1))  # nothing is due yesterday
        ReminderDigest.objects.create(
            user=self.anna,
            organisation=self.coesfeld,
            day=self.today,
            since=self.today,
            until=self.today,
            state=DigestState.SENT,
        )
        remind()
        assert self.server.mails == []
        assert self.digest().day == self.today + timedelta(days=1)
        with days_later(1):
            remind()
            remind()
        assert len(self.server.mails) == 1

    def test_days_on_which_nothing_ran_are_made_up_for_by_one_mail(self):
        remind()
        self.open_until(self.anna, 65)  # 60 days before is in five days, 30 in 35
        with days_later(40):
            remind()
        assert len(self.server.mails) == 1
        with days_later(41):
            remind()
        assert len(self.server.mails) == 1

    def test_a_run_that_another_was_faster_than_queues_nothing(self):
        self.open_until(self.anna)
        with mock.patch(
            "courses.reminding.queueing._last_day", return_value=self.today - timedelta(days=1)
        ):
            assert remind().queued == 1
            assert remind().queued == 0
        assert len(self.server.mails) == 1
        assert ReminderRun.objects.count() == 1

    def test_what_breaks_off_while_queueing_queues_nothing_and_is_repeated(self):
        self.open_until(self.anna)
        with (
            mock.patch("courses.reminding.queueing._add", side_effect=RuntimeError),
            pytest.raises(RuntimeError),
        ):
            remind()
        assert not ReminderRun.objects.exists()
        remind()
        assert len(self.server.mails) == 1


class MeanwhileTests(RemindingTestCase):
    """What happens while a mail waits for a dead server."""

    def wait(self):
        with override_settings(**smtp_settings(free_port())):
            assert remind().is_server_down
        assert self.server.mails == []

    def assert_needless(self):
        remind()
        assert self.server.mails == []
        assert self.digest().state == DigestState.NEEDLESS

    def test_completed(self):
        enrolment = self.open_until(self.anna)
        self.wait()
        for page in (*self.modules, self.quiz):
            actions.complete_activity(enrolment=enrolment, page=page)
        self.assert_needless()

    def test_one_of_two_completed(self):
        enrolment = self.open_until(self.anna)
        self.open_until(self.anna, course=self.another_course())
        self.wait()
        for page in (*self.modules, self.quiz):
            actions.complete_activity(enrolment=enrolment, page=page)
        remind()
        assert "KI-Grundlagen" not in self.text()
        assert "KI im Bürgerbüro" in self.text()

    def test_what_else_is_open_does_not_send_a_mail_by_itself(self):
        enrolment = self.open_until(self.anna)
        self.open_until(self.anna, 20, course=self.another_course())
        self.wait()
        for page in (*self.modules, self.quiz):
            actions.complete_activity(enrolment=enrolment, page=page)
        self.assert_needless()

    def test_released(self):
        enrolment = self.open_until(self.anna)
        self.wait()
        Enrolment.objects.filter(pk=enrolment.pk).update(due_on=None, kind="")
        self.assert_needless()

    def test_left(self):
        self.open_until(self.anna)
        self.wait()
        Membership.objects.filter(user=self.anna).update(
            starts_on=self.today - timedelta(days=9), ends_on=self.today - timedelta(days=1)
        )
        self.assert_needless()

    def test_deactivated(self):
        self.open_until(self.anna)
        self.wait()
        User.objects.filter(pk=self.anna.pk).update(is_active=False)
        self.assert_needless()

    def test_course_taken_down(self):
        self.open_until(self.anna)
        self.wait()
        CoursePage.objects.filter(pk=self.course.pk).update(live=False)
        self.assert_needless()

    def test_unsubscribed(self):
        self.open_until(self.anna, kind=RequirementKind.RECOMMENDED)
        self.wait()
        ReminderSettings.objects.create(user=self.anna, only_mandatory=True)
        self.assert_needless()

    def test_a_new_address_is_used(self):
        self.open_until(self.anna)
        self.wait()
        User.objects.filter(pk=self.anna.pk).update(email="anna.neu@rathaus.example")
        remind()
        assert self.only_mail()["To"] == "anna.neu@rathaus.example"

    def test_a_new_authority_signs(self):
        self.open_until(self.anna)
        self.wait()
        Membership.objects.filter(user=self.anna).update(organisation=self.olfen, department=None)
        remind()
        assert "Pflicht: Stadt Olfen" in self.text()
        assert self.digest().organisation == self.olfen


class ServerTests(RemindingTestCase):
    def test_a_dead_server_delays_and_loses_nothing(self):
        self.open_until(self.anna)
        self.open_until(self.otto)
        with override_settings(**smtp_settings(free_port())):
            outcome = remind()
        assert (outcome.is_server_down, outcome.waiting) == (True, 2)
        assert set(ReminderDigest.objects.values_list("state", "tries")) == {("waiting", 0)}
        with days_later(2):
            remind()
            remind()
        assert sorted(sent["To"] for sent in self.server.mails) == [
            "anna@rathaus.example",
            "otto@rathaus.example",
        ]
        assert "Frist" in self.text(self.server.mails[0])

    def test_a_mail_that_waited_and_the_reminder_of_a_later_day_are_one(self):
        self.open_until(self.anna, 30)
        later = self.open_until(self.anna, 31, course=self.another_course())
        with override_settings(**smtp_settings(free_port())):
            remind()
        with days_later(1):
            remind()
            remind()
        assert str(later.due_on.day) in self.text()
        assert "KI-Grundlagen" in self.text()
        assert ReminderDigest.objects.count() == 1

    def test_a_dead_server_is_asked_once(self):
        for user in (self.anna, self.otto, self.hilde, self.bernd):
            self.open_until(user)
        with (
            mock.patch.object(sending, "BATCH", 1),
            mock.patch("smtplib.SMTP.connect", side_effect=TimeoutError) as connect,
        ):
            assert remind().is_server_down
        assert connect.call_count == 1

    def test_a_server_that_dies_in_between_stops_the_run(self):
        for user in (self.anna, self.otto, self.hilde):
            self.open_until(user)
        self.server.refusals["otto@rathaus.example"] = "421 4.3.2 shutting down"
        assert remind().is_server_down
        # Anna's is out, Otto's was refused for certain, Hilde's was not tried.
        states = dict(ReminderDigest.objects.values_list("user__username", "state"))
        assert states == {"anna": "sent", "otto": "waiting", "hilde": "waiting"}
        self.server.refusals.clear()
        remind()
        assert len(self.server.mails) == 3

    def test_who_may_have_got_it_gets_it_again_on_another_day_only(self):
        self.open_until(self.anna)
        self.server.dies_after_data = True
        assert remind().is_server_down
        assert self.digest().state == DigestState.SENDING
        self.server.dies_after_data = False
        remind()
        assert len(self.server.mails) == 1
        with days_later(1, hours=2):
            remind()
        first, second = self.server.mails
        assert first["Message-ID"] == second["Message-ID"]

    def test_stopping_the_process_writes_back_what_was_sent(self):
        for user in (self.anna, self.otto, self.hilde):
            self.open_until(user)
        send = sending._try

        def stop_at_otto(letter, connection):
            if letter.user == self.otto:
                raise SystemExit(143)
            send(letter, connection)

        with (
            mock.patch.object(sending, "_try", stop_at_otto),
            pytest.raises(SystemExit),
        ):
            remind()
        states = dict(ReminderDigest.objects.values_list("user__username", "state"))
        assert states == {"anna": "sent", "otto": "waiting", "hilde": "waiting"}
        remind()
        assert len(self.server.mails) == 3

    def test_a_killed_process_loses_nothing(self):
        self.open_until(self.anna)
        with mock.patch.object(sending, "_send"), mock.patch.object(sending, "_write_back"):
            remind()
        assert self.digest().state == DigestState.SENDING
        remind()
        assert self.server.mails == []
        with days_later(1, hours=2):
            remind()
        assert len(self.server.mails) == 1

    def test_a_refused_address_stops_that_mail_alone(self):
        self.open_until(self.anna)
        self.open_until(self.otto)
        self.server.refusals["anna@rathaus.example"] = "550 5.1.1 User unknown"
        outcome = remind()
        assert (outcome.done[DigestState.SENT], outcome.done[DigestState.REFUSED]) == (1, 1)
        digest = self.digest()
        assert (digest.state, digest.problem) == (DigestState.REFUSED, MailProblem.ADDRESS)
        assert "anna" not in digest.refused_address
        assert not outcome.is_stuck
        remind()
        assert len(self.server.mails) == 1

    def test_a_corrected_address_gets_the_mail(self):
        self.open_until(self.anna)
        self.server.refusals["anna@rathaus.example"] = "550 5.1.1 User unknown"
        remind()
        User.objects.filter(pk=self.anna.pk).update(email="anna.terhorst@rathaus.example")
        with days_later(1):
            remind()
            remind()
        assert self.only_mail()["To"] == "anna.terhorst@rathaus.example"
        assert self.digest().state == DigestState.SENT

    def test_an_address_that_is_none(self):
        self.open_until(self.anna)
        User.objects.filter(pk=self.anna.pk).update(email="anna@@rathaus\n")
        remind()
        assert self.digest().problem == MailProblem.INVALID

    def test_later_is_tried_again_with_growing_distance(self):
        self.open_until(self.anna)
        self.server.refusals["anna@rathaus.example"] = "451 4.7.1 Greylisted"
        remind()
        digest = self.digest()
        assert (digest.tries, digest.problem) == (1, MailProblem.LATER)
        remind()
        assert self.digest().tries == 1
        with days_later(0, hours=1):
            remind()
        assert self.digest().tries == 2
        self.server.refusals.clear()
        with days_later(0, hours=2):
            remind()
        assert len(self.server.mails) == 1

    def test_what_nobody_takes_for_a_month_is_given_up(self):
        self.open_until(self.anna)
        self.server.to_data = "554 5.7.1 Message refused"
        remind()
        assert self.digest().problem == MailProblem.MESSAGE
        with days_later(29):
            remind()
        assert self.digest().state == DigestState.WAITING
        with days_later(31):
            remind()
        assert (self.digest().state, self.digest().problem) == ("refused", MailProblem.TOO_LONG)

    def test_a_course_that_cannot_be_written_keeps_nobody_else_back(self):
        self.open_until(self.anna)
        self.open_until(self.otto)
        write = sending.message_of

        def fails_for_anna(letter, now):
            if letter.user == self.anna:
                raise ValueError("Der Kurs ist kaputt.")
            return write(letter, now)

        with (
            mock.patch.object(sending, "message_of", fails_for_anna),
            self.assertLogs("courses.reminding.sending", "ERROR") as logged,
        ):
            remind()
        assert self.only_mail()["To"] == "otto@rathaus.example"
        assert "Terhorst" not in "".join(logged.output)
        assert self.digest().problem == MailProblem.MESSAGE

    def test_one_connection_for_a_batch(self):
        for user in (self.anna, self.otto, self.hilde):
            self.open_until(user)
        self.server.refusals["anna@rathaus.example"] = "550 5.1.1 User unknown"
        remind()
        assert len(self.server.mails) == 2
        assert self.server.connections == 1

    def test_who_has_no_address_is_counted(self):
        self.open_until(self.anna)
        User.objects.filter(pk=self.anna.pk).update(email="")
        assert remind().without_address == 1
        assert not ReminderDigest.objects.exists()

    @override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend")
    def test_the_number_of_queries_depends_on_batches_alone(self):
        def queries(names):
            for name in names:
                user = self.person(name, "P", name, self.coesfeld, "Bauamt")
                User.objects.filter(pk=user.pk).update(email=f"{name}@rathaus.example")
                self.open_until(user)
            ReminderRun.objects.all().delete()
            mail.outbox.clear()
            with CaptureQueriesContext(connection) as captured:
                remind()
            assert len(mail.outbox) == len(names)
            return len(captured)

        queries(["warm"])  # fills the caches
        ReminderDigest.objects.all().delete()
        Enrolment.objects.filter(user__username="warm").delete()
        few = queries(["p1"])
        Enrolment.objects.filter(user__username="p1").delete()
        assert queries([f"q{n}" for n in range(20)]) == few

    @override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend")
    def test_several_batches(self):
        for user in (self.anna, self.otto, self.hilde):
            self.open_until(user)
        with mock.patch.object(sending, "BATCH", 2):
            remind()
        assert len(mail.outbox) == 3


class TestRefusals:
    @pytest.mark.parametrize(
        ("answer", "problem"),
        [
            ((550, b"5.1.1 User unknown"), MailProblem.ADDRESS),
            ((550, b"No such user"), MailProblem.ADDRESS),
            ((550, b"5.2.1 Mailbox disabled"), MailProblem.ADDRESS),
            ((552, b"5.2.2 Mailbox full"), MailProblem.LATER),
            ((550, b"5.7.1 Unable to relay"), MailProblem.MESSAGE),
            ((550, b"5.1.8 Sender domain not found"), MailProblem.MESSAGE),
            ((554, b"Relay access denied"), MailProblem.MESSAGE),
            ((451, b"4.7.1 Greylisted"), MailProblem.LATER),
            ((421, b"Too many connections"), MailProblem.SERVER),
        ],
    )
    def test_answers_about_a_recipient(self, answer, problem):
        assert problem_of(SMTPRecipientsRefused({"a@example.org": answer})) == problem

    @pytest.mark.parametrize(
        ("error", "problem"),
        [
            (SMTPDataError(554, b"Spam"), MailProblem.MESSAGE),
            (SMTPDataError(452, b"No space"), MailProblem.LATER),
            (SMTPDataError(421, b"Bye"), MailProblem.SERVER),
            (SMTPSenderRefused(530, b"Authentication required", "a@example.org"), "server"),
            (SMTPServerDisconnected(), MailProblem.SERVER),
            (TimeoutError(), MailProblem.SERVER),
        ],
    )
    def test_other_answers(self, error, problem):
        assert problem_of(error) == problem

    def test_distances_grow_to_half_a_day(self):
        minutes = [distance(tries).total_seconds() / 60 for tries in (1, 2, 3, 6, 7, 1000)]
        assert minutes == [15, 30, 60, 480, 720, 720]


class CommandTests(RemindingTestCase):
    def call(self, *arguments):
        output = StringIO()
        call_command("send_reminders", *arguments, stdout=output)
        return output.getvalue()

    def test_it_says_what_it_did_and_no_name(self):
        self.open_until(self.anna)
        output = self.call()
        assert "Verschickt: 1" in output
        assert "Terhorst" not in output and "@" not in output

    def test_a_dry_run_changes_nothing(self):
        self.open_until(self.anna)
        assert ": 1" in self.call("--dry-run")
        assert self.server.mails == []
        assert not ReminderDigest.objects.exists() and not ReminderRun.objects.exists()

    def test_a_day_to_come_can_only_be_looked_at(self):
        self.open_until(self.anna, 31)
        tomorrow = str(self.today + timedelta(days=1))
        with pytest.raises(CommandError):
            self.call("--date", tomorrow)
        assert ": 1" in self.call("--date", tomorrow, "--dry-run")
        assert not ReminderDigest.objects.exists()

    def test_an_earlier_day_is_the_last_to_look_at(self):
        self.open_until(self.anna)
        self.call("--date", str(self.today - timedelta(days=1)))
        assert self.server.mails == []
        self.call()
        assert len(self.server.mails) == 1

    def test_stuck_mail_is_an_exit_status(self):
        self.open_until(self.anna)
        with (
            override_settings(**smtp_settings(free_port())),
            pytest.raises(CommandError) as error,
        ):
            self.call()
        assert error.value.returncode == STUCK
        self.server.to_data = "554 5.7.1 Message refused"
        self.call()
        with days_later(2), pytest.raises(CommandError) as error:
            self.call()
        assert error.value.returncode == STUCK

    def test_what_was_sent_is_forgotten_in_time(self):
        self.open_until(self.anna)
        self.call()
        with days_later(LIFETIME.days):
            self.call()
        assert ReminderDigest.objects.filter(day=self.today).exists()
        with days_later(LIFETIME.days + 1):
            self.call()
        assert not ReminderDigest.objects.filter(day=self.today).exists()
        assert not ReminderRun.objects.filter(day=self.today).exists()
        assert ReminderRun.objects.exists()


class TestCheck:
    @override_settings(
        DEFAULT_FROM_EMAIL="webmaster@localhost",
        EMAIL_BACKEND="django.core.mail.backends.console.EmailBackend",
    )
    def test_what_keeps_mails_from_people_is_said(self):
        ids = [warning.id for warning in reminders_can_be_sent(None)]
        assert ids == ["courses.W002", "courses.W003"]

    @override_settings(
        DEFAULT_FROM_EMAIL="ki-hub@example.org",
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
    )
    def test_a_hub_that_can_send(self):
        assert reminders_can_be_sent(None) == []


class UnsubscribingTests(RemindingTestCase):
    def address(self):
        self.open_until(self.anna, kind=RequirementKind.RECOMMENDED)
        remind()
        return (
            self.only_mail()["List-Unsubscribe"]
            .strip(" <>")
            .removeprefix("https://lernen.example.org")
        )

    def stops(self):
        return ReminderSettings.objects.filter(user=self.anna, only_mandatory=True).exists()

    def test_opening_the_link_changes_nothing_and_says_nothing_of_the_person(self):
        url = self.address()
        response = Client().get(url)
        self.assertContains(response, "<button")
        assert not any(
            word in response.content.decode() for word in ("Terhorst", "anna", "Stadt C")
        )
        assert "no-store" in response["Cache-Control"]
        assert not self.stops()
        assert not any(word in url for word in ("anna", "Terhorst", str(self.anna.pk) + "/"))

    def test_the_button_stops_them(self):
        response = Client().post(self.address())
        self.assertContains(response, "nur noch")
        assert self.stops()

    def test_a_mail_program_needs_no_cookie_and_no_token_of_a_form(self):
        client = Client(enforce_csrf_checks=True)
        url = self.address()
        for _click in range(2):
            assert client.post(url, {"List-Unsubscribe": "One-Click"}).status_code == 200
        assert self.stops()
        assert ReminderSettings.objects.count() == 1

    def test_a_language_that_was_chosen_stays(self):
        ReminderSettings.objects.create(user=self.anna, language="de")
        Client().post(self.address())
        assert ReminderSettings.objects.get().language == "de"

    def test_a_changed_link_does_nothing(self):
        url = self.address()
        for broken in (
            url.replace(self.anna.uuid.hex, self.otto.uuid.hex),
            url.rstrip("/") + "x/",
            reverse("courses:unsubscribe", args=["x"]),
        ):
            for method in ("get", "post"):
                assert getattr(Client(), method)(broken).status_code == 404
        assert not ReminderSettings.objects.exists()

    def test_mandatory_courses_remain(self):
        Client().post(self.address())
        self.open_until(self.anna, 7)
        ReminderDigest.objects.all().delete()
        ReminderRun.objects.all().delete()
        remind()
        assert len(self.server.mails) == 2


class OwnRemindersTests(RemindingTestCase):
    def setUp(self):
        super().setUp()
        self.url = reverse("courses:own_reminders")

    def test_who_is_not_signed_in_signs_in_first(self):
        assert Client().get(self.url).status_code == 302

    def test_who_works_nowhere_has_none(self):
        self.client.force_login(self.admin)
        assert self.client.get(self.url).status_code == 403

    def test_a_person_chooses_for_herself_alone(self):
        self.client.force_login(self.anna)
        for _click in range(2):
            response = self.client.post(
                self.url, {"only_mandatory": "on", "language": "en"}, follow=True
            )
            self.assertContains(response, "gespeichert")
        own = ReminderSettings.objects.get()
        assert (own.user, own.only_mandatory, own.language) == (self.anna, True, "en")
        self.assertContains(response, "checked", 2)
        self.client.post(self.url, {"language": "de"})
        assert not ReminderSettings.objects.get().only_mandatory

    def test_a_language_that_does_not_exist_is_refused(self):
        self.client.force_login(self.anna)
        response = self.client.post(self.url, {"language": "tlh"})
        self.assertContains(response, 'role="alert"')
        assert not ReminderSettings.objects.exists()

    def test_it_says_where_the_mails_go(self):
        self.client.force_login(self.anna)
        self.assertContains(self.client.get(self.url), "anna@rathaus.example")
        User.objects.filter(pk=self.anna.pk).update(email="")
        self.assertContains(self.client.get(self.url), "keine E-Mail-Adresse")

    def test_my_learning_leads_there(self):
        self.client.force_login(self.anna)
        self.assertContains(self.client.get(reverse("courses:my_learning")), self.url)


class AdministrationTests(RemindingTestCase):
    def setUp(self):
        super().setUp()
        self.url = reverse("sent_reminders")
        for hr, organisation in ((self.hilde, self.coesfeld), (self.bernd, self.olfen)):
            grant(hr, organisation, "organisations.import_employees")
        self.open_until(self.anna)
        self.server.refusals["anna@rathaus.example"] = "550 5.1.1 User unknown"
        remind()

    def get(self, user):
        self.client.force_login(user)
        return self.client.get(self.url)

    def test_hr_of_another_authority_sees_nobody(self):
        response = self.get(self.bernd)
        self.assertNotContains(response, "Terhorst")
        self.assertNotContains(response, "anna@")
        assert self.client.post(self.url).status_code == 404

    def test_hr_sees_whose_address_was_refused_until_it_is_another(self):
        response = self.get(self.hilde)
        self.assertContains(response, "Terhorst")
        self.assertContains(response, "anna@rathaus.example")
        self.assertNotContains(response, "<form method")
        User.objects.filter(pk=self.anna.pk).update(email="neu@rathaus.example")
        self.assertNotContains(self.get(self.hilde), "Terhorst")

    def test_who_has_left_is_not_listed(self):
        Membership.objects.filter(user=self.anna).update(
            starts_on=self.today - timedelta(days=9), ends_on=self.today - timedelta(days=1)
        )
        self.assertNotContains(self.get(self.hilde), "Terhorst")

    def test_who_takes_nobody_in_finds_no_page(self):
        editor = self.person("eva", "Eva", "Redaktion", self.coesfeld, "Bauamt")
        grant(editor, self.coesfeld, "courses.view_completion_list")
        assert self.get(editor).status_code == 404
        self.assertNotContains(self.client.get(reverse("wagtailadmin_home")), self.url)

    def test_operators_see_numbers_by_day(self):
        with override_settings(**smtp_settings(free_port())):
            self.open_until(self.otto)
            ReminderRun.objects.all().delete()
            remind()
        response = self.get(self.admin)
        # Anna, whose run was forgotten here, is due once more, but not today.
        tomorrow, day = response.context["days"]
        assert (day.day, day.waiting, day.sent, day.refused) == (self.today, 1, 0, 1)
        assert (tomorrow.waiting, list(tomorrow.in_words)) == (1, [])
        assert list(day.in_words) == ["die Adresse gibt es nicht (1)"]
        self.assertContains(response, "Die älteste E-Mail wartet seit")
        assert "Brüning" not in response.content.decode()

    def test_operators_send_what_waits(self):
        with override_settings(**smtp_settings(free_port())):
            self.open_until(self.otto)
            ReminderRun.objects.all().delete()
            remind()
        self.client.force_login(self.admin)
        self.assertRedirects(self.client.post(self.url), self.url)
        assert len(self.server.to("otto@rathaus.example")) == 1


class RacingTests(TransactionTestCase):
    """Runs at the same time, with transactions and connections of their own."""

    PEOPLE = 12

    def setUp(self):
        case = LearningHubTestCase
        case.build_pages()
        case.build_people()
        for n in range(self.PEOPLE):
            user = case.person(f"p{n}", "P", f"{n}", case.coesfeld, "Bauamt")
            User.objects.filter(pk=user.pk).update(email=f"p{n}@rathaus.example")
            Enrolment.objects.create(
                user=user,
                membership=Membership.objects.get(user=user),
                course_key=case.course.course_key,
                due_on=timezone.localdate() + timedelta(days=30),
            )

    def test_runs_at_once_send_each_mail_once(self):
        with mail_server() as server, mock.patch.object(sending, "BATCH", 2):
            at_once(lambda _run: remind(), range(4))
            remind()  # what a run left while another had it
        assert len(server.mails) == self.PEOPLE
        assert len({sent["To"] for sent in server.mails}) == self.PEOPLE
        assert ReminderDigest.objects.filter(state=DigestState.SENT).count() == self.PEOPLE
        assert ReminderRun.objects.count() == 1
