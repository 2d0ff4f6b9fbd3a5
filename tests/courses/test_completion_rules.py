"""What a course asks for, what has to come first, and the decision that is kept of it."""

from __future__ import annotations

import json

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page

from courses import actions
from courses.activities import outline
from courses.enums import CompletionSource, DecisionCause, Outcome
from courses.interchange.package import read_package, write_package
from courses.interchange.package_export import export_course
from courses.interchange.package_import import import_course
from courses.models import (
    Attempt,
    Completion,
    CompletionDecision,
    ContentVersion,
    CoursePage,
    ModulePage,
    QuizPage,
)
from courses.progress import course_progress
from hub.publishing import PublishingRefused
from tests.cases import draft, new_course, new_module, publish, true_false
from tests.courses.test_actions import ActionsTestCase


class RuleTestCase(ActionsTestCase):
    def setUp(self):
        self.client.force_login(self.anna)

    def require_first(self, page, *others):
        """Let ``page`` open only after the others, as an editor does."""
        page = type(page).objects.get(pk=page.pk)
        page.prerequisites = [str(other.translation_key) for other in others]
        page.save_revision().publish()
        return page

    def ask_for_electives(self, count, course=None):
        course = CoursePage.objects.get(pk=(course or self.course).pk)
        course.electives_needed = count
        course.save_revision().publish()

    def mark(self, page):
        version = self.version(page)
        return self.client.post(
            reverse("courses:mark_as_learnt", args=[page.translation_key]),
            {"version": version.uuid},
            follow=True,
        )

    def add_optional(self, *titles):
        return [publish(self.course, new_module(title, is_required=False)) for title in titles]


class ElectiveTests(RuleTestCase):
    def test_as_many_optional_parts_as_the_course_says_complete_it(self):
        first, second = self.add_optional("Wahl 1", "Wahl 2")
        self.ask_for_electives(1)
        enrolment = self.enrol()
        for page in self.modules:
            actions.complete_activity(enrolment=enrolment, page=page)
        self.pass_quiz(enrolment)
        enrolment.refresh_from_db()
        assert not enrolment.is_completed
        actions.complete_activity(enrolment=enrolment, page=second)
        assert enrolment.is_completed
        assert first.activity_key not in enrolment.completions.values_list("activity_key")

    def test_the_page_says_what_may_be_chosen(self):
        self.add_optional("Wahl 1", "Wahl 2")
        self.ask_for_electives(2)
        self.enrol()
        response = self.client.get(self.course.url)
        # The knowledge check is optional, too.
        self.assertContains(response, "alle 3 nötigen Teile und 2 von 3 Teilen zur Auswahl", 2)
        self.assertContains(response, "2 dieser Teile nach Ihrer Wahl:")
        self.assertContains(response, "0 von 5 erledigt")

    def test_to_ask_for_more_later_lowers_nobody(self):
        enrolment = self.enrol()
        for page in self.modules:
            actions.complete_activity(enrolment=enrolment, page=page)
        self.pass_quiz(enrolment)
        before = list(type(enrolment).objects.filter(pk=enrolment.pk).values())
        self.add_optional("Wahl 1", "Wahl 2")
        self.ask_for_electives(2)
        self.client.get(self.course.url)
        assert list(type(enrolment).objects.filter(pk=enrolment.pk).values()) == before

    def test_more_than_are_public_is_refused_with_what_to_do(self):
        with self.assertRaises(PublishingRefused) as refused:
            self.ask_for_electives(2)
        assert "Öffentlich ist nur 1 freiwilliger Teil." in str(refused.exception)
        course = publish(self.catalogue, new_course("Ohne Wahl"), new_module("M"))
        with self.assertRaises(PublishingRefused) as refused:
            self.ask_for_electives(1, course)
        assert "tragen Sie 0 ein" in str(refused.exception)

    def test_a_course_of_electives_only_can_go_live_and_be_completed(self):
        course = draft(self.catalogue, new_course("Nur Wahl"))
        parts = [publish(course, new_module(f"W{n}", is_required=False)) for n in range(2)]
        self.ask_for_electives(1, course)
        course = CoursePage.objects.get(pk=course.pk)
        assert course.live
        enrolment = actions.enrol(membership=self.membership(self.anna), course=course)
        actions.complete_activity(enrolment=enrolment, page=parts[1])
        assert enrolment.is_completed
        assert enrolment.outcome == Outcome.ATTENDED

    def test_an_optional_part_that_goes_makes_nothing_impossible(self):
        (part,) = self.add_optional("Wahl 1")
        self.ask_for_electives(2)
        part.unpublish()
        enrolment = self.enrol()
        for page in (*self.modules, self.knowledge_check):
            actions.complete_activity(enrolment=enrolment, page=page)
        self.pass_quiz(enrolment)
        enrolment.refresh_from_db()
        assert enrolment.is_completed

    def test_a_passed_test_that_was_chosen_makes_the_outcome(self):
        course = draft(self.catalogue, new_course("Wahltest"))
        quiz = QuizPage(
            title="T", slug="t", is_required=False, questions=json.dumps([true_false("KI")])
        )
        publish(course, quiz)
        self.ask_for_electives(1, course)
        course = CoursePage.objects.get(pk=course.pk)
        enrolment = actions.enrol(membership=self.membership(self.anna), course=course)
        self.pass_quiz(enrolment, QuizPage.objects.get(pk=quiz.pk))
        enrolment.refresh_from_db()
        assert enrolment.outcome == Outcome.PASSED

    def test_a_rule_that_is_not_used_makes_no_new_version(self):
        count = ContentVersion.objects.count()
        assert "electives_needed" not in self.course.get_evidence()
        assert "read_confirmation" not in self.course.get_evidence()
        self.course.save_revision().publish()
        assert ContentVersion.objects.count() == count
        self.ask_for_electives(1)
        assert self.version(self.course).content["electives_needed"] == 1

    def test_the_rule_of_the_original_counts_in_every_language(self):
        self.add_optional("Wahl 1")
        self.ask_for_electives(2)
        english = self.course.copy_for_translation(self.en, copy_parents=True)
        CoursePage.objects.filter(pk=english.pk).update(electives_needed=0)
        english = CoursePage.objects.get(pk=english.pk)
        assert course_progress(outline(english), None).asked.electives_needed == 2


