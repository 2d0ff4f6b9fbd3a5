"""Questions in a table: one row a question, with headings a teacher can read.

A cell with several answers has one in each line; what belongs to an answer stands after a bar:
``Antwort | Rückmeldung``. A bar, semicolon, comma or equals sign that is part of a text has a
backslash before it. The headings and words are German, for they are part of the file format.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from hub.organisations.names import search_form
from hub.spreadsheets import MAX_CELL_LENGTH, Column, Sheet, write_xlsx
from hub.tables import Row, UnreadableError

from .markup import (
    MAX_LENGTH,
    QuestionRefused,
    clean_typed,
    one_line,
    to_typed,
    without_controls,
)
from .numbers import in_digits, to_decimal, to_whole
from .questions import (
    ParsedFile,
    ParsedQuestion,
    Rejected,
    WrittenFile,
    build_value,
    picture_keys,
    plain_value,
    short_name,
)

Value = dict[str, Any]
Cells = Mapping[str, str]

#: By field, the heading that is written, and others that are understood; capitals are all one.
HEADINGS: dict[str, tuple[str, ...]] = {
    "name": ("Bezeichnung", "Name", "Titel", "Title"),
    "type": ("Fragetyp", "Typ", "Art der Frage", "Type", "Question type"),
    "text": ("Frage", "Fragetext", "Question", "Question text"),
    "right": ("Richtige Antworten", "Richtige Antwort", "Richtig", "Right answers"),
    "wrong": ("Falsche Antworten", "Falsche Antwort", "Falsch", "Wrong answers"),
    "feedback": ("Rückmeldungen", "Rückmeldung", "Feedback"),
    "sentence": ("Lückentext", "Gap text"),
    "tolerance": ("Toleranz", "Tolerance"),
    "unit": ("Einheit", "Unit"),
    "scale": ("Skala", "Scale"),
    "case_matters": ("Großschreibung zählt", "Capitals matter"),
    "umlauts_matter": ("Umlaute zählen", "Umlauts matter"),
    "max_length": ("Höchstlänge", "Greatest length"),
    "criteria": ("Bewertungshinweise", "Criteria"),
    "model_answer": ("Musterlösung", "Model answer"),
    "points": ("Punkte", "Points"),
    "explanation": ("Erklärung", "Explanation"),
    "source": ("Quelle", "Source"),
    "as_of": ("Stand", "As of"),
    "review_on": ("Prüfen am", "Check again on"),
    "tags": ("Schlagwörter", "Schlagworte", "Tags", "Keywords"),
    "language": ("Sprache", "Language"),
}
WIDTHS = {
    "text": 50,
    "right": 40,
    "wrong": 40,
    "sentence": 40,
    "explanation": 40,
    "feedback": 30,
    "points": 8,
    "tolerance": 10,
    "unit": 10,
    "language": 10,
}
#: By type, what it is called in the table, and other words for it.
TYPES: dict[str, tuple[str, ...]] = {
    "single_choice": ("Einfachauswahl", "Single Choice", "Eine richtige Antwort"),
    "multiple_choice": ("Mehrfachauswahl", "Multiple Choice", "Mehrere richtige Antworten"),
    "true_false": ("Richtig oder falsch", "Richtig/Falsch", "Wahr/Falsch", "True or false"),
    "matching": ("Zuordnung", "Matching"),
    "ordering": ("Reihenfolge", "Ordering"),
    "gap_text": ("Lückentext", "Gap text"),
    "short_text": ("Kurzantwort", "Kurze Antwort", "Short text", "Short answer"),
    "number": ("Zahl", "Numerisch", "Number"),
    "scale": ("Skala", "Scale"),
    "free_text": ("Freitext", "Free text", "Essay"),
}
YES, NO = "ja", "nein"
TRUE, FALSE = "Richtig", "Falsch"
_YES = {"ja", "j", "x", "yes", "wahr", "1", "true", "richtig"}
_NO = {"", "nein", "n", "no", "falsch", "0", "false"}
LANGUAGES = {
    "de": ("de", "deutsch", "german"),
    "en": ("en", "englisch", "english"),
    "de-simple": ("de simple", "leichte sprache", "deutsch leichte sprache"),
}
#: Above the headings there may be a title or a hint.
ROWS_TO_SEARCH = 20

_unmask = re.compile(r"\\([\\|;=,])").sub
_mask = re.compile(r"[\\|;=,]").sub
_german_date = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})").fullmatch


def parse(rows: Sequence[Row], *, language: str = "de") -> ParsedFile:
    """The questions of a table; what cannot be taken over is rejected row by row.

    Raises ``UnreadableError`` for a table without the headings.
    """
    heading_row, positions = _find_columns(rows)
    parsed = ParsedFile()
    for number, row in enumerate(rows[heading_row + 1 :], start=heading_row + 2):
        cells: dict[str, str] = {}
        try:
            for name, position in positions.items():
                cells[name] = _as_text(row[position]) if position < len(row) else ""
            if any(cell.strip() for cell in cells.values()):
                parsed.questions.append(_question(cells, number))
        except QuestionRefused as error:
            name = short_name(cells.get("name", ""), cells.get("text", ""))
            parsed.rejected.append(Rejected(name, number, str(error)))
    return parsed


def _find_columns(rows: Sequence[Row]) -> tuple[int, dict[str, int]]:
    meanings = {search_form(form): name for name, forms in HEADINGS.items() for form in forms}
    for number, row in enumerate(rows[:ROWS_TO_SEARCH]):
        positions: dict[str, int] = {}
        for position, cell in enumerate(row):
            name = meanings.get(search_form(str(cell)[:100]))
            if name:
                positions.setdefault(name, position)
        if "text" in positions and positions.keys() & {"type", "right"}:
            return number, positions
    raise UnreadableError(
        _(
            "The table has no row with the headings “Frage” and “Richtige Antworten”. Please use "
            "the template."
        )
    )


def _as_text(cell: Any) -> str:
    """A cell as text; a date as TT.MM.JJJJ, a number with a comma."""
    if isinstance(cell, bool):
        return YES if cell else NO
    if isinstance(cell, float):
        number = to_decimal(repr(cell))
        return in_digits(number).replace(".", ",") if number is not None else str(cell)
    if isinstance(cell, datetime):
        cell = cell.date()
    if isinstance(cell, date):
        return f"{cell:%d.%m.%Y}"
    if isinstance(cell, time | timedelta):
        raise QuestionRefused(_("A cell holds a time. Please format it as text."))
    text = without_controls("" if cell is None else str(cell))
    if len(text) > MAX_LENGTH:
        raise QuestionRefused(_("The text is too long."))
    return text


def _question(cells: Cells, number: int) -> ParsedQuestion:
    text = clean_typed(cells.get("text", ""))
    if not text.html:
        raise QuestionRefused(_("The question has no text."))
    type_key = _type(cells)
    given = {
        "text": text.html,
        "explanation": clean_typed(cells.get("explanation", "")).html,
        "source": one_line(cells.get("source", "")),
        "as_of": _date(cells, "as_of"),
        "review_on": _date(cells, "review_on"),
        **FORMS[type_key].read(cells),
    }
    if type_key != "scale":
        given["points"] = _whole(cells, "points", 1)
    return ParsedQuestion(
        name=short_name(cells.get("name", ""), text.text),
        type_key=type_key,
        value=build_value(type_key, **given),
        line=number,
        tags=tuple(dict.fromkeys(tag[:90] for tag in _listed(cells.get("tags", ""), ",;\n"))),
        language=_language(cells.get("language", "")),
    )


def _type(cells: Cells) -> str:
    word = search_form(cells.get("type", ""))
    if not word:
        right = [line for line in cells.get("right", "").split("\n") if line.strip()]
        if cells.get("sentence", "").strip():
            return "gap_text"
        if cells.get("scale", "").strip():
            return "scale"
        if right and cells.get("wrong", "").strip():
            return "single_choice" if len(right) == 1 else "multiple_choice"
        raise QuestionRefused(
            _("The type of the question is missing. Possible are: %(types)s.")
            % {"types": ", ".join(words[0] for words in TYPES.values())}
        )
    for key, words in TYPES.items():
        if word in {search_form(form) for form in (key, *words)}:
            return key
    raise QuestionRefused(
        _("“%(word)s” is no type of question. Possible are: %(types)s.")
        % {
            "word": cells["type"].strip()[:40],
            "types": ", ".join(words[0] for words in TYPES.values()),
        }
    )


# Cells


def _split(text: str, sign: str) -> list[str]:
    """What stands between the ``sign``s that have no backslash before them, without its spaces."""
    parts: list[list[str]] = [[]]
    is_masked = False
    for letter in text:
        if letter == sign and not is_masked:
            parts.append([])
        else:
            parts[-1].append(letter)
        is_masked = letter == "\\" and not is_masked
    return ["".join(part).strip() for part in parts]


def _plain(part: str) -> str:
    return one_line(_unmask(r"\1", part))


def _masked(text: str) -> str:
    return _mask(r"\\\g<0>", text)


def _lines(cells: Cells, name: str) -> list[str]:
    """The lines of a cell; empty ones in between count, those at the end do not."""
    return cells.get(name, "").rstrip().split("\n") if cells.get(name, "").strip() else []


def _fields(line: str, count: int) -> list[str]:
    """The parts of a line between bars, made up to ``count``; more belong to the last."""
    parts = [_plain(part) for part in _split(line, "|")]
    if len(parts) > count:
        parts = [*parts[: count - 1], " | ".join(parts[count - 1 :])]
    return parts + [""] * (count - len(parts))


def _listed(text: str, signs: str) -> list[str]:
    """Words divided by any of ``signs``."""
    pieces = [text]
    for sign in signs:
        pieces = [
            part
            for piece in pieces
            for part in (piece.split("\n") if sign == "\n" else _split(piece, sign))
        ]
    return [plain for plain in map(_plain, pieces) if plain]


def _joined(*parts: str) -> str:
    """Parts of a line with bars between them, without empty ones at the end."""
    kept = list(parts)
    while len(kept) > 1 and not kept[-1]:
        kept.pop()
    return " | ".join(_masked(part) for part in kept)


def _refused(name: str, reason: str) -> QuestionRefused:
    return QuestionRefused(f"{HEADINGS[name][0]}: {reason}")


def _whole(cells: Cells, name: str, default: int) -> int:
    text = cells.get(name, "").strip()
    if not text:
        return default
    number = to_decimal(text)
    if number is None or number != to_whole(number) or not 0 <= number <= 10_000:
        raise _refused(name, _("“%(text)s” is no whole number.") % {"text": text[:40]})
    return to_whole(number)


def _date(cells: Cells, name: str) -> str | None:
    text = cells.get(name, "").strip()
    if not text:
        return None
    try:
        if german := _german_date(text):
            day, month, year = map(int, german.groups())
            return date(year, month, day).isoformat()
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None:
        raise _refused(
            name, _("“%(text)s” is no date. Please write it like 31.12.2026.") % {"text": text[:40]}
        )
    return found.isoformat()


def _flag(cells: Cells, name: str) -> bool:
    word = search_form(cells.get(name, ""))
    if word not in _YES | _NO:
        raise _refused(name, _("Please write “ja” or “nein”."))
    return word in _YES


def _language(text: str) -> str:
    word = search_form(text)
    for code, words in LANGUAGES.items():
        if word in words:
            return code
    if word:
        raise _refused(
            "language", _("The hub has no language “%(text)s”.") % {"text": text.strip()[:40]}
        )
    return ""


def _paragraphs(text: str) -> str:
    """Plain text of several lines."""
    return "\n".join(one_line(line) for line in text.strip().split("\n"))


def _german(number: Any) -> str:
    return str(number).replace(".", ",") if number not in (None, "") else ""


# Types


def _read_choice(cells: Cells) -> Value:
    right, wrong = _lines(cells, "right"), _lines(cells, "wrong")
    meeting = any(a.strip() and b.strip() for a, b in zip(right, wrong, strict=False))
    if meeting:
        marked = [(line, True) for line in right] + [(line, False) for line in wrong]
    else:  # each has blank lines where the other has an answer: the order of the options
        marked = [
            pair
            for a, b in zip_longest(right, wrong, fillvalue="")
            for pair in ((a, True), (b, False))
        ]
    options = []
    for line, is_correct in marked:
        if line.strip():
            text, feedback = _fields(line, 2)
            options.append({"text": text, "is_correct": is_correct, "feedback": feedback})
    if not any(option["is_correct"] for option in options):
        raise _refused("right", _("Please write at least one right answer."))
    return {"options": options}


def _read_single_choice(cells: Cells) -> Value:
    value = _read_choice(cells)
    if sum(1 for option in value["options"] if option["is_correct"]) > 1:
        raise _refused(
            "right",
            _("There are several, but the type is “%(type)s”.")
            % {"type": TYPES["single_choice"][0]},
        )
    return value


def _write_choice(value: Value) -> Cells:
    options = value["options"]
    flags = [option["is_correct"] for option in options]
    lines = [_joined(option["text"], option["feedback"]) for option in options]
    if flags == sorted(flags, reverse=True):
        right = [line for line, flag in zip(lines, flags, strict=True) if flag]
        wrong = [line for line, flag in zip(lines, flags, strict=True) if not flag]
    else:
        right = [line if flag else "" for line, flag in zip(lines, flags, strict=True)]
        wrong = ["" if flag else line for line, flag in zip(lines, flags, strict=True)]
    return {"right": "\n".join(right).rstrip("\n"), "wrong": "\n".join(wrong).rstrip("\n")}


def _read_true_false(cells: Cells) -> Value:
    word = search_form(cells.get("right", ""))
    if not word or word not in _YES | _NO:
        raise _refused("right", _("Please write “Richtig” or “Falsch”."))
    feedback = {True: "", False: ""}
    for line in _lines(cells, "feedback"):
        if not line.strip():
            continue
        label, said = _fields(line, 2)
        label = search_form(label)
        if label not in _YES | _NO or not label:
            raise _refused("feedback", _("Please begin each line with “Richtig |” or “Falsch |”."))
        feedback[label in _YES] = said
    return {
        "is_true": word in _YES,
        "feedback_true": feedback[True],
        "feedback_false": feedback[False],
    }


def _write_true_false(value: Value) -> Cells:
    said = [(TRUE, value["feedback_true"]), (FALSE, value["feedback_false"])]
    return {
        "right": TRUE if value["is_true"] else FALSE,
        "feedback": "\n".join(_joined(label, text) for label, text in said if text),
    }


def _read_matching(cells: Cells) -> Value:
    pairs = []
    for line in _lines(cells, "right"):
        if not line.strip():
            continue
        both, *rest = _split(line, "|")
        sides = [_plain(side) for side in _split(both, "=")]
        if len(sides) != 2 or not all(sides):
            raise _refused("right", _("Please write each pair as “Begriff = Zuordnung”."))
        feedback = _plain(" | ".join(rest))
        pairs.append({"prompt": sides[0], "match": sides[1], "feedback": feedback})
    wrong = [_plain(line) for line in _lines(cells, "wrong") if line.strip()]
    return {"pairs": pairs, "distractors": wrong}


def _write_matching(value: Value) -> Cells:
    lines = []
    for pair in value["pairs"]:
        line = f"{_masked(pair['prompt'])} = {_masked(pair['match'])}"
        lines.append(f"{line} | {_masked(pair['feedback'])}" if pair["feedback"] else line)
    return {"right": "\n".join(lines), "wrong": "\n".join(map(_masked, value["distractors"]))}


def _read_ordering(cells: Cells) -> Value:
    lines = [_fields(line, 2) for line in _lines(cells, "right") if line.strip()]
    return {"steps": [{"text": text, "feedback": feedback} for text, feedback in lines]}


def _write_ordering(value: Value) -> Cells:
    lines = [_joined(step["text"], step["feedback"]) for step in value["steps"]]
    return {"right": "\n".join(lines)}


def _read_gap_text(cells: Cells) -> Value:
    gaps = []
    for right, wrong in zip_longest(_lines(cells, "right"), _lines(cells, "wrong"), fillvalue=""):
        answers, *rest = _split(right, "|")
        if not answers:
            raise _refused("right", _("Please write one line for each gap."))
        gaps.append(
            {
                "answers": _listed(answers, ";"),
                "distractors": _listed(wrong, ";"),
                "feedback": _plain(" | ".join(rest)),
            }
        )
    sentence = _paragraphs(cells.get("sentence", ""))
    missing = [n for n in range(1, len(gaps) + 1) if f"[{n}]" not in sentence]
    if missing or not gaps:
        raise _refused(
            "sentence",
            _("Please write [1], [2] … where the gaps are: one for each line of the answers."),
        )
    return {"sentence": sentence, "gaps": gaps, **_read_spelling(cells)}


def _write_gap_text(value: Value) -> Cells:
    right, wrong = [], []
    for gap in value["gaps"]:
        answers = "; ".join(map(_masked, gap["answers"]))
        right.append(f"{answers} | {_masked(gap['feedback'])}" if gap["feedback"] else answers)
        wrong.append("; ".join(map(_masked, gap["distractors"])))
    return {
        "sentence": value["sentence"],
        "right": "\n".join(right),
        "wrong": "\n".join(wrong).rstrip("\n"),
        **_write_spelling(value),
    }


def _read_spelling(cells: Cells) -> Value:
    return {name: _flag(cells, name) for name in ("case_matters", "umlauts_matter")}


def _write_spelling(value: Value) -> Cells:
    return {name: YES if value[name] else NO for name in ("case_matters", "umlauts_matter")}


def _read_short_text(cells: Cells) -> Value:
    answers = []
    for line in _lines(cells, "right"):
        if not line.strip():
            continue
        text, feedback, share = _fields(line, 3)
        percent = to_decimal(share.rstrip("% ") or "100")
        if percent is None or not 0 <= percent <= 100:
            raise _refused("right", _("“%(text)s” is no percentage.") % {"text": share[:40]})
        answers.append({"text": text, "percent": to_whole(percent), "feedback": feedback})
    if not any(answer["percent"] == 100 for answer in answers):
        raise _refused("right", _("Please write at least one right answer."))
    return {"answers": answers, **_read_spelling(cells)}


def _write_short_text(value: Value) -> Cells:
    lines = [
        _joined(
            answer["text"],
            answer["feedback"],
            "" if answer["percent"] == 100 else f"{answer['percent']} %",
        )
        for answer in value["answers"]
    ]
    return {"right": "\n".join(lines), **_write_spelling(value)}


def _read_number(cells: Cells) -> Value:
    found: dict[str, Decimal] = {}
    for name, default in (("right", ""), ("tolerance", "0")):
        text = cells.get(name, "").strip() or default
        number = to_decimal(text)
        if number is None:
            raise _refused(name, _("“%(text)s” is no number.") % {"text": text[:40]})
        found[name] = number
    return {
        "number": in_digits(found["right"]),
        "tolerance": in_digits(abs(found["tolerance"])),
        "unit": one_line(cells.get("unit", "")),
        "feedback_wrong": one_line(cells.get("feedback", "")),
    }


def _write_number(value: Value) -> Cells:
    return {
        "right": _german(value["number"]),
        "tolerance": _german(value["tolerance"]),
        "unit": value["unit"],
        "feedback": value["feedback_wrong"],
    }


def _read_scale(cells: Cells) -> Value:
    lowest, highest, steps = _fields(cells.get("scale", ""), 3)
    if not lowest or not highest:
        raise _refused("scale", _("Please write it like “gar nicht | voll und ganz | 5”."))
    return {
        "lowest": lowest,
        "highest": highest,
        "steps": _whole({"scale": steps}, "scale", 5),
    }


def _write_scale(value: Value) -> Cells:
    return {"scale": _joined(value["lowest"], value["highest"], str(value["steps"]))}


def _read_free_text(cells: Cells) -> Value:
    return {
        "max_length": _whole(cells, "max_length", 1000),
        "criteria": _paragraphs(cells.get("criteria", "")),
        "model_answer": _paragraphs(cells.get("model_answer", "")),
    }


def _write_free_text(value: Value) -> Cells:
    return {
        "max_length": str(value["max_length"]),
        "criteria": value["criteria"],
        "model_answer": value["model_answer"],
    }


@dataclass(frozen=True)
class Form:
    """How the blocks of one type stand in cells."""

    read: Callable[[Cells], Value]
    write: Callable[[Value], Cells]


FORMS = {
    "single_choice": Form(_read_single_choice, _write_choice),
    "multiple_choice": Form(_read_choice, _write_choice),
    "true_false": Form(_read_true_false, _write_true_false),
    "matching": Form(_read_matching, _write_matching),
    "ordering": Form(_read_ordering, _write_ordering),
    "gap_text": Form(_read_gap_text, _write_gap_text),
    "short_text": Form(_read_short_text, _write_short_text),
    "number": Form(_read_number, _write_number),
    "scale": Form(_read_scale, _write_scale),
    "free_text": Form(_read_free_text, _write_free_text),
}


# Writing


def columns() -> list[Column]:
    """The columns of the table; all of them take text, so that no program changes what is typed."""
    return [Column(forms[0], "lines", WIDTHS.get(name, 20)) for name, forms in HEADINGS.items()]


def row_of(question: ParsedQuestion) -> list[str]:
    """A question as a row."""
    value: Value = plain_value(question.value)
    cells = {
        "name": question.name,
        "type": TYPES[question.type_key][0],
        "text": to_typed(value["text"]),
        "explanation": to_typed(value["explanation"]) if value["explanation"] else "",
        "source": value["source"],
        "as_of": _german_day(value["as_of"]),
        "review_on": _german_day(value["review_on"]),
        "points": str(value.get("points", "")),
        "tags": "; ".join(map(_masked, question.tags)),
        "language": question.language,
        **FORMS[question.type_key].write(value),
    }
    return [cells.get(name, "") for name in HEADINGS]


def _german_day(text: str | None) -> str:
    return f"{date.fromisoformat(text):%d.%m.%Y}" if text else ""


def write(questions: Iterable[ParsedQuestion], *, more: Sequence[Sheet] = ()) -> WrittenFile:
    """An XLSX table of all questions of built-in types; pictures have no place in it."""
    written, rows = WrittenFile(b""), []
    for question in questions:
        if question.type_key not in FORMS:
            reason = _("The table has no questions of this type.")
            written.left_out.append(Rejected(question.name, question.line, reason))
            continue
        row = row_of(question)
        if any(len(cell) > MAX_CELL_LENGTH // 2 for cell in row):
            reason = _("The question is too long for a cell.")
            written.left_out.append(Rejected(question.name, question.line, reason))
            continue
        rows.append(row)
        if picture_keys(question.value):
            reason = _("The table has no place for pictures.")
            written.notes.append(Rejected(question.name, question.line, reason))
    written.content = b"".join(
        write_xlsx(columns(), rows, sheet_title="Fragen", document_title="Fragen", more=more)
    )
    return written


def described(rows: Iterable[tuple[str, ParsedQuestion]]) -> Iterator[list[str]]:
    """Rows of examples with an explanation before each."""
    for explanation, question in rows:
        yield [explanation, *row_of(question)]
