"""Files as other programs and other years write them, and the template as teachers fill it in."""

import csv
import io
from base64 import b64encode

import openpyxl
import pytest

from courses.interchange import sheet
from courses.interchange.exporting import neutral_questions
from courses.interchange.importing import import_questions, plan_import
from courses.interchange.questions import ParsedQuestion, build_value, plain_value
from courses.interchange.reading import read_file
from courses.interchange.sheet_template import template
from courses.models import BankQuestion
from courses.questions import questions as question_types
from tests.cases import LearningHubTestCase
from tests.hub.organisations.test_importing import ods

from .strategies import PICTURES

QUESTIONS = [
    ParsedQuestion(
        'Wahl; mit "Zeichen"',
        "multiple_choice",
        build_value(
            "multiple_choice",
            text="<p>Was gilt für Ämter?</p><p>Mehrere, bitte.</p>",
            options=[
                {"text": "A; B = C", "is_correct": True, "feedback": "ja | nein"},
                {"text": "D", "is_correct": True},
                {"text": "E", "feedback": "5 % zu viel"},
            ],
            points=2,
            source="KI-VO Art. 4",
            as_of="2026-01-31",
        ),
        tags=("KI", "Recht"),
        language="de",
    ),
    ParsedQuestion(
        "Zahl",
        "number",
        build_value("number", text="<p>Wie viel?</p>", number="1.5", tolerance="0.25", unit="€"),
        language="en",
    ),
    ParsedQuestion(
        "Paare",
        "matching",
        build_value(
            "matching",
            text="<p>Wer macht was?</p>",
            pairs=[
                {"prompt": "Rat", "match": "beschließt"},
                {"prompt": "Amt", "match": "führt aus"},
            ],
            distractors=["schweigt"],
        ),
    ),
    ParsedQuestion(
        "Lücken",
        "gap_text",
        build_value(
            "gap_text",
            text="<p>Ergänzen Sie.</p>",
            sentence="Erst [1],\ndann [2].",
            gaps=[{"answers": ["eins", "1"]}, {"answers": ["zwei"], "distractors": ["drei"]}],
        ),
    ),
]


def rows():
    return [[column.label for column in sheet.columns()], *map(sheet.row_of, QUESTIONS)]


def as_csv(delimiter=";", encoding="utf-8-sig"):
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows(rows())
    return file.getvalue().encode(encoding)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (ods(*rows()), "fragen.ods"),
        (as_csv(), "fragen.csv"),
        (as_csv(","), "fragen.csv"),
        (as_csv("\t"), "fragen.tsv"),
        (as_csv(encoding="cp1252"), "fragen.csv"),
        (as_csv(encoding="utf-16"), "fragen.txt"),
        (b"sep=;\r\n" + as_csv(encoding="utf-8"), "fragen.csv"),
        # Above the headings people write what the list is.
        (ods(["Fragen des Personalamts"], [""], *rows()), "fragen.ods"),
    ],
    ids=["ods", "excel", "comma", "tab", "windows", "unicode text", "sep line", "title"],
)
def test_tables_of_other_programs_say_the_same(content, name):
    parsed = read_file(content, name)
    assert not parsed.rejected
    assert [q.value for q in parsed.questions] == [q.value for q in QUESTIONS]
    assert [(q.name, q.tags, q.language) for q in parsed.questions] == [
        (q.name, q.tags, q.language) for q in QUESTIONS
    ]


def test_a_wrong_row_of_a_table_is_named_by_its_number():
    table = rows()
    table[2][1] = "Kreuzworträtsel"
    for content, name in ((ods(*table), "a.ods"),):
        parsed = read_file(content, name)
        [rejected] = parsed.rejected
        assert (rejected.line, rejected.name) == (3, "Zahl")
        assert "Kreuzworträtsel" in rejected.reason
        assert len(parsed.questions) == len(QUESTIONS) - 1


