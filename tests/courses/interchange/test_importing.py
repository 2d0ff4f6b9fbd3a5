import json
import uuid
from base64 import b64encode
from io import StringIO

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.images import get_image_model
from wagtail.models import ModelLogEntry, ReferenceIndex
from wagtail.signals import published

from courses.interchange import moodle_xml
from courses.interchange.exporting import export_questions
from courses.interchange.importing import IMPORT, import_questions, plan_import
from courses.interchange.questions import ParsedQuestion, build_value
from courses.models import BankQuestion
from tests.cases import LearningHubTestCase
from tests.courses.questions.samples import BUILT_IN

from .strategies import PICTURES

GOOD = """<question type="truefalse"><name><text>Quelle {n}</text></name>
<questiontext format="html"><text><![CDATA[<p>Ein Modell kann {n} Quellen <b>erfinden</b>.</p>]]>
</text></questiontext>
<answer fraction="100"><text>true</text><feedback><text>Ja.</text></feedback></answer>
<answer fraction="0"><text>false</text><feedback><text>Doch.</text></feedback></answer>
<tags><tag><text>Quellen</text></tag></tags></question>"""
BAD = '<question type="calculated"><name><text>Rechnen</text></name></question>'


def quiz(*questions):
    return f"<quiz>{''.join(questions)}</quiz>".encode()


def good(number=1):
    return GOOD.replace("{n}", str(number))


def illustrated(number):
    data = b64encode(PICTURES[0].content).decode()
    file = f'<file name="a.png" path="/" encoding="base64">{data}</file>'
    shown = '<p>Was ist das?<img src="@@PLUGINFILE@@/a.png" alt="Rot"></p>'
    return (
        good(number)
        .replace("<p>Ein", f"{shown}<p>Ein")
        .replace("</text></questiontext>", f"</text>{file}</questiontext>")
    )


