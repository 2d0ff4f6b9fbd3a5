"""The empty table for teachers, with an explained example of each type on a second sheet."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import override

from hub.spreadsheets import Column, Sheet

from . import sheet
from .questions import ParsedQuestion, build_value


def template() -> bytes:
    """An XLSX file to be filled in: headings on the first sheet, examples on the second."""
    with override("de"):
        columns = [Column(_("How it works"), "lines", 60), *sheet.columns()]
        examples = Sheet("Beispiele", columns, list(sheet.described(_examples())))
        return sheet.write([], more=[examples]).content


def _examples() -> Iterator[tuple[str, ParsedQuestion]]:
    yield (
        _(
            "One answer is right. Write each answer in a line of its own (Alt+Enter). After a bar "
            "you may say why it is right or wrong: “answer | feedback”."
        ),
        _example(
            "single_choice",
            "Darf ich Daten von Bürgern in ein frei zugängliches KI-Werkzeug eingeben?",
            options=[
                _option("Nein.", "Es fehlt die Rechtsgrundlage.", is_correct=True),
                _option("Ja, wenn ich sie danach lösche.", "Sie sind dann schon übertragen."),
                _option("Ja, immer.", ""),
            ],
        ),
    )
    yield (
        _("Several answers are right. Each right one counts, each wrong one takes as much away."),
        _example(
            "multiple_choice",
            "Was prüfen Sie, bevor Sie einen Text der KI verwenden?",
            points=2,
            options=[
                _option("Ob die Fakten stimmen.", "", is_correct=True),
                _option("Ob die Quellen existieren.", "", is_correct=True),
                _option("Ob er lang genug ist.", "Länge sagt nichts über Qualität."),
            ],
        ),
    )
    yield (
        _("A statement that is right or wrong. Write “Richtig” or “Falsch” as the right answer."),
        _example(
            "true_false",
            "Ein Sprachmodell kann Quellen erfinden.",
            is_true=True,
            feedback_true="Genau, deshalb wird jede Quelle geprüft.",
            feedback_false="Doch: Es setzt Wörter zusammen, es schlägt nicht nach.",
        ),
    )
    yield (
        _(
            "Pairs to be matched: “term = match” in each line. What stands under wrong answers is "
            "offered as well and fits nothing."
        ),
        _example(
            "matching",
            "Wer ist wofür zuständig?",
            pairs=[
                {"prompt": "Datenschutz", "match": "Datenschutzbeauftragte"},
                {"prompt": "Mitbestimmung", "match": "Personalrat"},
            ],
            distractors=["Kreistag"],
        ),
    )
    yield (
        _("Steps in their right order, each in a line of its own. They are shown shuffled."),
        _example(
            "ordering",
            "In welcher Reihenfolge gehen Sie vor?",
            steps=[
                {"text": "Frage klären", "feedback": ""},
                {"text": "Eingabe schreiben", "feedback": ""},
                {"text": "Ergebnis prüfen", "feedback": "Immer zum Schluss."},
            ],
        ),
    )
    yield (
        _(
            "A text with gaps. Write [1], [2] … into it. The first line of the answers belongs to "
            "[1]: several right ones are divided by semicolons. With wrong answers in the same "
            "line people choose, without they type."
        ),
        _example(
            "gap_text",
            "Ergänzen Sie den Satz.",
            sentence="Die KI-Verordnung gilt seit [1] und ist ein Gesetz der [2].",
            gaps=[
                {"answers": ["2024"], "distractors": [], "feedback": ""},
                {"answers": ["EU"], "distractors": ["UNO", "NATO"], "feedback": ""},
            ],
        ),
    )
    yield (
        _(
            "People type a short answer. Each line is one that counts; the third part says how "
            "much: “answer | feedback | 50 %”. Umlauts may be typed as ae, oe, ue, unless you "
            "write “ja” under “Umlaute zählen”."
        ),
        _example(
            "short_text",
            "Wie heißt die Kreisstadt?",
            answers=[
                {"text": "Coesfeld", "percent": 100, "feedback": ""},
                {"text": "Koesfeld", "percent": 50, "feedback": "Mit C."},
            ],
        ),
    )
    yield (
        _(
            "A number. It also counts if it differs by no more than the tolerance. The feedback is "
            "for who is wrong."
        ),
        _example(
            "number",
            "Wie hoch ist die höchste Geldbuße nach der KI-Verordnung in Millionen Euro?",
            number="35",
            tolerance="0",
            unit="Mio. €",
            feedback_wrong="Siehe Artikel 99.",
        ),
    )
    yield (
        _("An opinion without points: “lowest | highest | number of steps”."),
        _example(
            "scale",
            "Wie sicher fühlen Sie sich im Umgang mit KI?",
            lowest="gar nicht sicher",
            highest="sehr sicher",
            steps=5,
        ),
    )
    yield (
        _("People write freely, and a person marks it by your criteria."),
        _example(
            "free_text",
            "Beschreiben Sie eine Aufgabe, bei der Ihnen KI helfen könnte.",
            points=5,
            max_length=1000,
            criteria="Eine Aufgabe aus der eigenen Arbeit, ein Nutzen, ein Risiko.",
            model_answer="Entwürfe für Antworten auf häufige Anfragen …",
        ),
    )


def _example(type_key: str, text: str, **own: object) -> ParsedQuestion:
    value = build_value(type_key, text=f"<p>{text}</p>", **own)
    return ParsedQuestion(sheet.TYPES[type_key][0], type_key, value, tags=("Beispiel",))


def _option(text: str, feedback: str, *, is_correct: bool = False) -> dict[str, object]:
    return {"text": text, "feedback": feedback, "is_correct": is_correct}