class TemplateTests(LearningHubTestCase):
    def filled_in(self):
        """The template with its own examples copied to the first sheet, as a teacher would."""
        workbook = openpyxl.load_workbook(io.BytesIO(template()))
        questions, examples = workbook.worksheets
        headings = [cell.value for cell in questions[1]]
        places = {cell.value: cell.column for cell in examples[1]}
        for row in range(2, examples.max_row + 1):
            for column, heading in enumerate(headings, start=1):
                value = examples.cell(row, places[heading]).value
                questions.cell(row, column).value = value
        content = io.BytesIO()
        workbook.save(content)
        return content.getvalue()

    def test_empty_it_holds_no_questions_and_says_so(self):
        with pytest.raises(Exception, match="Fragen|questions"):
            plan_import(content=template(), file_name="fragen-vorlage.xlsx")

    def test_filled_in_all_is_taken(self):
        plan = plan_import(content=self.filled_in(), file_name="fragen-vorlage.xlsx")
        assert plan.counts == {"created": 10, "identical": 0, "left_out": 0}
        assert [step.notes for step in plan.steps] == [()] * 10
        assert {step.question.type_key for step in plan.steps} == set(sheet.TYPES)
        done = import_questions(plan=plan, user=self.admin, publish=True)
        assert all(question.live for question in done.created)
        assert set(sheet.TYPES) <= set(question_types)
        assert BankQuestion.objects.count() == 10
        # What went in comes out the same.
        out = {q.name: plain_value(q.value) for q in neutral_questions(BankQuestion.objects.all())}
        for step in plan.steps:
            assert out[step.name] == plain_value(step.question.value)


def moodle(*questions):
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n{"".join(questions)}</quiz>'.encode()


def one(content):
    parsed = read_file(content, "fragen.xml")
    assert not parsed.rejected, parsed.rejected
    [question] = parsed.questions
    return question, plain_value(question.value)


OLD = """<!-- question: 17  -->
  <question type="{kind}">
    <name><text>{name}</text></name>
    <questiontext format="{format}"><text>{text}</text></questiontext>
    {picture}
    <generalfeedback><text>{explanation}</text></generalfeedback>
    <defaultgrade>1</defaultgrade>
    <penalty>0.1</penalty>
    <hidden>0</hidden>
    <shuffleanswers>1</shuffleanswers>
{rest}
  </question>
"""


def old(kind, rest, *, text="Was gilt?", form="html", picture="<image></image>", explanation=""):
    """A question as Moodle 1.9 wrote it: texts escaped, no formats within, pictures beside."""
    return OLD.format(
        kind=kind,
        name=f"Alt {kind}",
        format=form,
        text=text,
        picture=picture,
        explanation=explanation,
        rest=rest,
    )