class ImportTests(LearningHubTestCase):
    def run_import(self, content, **options):
        plan = plan_import(content=content, file_name="fragen.xml")
        return import_questions(plan=plan, user=self.admin, **options)

    def test_questions_become_drafts_with_keywords_and_language(self):
        plan = self.run_import(quiz(good()), tags=["Test"])
        [question] = plan.created
        question = BankQuestion.objects.get(pk=question.pk)
        assert not question.live
        assert question.name == "Quelle 1"
        assert question.locale == self.de
        assert sorted(tag.name for tag in question.tags.all()) == ["Quellen", "Test"]
        value = question.block.value
        assert str(value["text"]) == "<p>Ein Modell kann 1 Quellen <b>erfinden</b>.</p>"
        assert value["is_true"] is True
        assert (value["feedback_true"], value["feedback_false"]) == ("Ja.", "Doch.")

    def test_a_bad_question_does_not_keep_the_others_out(self):
        plan = self.run_import(quiz(good(1), BAD, good(2)))
        assert plan.counts == {"created": 2, "identical": 0, "left_out": 1}
        [left_out] = plan.with_outcome("left_out")
        assert (left_out.name, left_out.line) == ("Rechnen", 6)
        assert "calculated" in left_out.reason

    def test_importing_twice_makes_nothing_twice(self):
        self.run_import(quiz(good(1), good(2)))
        plan = self.run_import(quiz(good(1), good(2), good(1)))
        assert plan.counts == {"created": 0, "identical": 3, "left_out": 0}
        assert BankQuestion.objects.count() == 2

    def test_a_plan_that_is_carried_out_twice_makes_nothing_twice(self):
        plan = plan_import(content=quiz(good(1)))
        import_questions(plan=plan, user=self.admin)
        again = import_questions(plan=plan, user=self.admin)
        assert again.counts["created"] == 0
        assert BankQuestion.objects.count() == 1

    def test_what_the_file_says_twice_is_made_once(self):
        plan = self.run_import(quiz(good(1), good(1)))
        assert plan.counts["identical"] == 1
        assert BankQuestion.objects.count() == 1

    def test_published_if_asked_for_and_complete(self):
        unready = (
            good(2)
            .replace("Modell", "Bild")
            .replace('type="truefalse"', 'type="multichoice"')
            .replace(
                '<answer fraction="0"><text>false</text>'
                "<feedback><text>Doch.</text></feedback></answer>",
                "",
            )
        )
        plan = self.run_import(quiz(good(1), unready), publish=True)
        live, draft = (BankQuestion.objects.get(pk=made.pk) for made in plan.created)
        assert live.live and live.version is not None
        assert not draft.live
        assert any("cannot be published" in n or "veröffentlicht" in n for n in plan.steps[1].notes)

    def test_pictures_are_kept_once(self):
        with_picture = [illustrated(n) for n in (1, 2)]
        self.run_import(quiz(*with_picture))
        image = get_image_model().objects.get()
        assert (image.collection.name, image.title) == ("Fragenpool", "Rot")
        assert image.get_usage().count() == 2
        for question in BankQuestion.objects.all():
            assert question.block.value["image"]["image"] == image
            assert question.block.value["image"]["alt_text"] == "Rot"
        again = self.run_import(quiz(*with_picture))
        assert again.counts["identical"] == 2
        assert get_image_model().objects.count() == 1

    def test_out_and_in_again_nothing_is_new(self):
        value = build_value(
            "single_choice",
            text='<p>Was <a href="https://example.org/">hier</a>?</p>',
            image={"image": PICTURES[0].digest, "alt_text": "Rot"},
            source="KI-VO",
            as_of="2026-01-31",
            points=3,
            options=[
                {"text": "A < B", "is_correct": False, "feedback": ""},
                {"text": "B", "is_correct": True, "feedback": "Ja & nein"},
            ],
        )
        parsed = ParsedQuestion(
            "Wahl",
            "single_choice",
            value,
            tags=("Bild",),
            pictures={PICTURES[0].digest: PICTURES[0]},
        )
        content = moodle_xml.write([parsed]).content
        self.run_import(content)
        exported = export_questions(BankQuestion.objects.all(), "moodle")
        assert not exported.left_out
        again = plan_import(content=exported.content)
        assert again.counts == {"created": 0, "identical": 1, "left_out": 0}
        gift = export_questions(BankQuestion.objects.all(), "gift")
        assert [note.name for note in gift.notes] == ["Wahl"]

    def test_every_type_goes_out_and_in_again(self):
        stream = BankQuestion._meta.get_field("question").stream_block
        for name, sample in BUILT_IN.items():
            question = BankQuestion(name=name, question=stream.to_python([sample]), locale=self.de)
            question.save()
        for file_format, ending in (("moodle", ".xml"), ("xlsx", ".xlsx")):
            exported = export_questions(BankQuestion.objects.all(), file_format)
            assert not exported.left_out
            plan = plan_import(content=exported.content, file_name=f"fragen{ending}")
            assert plan.counts == {
                "created": 0,
                "identical": len(BUILT_IN),
                "left_out": 0,
            }, file_format

    def test_plan_and_import_ask_as_many_queries_for_many_questions(self):
        # What is asked once and remembered: content types, locales, rights.
        self.run_import(quiz(illustrated(99)), publish=True)
        # Of a picture that is published, the block asks whether it is there.
        for publish, question in ((False, illustrated), (True, good)):
            counts = []
            for numbers in ((1,), range(2, 22)):
                content = quiz(*(question(n + 50 * publish) for n in numbers))
                with CaptureQueriesContext(connection) as queries:
                    self.run_import(content, publish=publish)
                counts.append(len(queries))
            assert counts[0] == counts[1]
        assert BankQuestion.objects.count() == 43

    def test_an_imported_question_is_as_one_saved_by_itself(self):
        for publish in (False, True):
            plan = self.run_import(quiz(illustrated(1 + publish)), tags=["Eins"], publish=publish)
            made = BankQuestion.objects.get(pk=plan.created[0].pk)
            alike = BankQuestion(
                name=made.name,
                question=json.dumps([made.stored_question()]),
                locale=made.locale,
                author=made.author,
                live=False,
            )
            alike.tags.add(*made.tags.all())
            alike.save()
            revision = alike.save_revision(user=self.admin)
            if publish:
                revision.publish(user=self.admin)
            alike.refresh_from_db()
            assert self.traces(made) == self.traces(alike)
            if publish:
                assert made.version.content == alike.version.content
                assert made.version.sha256 == alike.version.sha256
            else:
                assert made.version is None
            assert made.latest_revision.as_object().stored_question() == made.stored_question()

    def traces(self, question):
        """All that is left of saving a question, without keys and times."""
        moments = ("first_published_at", "last_published_at")
        keys = ("id", "translation_key", "latest_revision_id", "live_revision_id", "version_id")
        row = BankQuestion.objects.filter(pk=question.pk).values().get()
        shown = {name: value for name, value in row.items() if name not in (*moments, *keys)}
        shown |= {name: row[name] is not None for name in (*moments, *keys)}
        revision = question.latest_revision
        content = {
            name: value
            for name, value in revision.content.items()
            if name not in (*moments, "pk", "translation_key", "tagged", "latest_revision")
        }
        # PostgreSQL keeps the keys of a stored text in an order of its own.
        content["question"] = json.loads(content["question"])
        tags = sorted(row["tag"] for row in revision.content["tagged"])
        assert {row["pk"] for row in revision.content["tagged"]} == set(
            question.tagged.values_list("pk", flat=True)
        )
        entries = ModelLogEntry.objects.filter(object_id=str(question.pk))
        refers = ReferenceIndex.objects.filter(
            object_id=str(question.pk),
            base_content_type=ContentType.objects.get_for_model(BankQuestion),
        )
        recorded = set(refers.values_list("to_content_type", "model_path", "content_path_hash"))
        # Recording them once more, Wagtail finds nothing to change.
        ReferenceIndex.create_or_update_for_object(question)
        again = set(refers.values_list("to_content_type", "model_path", "content_path_hash"))
        if entries.filter(action=IMPORT).exists():
            assert recorded == again
        return {
            "row": shown,
            "revisions": [
                (r.user, r.object_str, r.content_type_id, r.base_content_type_id)
                for r in question.revisions.all()
            ],
            "live": question.live_revision == (revision if question.live else None),
            "content": content,
            "tags": tags,
            "log": [
                (entry.label, entry.action, entry.user)
                for entry in entries.exclude(action=IMPORT).order_by("pk")
            ],
            "refers": {row[:2] for row in again},
        }

    def test_one_import_stands_in_the_log_as_one(self):
        plan = self.run_import(quiz(good(1), good(2)))
        entries = ModelLogEntry.objects.filter(action=IMPORT, uuid=plan.run)
        assert {entry.object_id for entry in entries} == {str(q.pk) for q in plan.created}
        assert {entry.revision_id for entry in entries} == {
            question.latest_revision_id for question in BankQuestion.objects.all()
        }
        assert all(entry.user == self.admin and entry.content_changed for entry in entries)

    def test_what_listens_to_publishing_hears_of_each(self):
        heard = []

        def listen(sender, instance, revision, **kwargs):
            heard.append((instance.pk, revision.pk, instance.live))

        published.connect(listen, sender=BankQuestion)
        try:
            plan = self.run_import(quiz(good(1), good(2)), publish=True)
        finally:
            published.disconnect(listen, sender=BankQuestion)
        assert heard == [(q.pk, q.latest_revision_id, True) for q in plan.created]
        assert not any(q.has_unpublished_changes for q in BankQuestion.objects.all())

    def test_who_may_not_publish_publishes_nothing(self):
        with self.assertRaises(PermissionDenied):
            import_questions(plan=plan_import(content=quiz(good(1))), user=self.anna, publish=True)
        assert BankQuestion.objects.count() == 0

    def test_imported_questions_are_found(self):
        self.run_import(quiz(good(7)))
        assert BankQuestion.objects.matching("modell 7 quellen").get().name == "Quelle 7"
        assert BankQuestion.objects.tagged_with(["quellen"]).count() == 1

    def test_nothing_is_half_done(self):
        def fail(done, total):
            if done == 2:
                raise RuntimeError

        with self.assertRaises(RuntimeError):
            self.run_import(quiz(good(1), good(2)), progress=fail)
        assert BankQuestion.objects.count() == 0