class PrerequisiteTests(RuleTestCase):
    def setUp(self):
        super().setUp()
        self.first, self.second = self.modules
        self.second = self.require_first(self.second, self.first)
        self.quiz = self.require_first(self.quiz, self.second)

    def test_a_closed_part_shows_what_comes_first_and_no_text(self):
        self.enrol()
        response = self.client.get(self.second.url)
        self.assertContains(response, "Dieser Teil öffnet sich, sobald")
        self.assertContains(response, f'href="{self.first.url}"')
        self.assertNotContains(response, "Text von Modul 2")
        response = self.client.get(self.quiz.url)
        self.assertNotContains(
            response, reverse("courses:start_attempt", args=[self.quiz.translation_key])
        )
        outline_page = self.client.get(self.course.url)
        self.assertContains(outline_page, "Zuerst:", 2)
        self.assertContains(outline_page, "noch nicht offen", 2)

    def test_who_has_not_joined_yet_does_not_see_it_either(self):
        self.assertNotContains(self.client.get(self.second.url), "Text von Modul 2")

    def test_no_way_leads_round_it(self):
        enrolment = self.enrol()
        response = self.mark(self.second)
        self.assertContains(response, "Bitte schließen Sie zuerst ab: Modul 1.")
        self.client.post(reverse("courses:start_attempt", args=[self.quiz.translation_key]))
        with self.assertRaises(actions.ActivityLocked):
            actions.complete_activity(enrolment=enrolment, page=self.second)
        with self.assertRaises(actions.ActivityLocked):
            actions.start_attempt(enrolment=enrolment, quiz=self.quiz)
        assert not Completion.objects.exists()
        assert not Attempt.objects.exists()

    def test_it_opens_with_the_completion(self):
        self.enrol()
        self.mark(self.first)
        self.assertContains(self.client.get(self.second.url), "Text von Modul 2")
        self.assertContains(self.mark(self.second), "als gelernt markiert")

    def test_the_place_is_not_remembered_there(self):
        enrolment = self.enrol()
        self.client.get(self.first.url)
        self.client.get(self.second.url)
        enrolment.refresh_from_db()
        assert enrolment.last_activity_key == self.first.activity_key

    def test_who_has_completed_it_is_not_shut_out(self):
        enrolment = self.enrol()
        actions.complete_activity(
            enrolment=enrolment,
            page=self.second,
            source=CompletionSource.OVERRIDE,
            actor=self.admin,
            reason="Präsenzschulung",
        )
        self.assertContains(self.client.get(self.second.url), "Text von Modul 2")
        # And a second mark changes nothing.
        assert actions.complete_activity(enrolment=enrolment, page=self.second)

    def test_what_was_begun_may_be_finished(self):
        self.quiz = self.require_first(self.quiz)
        enrolment = self.enrol()
        attempt = actions.start_attempt(enrolment=enrolment, quiz=self.quiz)
        self.answer_right(attempt)
        self.quiz = self.require_first(self.quiz, self.second)
        self.assertContains(self.client.get(self.quiz.url), "Versuch fortsetzen")
        assert actions.submit_attempt(attempt=attempt, quiz=self.quiz).is_passed
        assert enrolment.completions.filter(activity_key=self.quiz.activity_key).exists()

    def test_a_prerequisite_that_was_deleted_or_moved_holds_nobody_back(self):
        self.first.delete()
        self.assertContains(self.client.get(self.second.url), "Text von Modul 2")

    def test_one_that_is_a_draft_holds_nobody_back(self):
        self.first.unpublish()
        self.assertContains(self.client.get(self.second.url), "Text von Modul 2")

    def test_it_holds_in_a_translation_that_lags_behind(self):
        english = self.second.copy_for_translation(self.en, copy_parents=True)
        english.live = True
        english.prerequisites = []
        english.save()
        locked = [item for item in outline(english.course) if item.key == english.activity_key]
        assert locked[0].prerequisites == (self.first.activity_key,)

    def test_a_preview_shows_the_text(self):
        self.client.force_login(self.admin)
        page = ModulePage.objects.get(pk=self.second.pk)
        response = page.make_preview_request(preview_mode=page.default_preview_mode)
        self.assertContains(response, "Text von Modul 2")

    def test_a_circle_is_refused_and_named(self):
        with self.assertRaises(PublishingRefused) as refused:
            self.require_first(self.first, self.quiz)
        assert "Erst nach diesem Teil öffnet sich: Abschlusstest." in str(refused.exception)
        assert ModulePage.objects.get(pk=self.first.pk).prerequisites == []

    def test_the_parts_of_a_copied_course_wait_for_each_other(self):
        self.client.force_login(self.admin)
        self.client.post(
            reverse("wagtailadmin_pages:copy", args=[self.course.pk]),
            {
                "new_title": "Kopie",
                "new_slug": "kopie",
                "new_parent_page": self.catalogue.pk,
                "copy_subpages": "on",
                "publish_copies": "on",
            },
        )
        copy = CoursePage.objects.get(slug="kopie")
        first, second = ModulePage.objects.child_of(copy).order_by("path")
        assert second.prerequisites == [str(first.translation_key)]
        assert second.get_latest_revision_as_object().prerequisites == second.prerequisites
        assert not second.has_unpublished_changes
        (locked,) = (item for item in outline(copy) if item.key == second.activity_key)
        assert locked.prerequisites == (first.activity_key,)
        self.second.refresh_from_db()
        assert self.second.prerequisites == [str(self.first.translation_key)]

    def test_they_travel_in_a_course_package(self):
        package = read_package(write_package(export_course(self.course)))
        key = self.second.translation_key
        self.course.delete()
        catalogue = type(self.catalogue).objects.get(pk=self.catalogue.pk)
        report = import_course(package=package, catalogue=catalogue, user=None, publish=True)
        assert report.is_complete, report.steps
        page = ModulePage.objects.get(translation_key=key)
        assert page.live
        assert page.prerequisites == [str(self.first.translation_key)]

    def test_only_keys_are_kept(self):
        for nonsense in ("abc", ["abc"], [1], {"a": 1}, [None]):
            page = ModulePage.objects.get(pk=self.first.pk)
            page.prerequisites = nonsense
            with self.assertRaises(ValidationError):
                page.full_clean()

    def test_the_editor_offers_the_other_parts_of_the_course(self):
        other = publish(self.catalogue, new_course("Anderer"), new_module("Fremd"))
        hidden = draft(self.course, new_module("Entwurf"))
        self.client.force_login(self.admin)
        response = self.client.get(reverse("wagtailadmin_pages:edit", args=[self.second.pk]))
        field = response.context["form"].fields["prerequisites"]
        assert [title for _key, title in field.choices] == [
            "Modul 1",
            "Wissenscheck",
            "Abschlusstest",
            hidden.title,
        ]
        assert response.context["form"]["prerequisites"].value() == [
            str(self.first.translation_key)
        ]
        add = reverse("wagtailadmin_pages:add", args=["courses", "modulepage", other.pk])
        field = self.client.get(add).context["form"].fields["prerequisites"]
        assert [title for _key, title in field.choices] == ["Fremd"]

    def test_the_history_shows_titles_and_no_keys(self):
        self.second = self.require_first(self.second, self.new_part(), self.first)
        new, old = self.second.revisions.order_by("-pk")[:2]
        self.client.force_login(self.admin)
        address = reverse(
            "wagtailadmin_pages:revisions_compare", args=[self.second.pk, old.pk, new.pk]
        )
        response = self.client.get(address)
        self.assertContains(response, '<span class="addition">Film</span>', html=True)
        self.assertContains(response, self.first.title)
        self.assertNotContains(response, str(self.first.translation_key))
        Page.objects.get(title="Film").delete()
        self.assertContains(self.client.get(address), "ein Teil, der gelöscht wurde")

    def new_part(self):
        return publish(self.course, new_module("Film"))

    def test_the_number_of_queries_does_not_grow(self):
        def queries(url):
            self.client.get(url)
            with CaptureQueriesContext(connection) as found:
                self.client.get(url)
            return len(found)

        self.enrol()
        urls = [self.course.url, self.first.url, self.second.url, self.quiz.url]
        few = {url: queries(url) for url in urls}
        pages = [publish(self.course, new_module(f"Mehr {n}")) for n in range(6)]
        for page in pages:
            self.require_first(page, self.first, self.second, self.quiz)
        self.require_first(self.quiz, *pages[:0], self.second)
        assert {url: queries(url) for url in urls} == few
        assert max(few.values()) <= 12, few