class TestMoodle19:
    def test_choice_with_a_picture_beside_it(self):
        data = b64encode(PICTURES[0].content).decode()
        lines = "\n".join(data[start : start + 76] for start in range(0, len(data), 76))
        question, value = one(
            moodle(
                old(
                    "multichoice",
                    "<single>true</single>\n<answernumbering>abc</answernumbering>"
                    '<answer fraction="100"><text>Eine &lt;b&gt;Richtlinie&lt;/b&gt;</text>'
                    "<feedback><text>Genau.</text></feedback></answer>"
                    '<answer fraction="0"><text>Ein Tier</text>'
                    "<feedback><text></text></feedback></answer>",
                    text="&lt;p&gt;Was ist das&amp;nbsp;hier?&lt;/p&gt;",
                    picture=f"<image>quiz/schild.png</image><image_base64>{lines}</image_base64>",
                    explanation="&lt;p&gt;Siehe &amp;sect; 4.&lt;/p&gt;",
                )
            )
        )
        assert question.type_key == "single_choice"
        assert value["text"] == "<p>Was ist das\u00a0hier?</p>"
        assert value["explanation"] == "<p>Siehe § 4.</p>"
        assert value["image"]["image"] == PICTURES[0].digest
        assert [(o["text"], o["is_correct"], o["feedback"]) for o in value["options"]] == [
            ("Eine Richtlinie", True, "Genau."),
            ("Ein Tier", False, ""),
        ]
        assert len(question.notes) == 1  # the picture needs a description

    def test_thirds_of_a_point_are_several_right_answers(self):
        answers = "".join(
            f'<answer fraction="{share}"><text>{text}</text></answer>'
            for text, share in (("A", "33.333"), ("B", "33.333"), ("C", "33.333"), ("D", "-100"))
        )
        question, value = one(moodle(old("multichoice", f"<single>false</single>{answers}")))
        assert question.type_key == "multiple_choice"
        assert [option["is_correct"] for option in value["options"]] == [True] * 3 + [False]
        assert len(question.notes) == 1  # a wrong one takes less here than in Moodle

    def test_plain_text_with_line_ends(self):
        question, value = one(
            moodle(
                old(
                    "truefalse",
                    '<answer fraction="0"><text>true</text><feedback><text>Nein</text></feedback>'
                    '</answer><answer fraction="100"><text>false</text></answer>',
                    text="Erste Zeile\nzweite Zeile mit 3 &lt; 4",
                    form="plain_text",
                )
            )
        )
        assert value["text"] == "<p>Erste Zeile<br/>zweite Zeile mit 3 &lt; 4</p>"
        assert (value["is_true"], value["feedback_true"]) == (False, "Nein")

    def test_moodles_own_format(self):
        _question, value = one(
            moodle(old("essay", "", text="Eins\nZwei", form="moodle_auto_format"))
        )
        assert value["text"] == "<p>Eins<br/>Zwei</p>"

    def test_pairs(self):
        _question, value = one(
            moodle(
                old(
                    "matching",
                    "<subquestion><text>Hund</text><answer><text>bellt</text></answer>"
                    "</subquestion><subquestion><text></text><answer><text>miaut</text></answer>"
                    "</subquestion><subquestion><text>Kuh</text><answer><text>muht</text></answer>"
                    "</subquestion>",
                )
            )
        )
        assert [(p["prompt"], p["match"]) for p in value["pairs"]] == [
            ("Hund", "bellt"),
            ("Kuh", "muht"),
        ]
        assert value["distractors"] == ["miaut"]

    def test_short_answers_and_numbers(self):
        _question, value = one(
            moodle(
                old(
                    "shortanswer",
                    "<usecase>1</usecase>"
                    '<answer fraction="100"><text>Coesfeld</text></answer>'
                    '<answer fraction="50"><text>Koesfeld</text></answer>',
                )
            )
        )
        assert value["case_matters"] is True
        assert [(a["text"], a["percent"]) for a in value["answers"]] == [
            ("Coesfeld", 100),
            ("Koesfeld", 50),
        ]
        _question, value = one(
            moodle(
                old(
                    "numerical",
                    '<answer fraction="100">3.5<tolerance>0.5</tolerance>'
                    "<feedback><text>Ja</text></feedback></answer>",
                )
            )
        )
        assert (value["number"], value["tolerance"]) == ("3.5", "0.5")


DRAGGED = """<question type="{kind}">
<name><text>Ziehen</text></name>
<questiontext format="html"><text><![CDATA[<p>Die [[1]] sitzt auf der [[3]].<br>Der [[2]] liegt
auf der [[4]], auch die [[1]] [2026].</p>]]></text></questiontext>
<generalfeedback format="html"><text></text></generalfeedback>
<defaultgrade>2.0000000</defaultgrade><penalty>0.3333333</penalty><hidden>0</hidden>
<idnumber></idnumber><shuffleanswers>1</shuffleanswers>
<correctfeedback format="html"><text>Die Antwort ist richtig.</text></correctfeedback>
<shownumcorrect/>
{choices}</question>"""
CHOICES = (("Katze", 1), ("Hund", 1), ("Matte", 2), ("Couch", 2), ("Maus &amp; Co", 1))


class TestGapsToChoose:
    @pytest.mark.parametrize(
        ("kind", "element"), [("ddwtos", "dragbox"), ("gapselect", "selectoption")]
    )
    def test_each_gap_offers_its_group(self, kind, element):
        choices = "".join(
            f"<{element}><text>{text}</text><group>{group}</group></{element}>"
            for text, group in CHOICES
        )
        question, value = one(moodle(DRAGGED.format(kind=kind, choices=choices)))
        assert question.type_key == "gap_text"
        assert value["sentence"] == (
            "Die [1] sitzt auf der [2].\nDer [3] liegt auf der [4], auch die [5] (2026)."
        )
        assert [gap["answers"] for gap in value["gaps"]] == [
            ["Katze"],
            ["Matte"],
            ["Hund"],
            ["Couch"],
            ["Katze"],
        ]
        assert value["gaps"][0]["distractors"] == ["Hund", "Maus & Co"]
        assert value["gaps"][1]["distractors"] == ["Couch"]
        assert value["points"] == 2
        assert question.notes == ()

    def test_a_gap_without_its_choice_is_left_out(self):
        content = moodle(DRAGGED.format(kind="ddwtos", choices="<dragbox><text>A</text></dragbox>"))
        [rejected] = read_file(content, "fragen.xml").rejected
        assert rejected.name == "Ziehen"


