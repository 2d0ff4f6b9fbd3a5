import json
import uuid
from base64 import b64encode
from io import StringIO

from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.images import get_image_model

from courses.interchange import moodle_xml
from courses.interchange.exporting import export_questions
from courses.interchange.importing import import_questions, plan_import
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
        picture = PICTURES[0]
        data = b64encode(picture.content).decode()
        file = f'<file name="a.png" path="/" encoding="base64">{data}</file>'
        shown = '<p>Was ist das?<img src="@@PLUGINFILE@@/a.png" alt="Rot"></p>'
        with_picture = [
            good(n)
            .replace("<p>Ein", f"{shown}<p>Ein")
            .replace("</text></questiontext>", f"</text>{file}</questiontext>")
            for n in (1, 2)
        ]
        self.run_import(quiz(*with_picture))
        image = get_image_model().objects.get()
        assert (image.collection.name, image.title) == ("Fragenpool", "Rot")
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

    def test_the_plan_asks_as_many_queries_for_many_questions(self):
        counts = []
        for number in (1, 20):
            content = quiz(*(good(n) for n in range(number)))
            with CaptureQueriesContext(
                connection,
            ) as queries:
                plan_import(content=content)
            counts.append(len(queries))
        assert counts[0] == counts[1]

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