class BelowAClosedPartTests(RuleTestCase):
    """The knowledge check stands below the first module, which opens after the second."""

    def setUp(self):
        super().setUp()
        self.enrolment = self.enrol()
        self.start = reverse("courses:start_attempt", args=[self.knowledge_check.translation_key])

    def close(self):
        self.require_first(self.modules[0], self.modules[1])

    def test_it_is_closed_with_it_everywhere(self):
        self.close()
        self.assertContains(self.client.get(self.course.url), "noch nicht offen", 2)
        page = self.client.get(self.knowledge_check.url)
        self.assertContains(page, f'href="{self.modules[1].url}"')
        self.assertNotContains(page, self.start)
        response = self.client.post(self.start, follow=True)
        self.assertContains(response, "Bitte schließen Sie zuerst ab: Modul 2.")
        with self.assertRaises(actions.ActivityLocked):
            actions.complete_activity(enrolment=self.enrolment, page=self.knowledge_check)
        assert not Attempt.objects.exists()

    def test_it_opens_with_it(self):
        self.close()
        self.mark(self.modules[1])
        self.assertContains(self.client.get(self.knowledge_check.url), self.start)
        self.client.post(self.start)
        assert Attempt.objects.count() == 1

    def test_who_has_completed_the_part_above_keeps_what_is_below(self):
        self.mark(self.modules[0])
        self.close()
        self.client.post(self.start)
        assert Attempt.objects.count() == 1

    def test_what_was_begun_may_be_finished(self):
        attempt = actions.start_attempt(enrolment=self.enrolment, quiz=self.knowledge_check)
        self.answer_right(attempt)
        self.close()
        self.assertContains(self.client.get(self.knowledge_check.url), "Versuch fortsetzen")
        questions = reverse("courses:attempt", args=[attempt.uuid])
        assert self.client.get(questions).status_code == 200
        assert actions.submit_attempt(attempt=attempt, quiz=self.knowledge_check).is_passed
        assert self.enrolment.completions.count() == 1

    def test_what_is_completed_stays_open(self):
        actions.complete_activity(enrolment=self.enrolment, page=self.knowledge_check)
        self.close()
        page = self.client.get(self.knowledge_check.url)
        self.assertNotContains(page, "Dieser Teil öffnet sich, sobald")

    def test_what_is_not_public_closes_nothing(self):
        self.close()
        page = ModulePage.objects.get(pk=self.modules[0].pk)
        page.live = False  # its parts stay public, as when it alone expires
        page.save()
        assert all(not item.above for item in outline(self.course))
        self.client.post(self.start)
        assert Attempt.objects.count() == 1

    def test_it_holds_in_a_translation_where_it_stands_elsewhere(self):
        english = self.knowledge_check.copy_for_translation(self.en, copy_parents=True)
        english.live = True
        english.save()
        english.move(english.course, pos="last-child")
        english = QuizPage.objects.get(pk=english.pk)
        self.close()
        with self.assertRaises(actions.ActivityLocked):
            actions.start_attempt(enrolment=self.enrolment, quiz=english)

    def test_a_part_that_waits_for_what_is_below_it_is_refused(self):
        with self.assertRaises(PublishingRefused) as refused:
            self.require_first(self.modules[0], self.knowledge_check)
        assert "Erst nach diesem Teil öffnet sich: Wissenscheck." in str(refused.exception)

    def test_a_circle_through_what_is_above_is_refused(self):
        self.require_first(self.modules[1], self.knowledge_check)
        with self.assertRaises(PublishingRefused):
            self.close()