CLOZE = """<question type="cloze">
<name><text>Städte</text></name>
<questiontext format="html"><text><![CDATA[{}]]></text></questiontext>
<generalfeedback format="html"><text><![CDATA[<p>Siehe Karte.</p>]]></text></generalfeedback>
<penalty>0.3333333</penalty><hidden>0</hidden></question>"""


class TestCloze:
    def test_what_moodles_manual_shows(self):
        question, value = one(
            moodle(
                CLOZE.format(
                    "<p>Match the cities:</p><ul>"
                    "<li>San Francisco: {1:MULTICHOICE:=California#OK~Arizona#Wrong}</li>"
                    "<li>Tucson: {1:MULTICHOICE:California#Wrong~%100%Arizona#OK}</li>"
                    "<li>Phoenix: {1:MULTICHOICE_V:%0%California#Wrong~=Arizona#OK}</li></ul>"
                    "<p>The capital of France is {1:SHORTANSWER:%100%Paris#Congratulations!~"
                    "%50%Marseille#No, that is the second largest city.~*#Wrong answer.}.</p>"
                )
            )
        )
        assert value["sentence"] == (
            "Match the cities:\n– San Francisco: [1]\n– Tucson: [2]\n– Phoenix: [3]\n"
            "The capital of France is [4]."
        )
        assert [(gap["answers"], gap["distractors"]) for gap in value["gaps"]] == [
            (["California"], ["Arizona"]),
            (["Arizona"], ["California"]),
            (["Arizona"], ["California"]),
            (["Paris"], []),
        ]
        assert value["gaps"][0]["feedback"] == "California: OK Arizona: Wrong"
        assert value["gaps"][3]["feedback"].startswith("Paris: Congratulations! Marseille: No, ")
        assert value["points"] == 4
        assert value["explanation"] == "<p>Siehe Karte.</p>"
        assert len(question.notes) == 1  # half right answers count nothing

    def test_entities_markup_and_escapes_inside_a_gap(self):
        _question, value = one(
            moodle(
                CLOZE.format(
                    "<p>Die Landeshauptstadt ist {2:SAC:=M&uuml;nchen~=Munich \\(engl.\\)},"
                    " nicht {:MC:<b>Berlin</b>~=K&#246;ln \\} \\~ \\#1~Bonn &amp; Co}.</p>"
                )
            )
        )
        first, second = value["gaps"]
        assert first["answers"][0] == "München"
        assert value["case_matters"] is True
        assert second["answers"] == ["Köln } ~ #1"]
        assert second["distractors"] == ["Berlin", "Bonn & Co"]

    def test_exact_numbers_become_texts_and_others_are_left_out(self):
        _question, value = one(moodle(CLOZE.format("<p>2 + 2 = {1:NUMERICAL:=4}</p>")))
        assert value["gaps"][0]["answers"] == ["4"]
        for gap in (
            "{1:NUMERICAL:=23.8:0.1}",
            "{1:MULTIRESPONSE:=A~=B~C}",
            "{1:SHORTANSWER:=Ber*}",
            "{1:SHORTANSWER:*}",
            "{1:SHORTANSWER:falsch}",
            "keine Lücke",
        ):
            parsed = read_file(moodle(CLOZE.format(f"<p>Hier: {gap}</p>")), "fragen.xml")
            assert not parsed.questions, gap
            [rejected] = parsed.rejected
            assert rejected.name == "Städte"
            assert rejected.reason

    def test_braces_that_are_no_gap_stay_text(self):
        _question, value = one(
            moodle(CLOZE.format("<p>Menge {1, 2} und {a}: {1:SA:=ja}. Ende {offen</p>"))
        )
        assert value["sentence"] == "Menge {1, 2} und {a}: [1]. Ende {offen"