class CommandTests(LearningHubTestCase):
    def command(self, content, *arguments):
        path = self.enterContext(_file(content))
        out = StringIO()
        try:
            call_command("import_questions", str(path), *arguments, stdout=out)
        except CommandError as error:
            return error.returncode, out.getvalue()
        return 0, out.getvalue()

    def test_all_taken(self):
        status, out = self.command(quiz(good(1), good(2)))
        assert status == 0
        assert BankQuestion.objects.count() == 2

    def test_some_left_out(self):
        status, out = self.command(quiz(good(1), BAD), "--json")
        report = json.loads(out)
        assert status == 3
        assert [step["name"] for step in report["created"]] == ["Quelle 1"]
        assert report["left_out"][0]["reason"]
        assert BankQuestion.objects.count() == 1

    def test_unreadable(self):
        assert self.command(b"<html></html>")[0] == 2
        assert self.command(b"")[0] == 2
        assert self.command(b"\x00\x01\x02\x03")[0] == 2
        assert BankQuestion.objects.count() == 0

    def test_a_dry_run_writes_nothing(self):
        status, out = self.command(quiz(good(1)), "--dry-run", "--json")
        assert status == 0
        assert json.loads(out)["counts"]["created"] == 1
        assert BankQuestion.objects.count() == 0


def _file(content):
    from contextlib import contextmanager
    from pathlib import Path
    from tempfile import TemporaryDirectory

    @contextmanager
    def made():
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"{uuid.uuid4()}.xml"
            path.write_bytes(content)
            yield path

    return made()