class ConfirmationTests(RuleTestCase):
    def test_the_sentence_of_the_course_is_confirmed_and_kept(self):
        course = CoursePage.objects.get(pk=self.course.pk)
        course.read_confirmation = "Ich weiß, wen ich fragen kann."
        course.save_revision().publish()
        self.enrol()
        self.assertContains(self.client.get(self.modules[0].url), "Ich weiß, wen ich fragen kann.")
        self.mark(self.modules[0])
        assert Completion.objects.get().confirmation == "Ich weiß, wen ich fragen kann."
        assert self.version(course).content["read_confirmation"]

    def test_without_one_a_plain_sentence_stands_there(self):
        self.enrol()
        sentence = "Ich habe dieses Modul vollständig gelesen und das Wichtigste verstanden."
        self.assertContains(self.client.get(self.modules[0].url), sentence)
        self.mark(self.modules[0])
        assert Completion.objects.get().confirmation == sentence


class DecisionTests(RuleTestCase):
    def finish(self):
        enrolment = self.enrol()
        for page in self.modules:
            actions.complete_activity(enrolment=enrolment, page=page)
        self.pass_quiz(enrolment)
        enrolment.refresh_from_db()
        return enrolment

    def test_it_keeps_what_it_rests_on(self):
        enrolment = self.finish()
        decision = enrolment.decision
        required = [*self.modules, self.quiz]
        assert decision.inputs == {
            "required": [str(page.translation_key) for page in required],
            "electives": [str(self.knowledge_check.translation_key)],
            "electives_needed": 0,
            "completed": {
                str(page.translation_key): [str(self.version(page).uuid), "learner"]
                for page in required
            },
            "refresh_months": 24,
            "earlier_until": None,
        }
        assert decision.rule_version == 2
        assert decision.cause == DecisionCause.ACTIVITY
        assert decision.course_version == self.version(self.course)
        assert (decision.outcome, decision.decided_at, decision.expires_on) == (
            enrolment.outcome,
            enrolment.completed_at,
            enrolment.expires_on,
        )

    def test_there_is_one_for_each_cycle_and_none_before(self):
        enrolment = self.finish()
        actions.complete_activity(enrolment=enrolment, page=self.modules[0])
        actions.settle(enrolment=enrolment, course=self.course, items=outline(self.course))
        assert CompletionDecision.objects.count() == 1
        actions.enrol(membership=self.membership(self.otto), course=self.course)
        assert CompletionDecision.objects.count() == 1
        decision = enrolment.decision
        decision.pk = None
        with self.assertRaises(IntegrityError), transaction.atomic():
            decision.save(force_insert=True)

    def test_a_course_that_asks_for_less_is_the_cause(self):
        enrolment = self.enrol()
        for page in self.modules:
            actions.complete_activity(enrolment=enrolment, page=page)
        self.quiz.unpublish()
        response = self.client.get(self.course.url)
        enrolment.refresh_from_db()
        assert enrolment.decision.cause == DecisionCause.COURSE
        assert enrolment.outcome == Outcome.ATTENDED
        self.assertNotContains(response, "Warum bin ich noch nicht fertig?")

    def test_the_cited_texts_outlive_the_course(self):
        enrolment = self.finish()
        kept = CompletionDecision.objects.values().get()
        CoursePage.objects.get(pk=self.course.pk).delete()
        assert CompletionDecision.objects.values().get() == kept
        uuids = [version for version, _source in enrolment.decision.inputs["completed"].values()]
        assert ContentVersion.objects.filter(uuid__in=uuids).count() == 3


class WhyTests(RuleTestCase):
    """The person and HR read the same sentences; what is missing only she reads."""

    def why(self, enrolment, user):
        self.client.force_login(user)
        return self.client.get(reverse("completion_reason", args=[enrolment.uuid]))

    def finish(self, enrolment):
        for page in self.modules:
            actions.complete_activity(enrolment=enrolment, page=page)
        self.pass_quiz(enrolment)
        enrolment.refresh_from_db()

    def test_who_is_not_finished(self):
        enrolment = self.enrol()
        actions.complete_activity(enrolment=enrolment, page=self.modules[0])
        sentence = (
            "Der Kurs ist noch nicht abgeschlossen: "
            "Es fehlt noch mindestens ein Teil, den er verlangt."
        )
        rule = "Der Kurs ist abgeschlossen, sobald alle 3 nötigen Teile erledigt sind."
        for url in (self.course.url, reverse("courses:my_learning")):
            response = self.client.get(url)
            self.assertContains(response, f"{sentence} {rule}")
            self.assertContains(response, "(noch nicht bestanden)")
        response = self.why(enrolment, self.hilde)
        self.assertContains(response, sentence)
        self.assertContains(response, rule)
        self.assertContains(response, "Terhorst")
        for secret in ("noch nicht bestanden", "Modul 2", "Abschlusstest", "1 von 3", "33"):
            self.assertNotContains(response, f">{secret}")

    def test_hr_cannot_tell_who_has_begun(self):
        enrolment = self.enrol()
        before = self.why(enrolment, self.hilde).context["sentences"]
        actions.complete_activity(enrolment=enrolment, page=self.modules[0])
        actions.start_attempt(enrolment=enrolment, quiz=self.quiz)
        assert self.why(enrolment, self.hilde).context["sentences"] == before

    def test_who_is_finished(self):
        enrolment = self.enrol()
        self.finish(enrolment)
        day = f"{timezone.localdate():%d.%m.%Y}"
        sentences = [
            f"Der Kurs wurde am {day} abgeschlossen.",
            "Alle 3 Teile, die an diesem Tag nötig waren, sind erledigt.",
            f"Der Abschluss gilt bis zum {enrolment.expires_on:%d.%m.%Y}.",
            "Spätere Änderungen am Kurs nehmen davon nichts weg.",
        ]
        for url in (self.course.url, reverse("courses:my_learning")):
            self.client.force_login(self.anna)
            self.assertContains(self.client.get(url), " ".join(sentences))
        assert self.why(enrolment, self.hilde).context["sentences"] == sentences

    def test_what_was_credited_is_said(self):
        enrolment = self.enrol()
        for page in (*self.modules, self.quiz):
            actions.complete_activity(
                enrolment=enrolment,
                page=page,
                source=CompletionSource.OVERRIDE,
                actor=self.admin,
                reason="Präsenzschulung",
            )
        sentences = self.why(enrolment, self.hilde).context["sentences"]
        assert any("angerechnet" in sentence for sentence in sentences), sentences

    def test_a_course_that_is_not_public(self):
        enrolment = self.enrol()
        self.course.unpublish()
        self.assertContains(self.why(enrolment, self.hilde), "Er ist zurzeit nicht öffentlich.")

    def test_it_does_not_exist_for_another_authority(self):
        enrolment = self.enrol()
        assert self.why(enrolment, self.bernd).status_code == 404
        assert self.why(enrolment, self.otto).status_code in (302, 403)

    def test_the_list_leads_there(self):
        enrolment = self.enrol()
        self.client.force_login(self.hilde)
        self.assertContains(
            self.client.get(reverse("completion_list")),
            reverse("completion_reason", args=[enrolment.uuid]),
        )
