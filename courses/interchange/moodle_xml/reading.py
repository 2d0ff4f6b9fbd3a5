"""Questions out of Moodle XML.

What the hub has no place for is said in the notes of its question, or the question is left out
with a reason; nothing is dropped in silence. ``docs/questions-in-and-out.md`` says what becomes of
what.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from django.utils.translation import gettext as _

from courses.interchange.marks import judge_options
from courses.interchange.markup import CleanText, QuestionRefused, clean_html, clean_plain, one_line
from courses.interchange.numbers import in_digits, to_decimal, to_whole
from courses.interchange.pictures import check_picture, decode_base64, picture_from_address
from courses.interchange.questions import (
    NO_PICTURE,
    ParsedFile,
    ParsedQuestion,
    Picture,
    Rejected,
    build_value,
    picture_value,
    short_name,
)

from .cloze import Gap, read_gaps, wildcard_reason
from .document import read_questions

#: Stands between the text of a gap question and its sentence in files the hub wrote.
SENTENCE_MARK = "<!-- sentence -->"
PLUGIN_FILE = "@@PLUGINFILE@@"
#: Names of categories that every course has and that say nothing about a question.
_common_category = re.compile(
    r"\$\w+\$|top|oben|default(?: for)?\b.*|standard(?: für)?\b.*", re.IGNORECASE
).fullmatch
_find_gap_numbers = re.compile(r"\[\[(\d{1,3})\]\]")
_find_wildcard = re.compile(r"(?<!\\)\*").search
_single_bracket = re.compile(r"\[([0-9]+)\]")

Value = dict[str, Any]


def parse(text: str, *, language: str = "de") -> ParsedFile:
    """The questions of a Moodle XML file; what cannot be taken over is rejected one by one.

    ``language`` is that of the questions, for the few words an import adds. Raises
    ``UnreadableError``.
    """
    parsed = ParsedFile()
    category: list[str] = []

    def take(element: Element, line: int) -> None:
        nonlocal category
        if element.get("type") == "category":
            category = _category_tags(element)
            return
        reader = QuestionReader(element, language)
        try:
            parsed.questions.append(reader.read(line, category))
        except QuestionRefused as error:
            parsed.rejected.append(Rejected(reader.name, line, str(error)))

    read_questions(text, take)
    return parsed


def _category_tags(element: Element) -> list[str]:
    path = element.findtext("category/text") or element.findtext("category") or ""
    names = path.replace("//", "\0").split("/")
    tags = [one_line(name.replace("\0", "/")) for name in names]
    return [tag[:90] for tag in tags if tag and not _common_category(tag)]


@dataclass
class QuestionReader:
    """Reads one ``<question>``."""

    element: Element
    language: str
    notes: list[str] = field(default_factory=list)
    pictures: dict[str, Picture] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.type = (self.element.get("type") or "").strip().lower()
        #: What the hub wrote beside what Moodle knows.
        self.own = {
            extra.get("name", ""): (extra.text or "") for extra in self.element.findall("hub")
        }
        self.name = short_name(self.element.findtext("name/text") or "", "")

    def read(self, line: int, category: Sequence[str]) -> ParsedQuestion:
        """The question; raises ``QuestionRefused``."""
        text, image = self.illustrated(self.element.find("questiontext"))
        self.name = short_name(self.name, text.text) or _("Question without a name")
        kind = "scale" if self.own.get("type") == "scale" else self.type
        if kind not in READERS:
            raise QuestionRefused(_unknown_type(kind))
        if not image["image"]:
            image = self.old_image()
        type_key, own = READERS[kind](self, text)
        given = {"text": text.html, **own, "image": image, **self.common()}
        if type_key != "scale":
            given["points"] = self.points()
        given["explanation"] = self.explanation() + own.get("explanation", "")
        if not given["text"] and not image["image"]:
            raise QuestionRefused(_("The question has no text."))
        self.note_what_is_lost()
        return ParsedQuestion(
            name=self.name,
            type_key=type_key,
            value=build_value(type_key, **given),
            line=line,
            tags=tuple(dict.fromkeys([*category, *self.tags()])),
            language=self.own.get("language", ""),
            pictures=self.pictures,
            notes=tuple(dict.fromkeys(self.notes)),
        )

    def common(self) -> Value:
        return {
            "source": self.own.get("source", ""),
            "as_of": self.own.get("as_of") or None,
            "review_on": self.own.get("review_on") or None,
        }

    def points(self) -> int:
        raw = self.own.get("points") or self.element.findtext("defaultgrade") or "1"
        number = to_decimal(raw)
        if number is None:
            return 1
        points = min(max(to_whole(number), 1), 100)
        if points != number:
            self.notes.append(
                _("%(given)s points became %(points)s.")
                % {"given": in_digits(number), "points": points}
            )
        return points

    def tags(self) -> list[str]:
        elements = self.element.findall("tags/tag") + self.element.findall("coursetags/tag")
        names = [one_line(tag.findtext("text") or tag.text or "") for tag in elements]
        return [name[:90] for name in names if name]

    def explanation(self) -> str:
        return self.text(self.element.find("generalfeedback")).html

    def note_what_is_lost(self) -> None:
        hints = any(self.text(hint).text for hint in self.element.findall("hint"))
        said = [f"{part}feedback" for part in ("correct", "partiallycorrect", "incorrect")]
        overall = [self.text(self.element.find(name)).line for name in said]
        if hints:
            self.notes.append(_("Hints for further tries were not taken over."))
        if any(text and not _is_standard(text) for text in overall):
            self.notes.append(
                _("The feedback for right and wrong answers as a whole was not taken over.")
            )

    # Texts and pictures

    def raw(self, element: Element | None) -> tuple[str, str]:
        """The text of an element as it stands, and its format."""
        if element is None:
            return "", "html"
        text = element.findtext("text")
        if text is None:
            text = element.text or ""
        parent = self.element.find("questiontext")
        default = "html" if parent is None else parent.get("format", "html")
        return text, element.get("format", default)

    def text(self, element: Element | None, *, takes_picture: bool = False) -> CleanText:
        """The text of an element; a picture in it is noted unless the caller takes it."""
        raw, form = self.raw(element)
        cleaned = self.cleaned(raw, form)
        if cleaned.pictures and not takes_picture:
            self.notes.append(_("A picture was left out: there is no place for it here."))
        return cleaned

    def cleaned(self, raw: str, form: str) -> CleanText:
        if form in {"plain_text", "markdown", "wiki_like"}:
            return clean_plain(raw)
        if form == "moodle_auto_format":
            raw = raw.strip().replace("\r\n", "\n").replace("\n", "<br>")
        return clean_html(raw)

    def illustrated(self, element: Element | None) -> tuple[CleanText, Value]:
        """A text and its first picture."""
        text = self.text(element, takes_picture=True)
        if not text.pictures or element is None:
            return text, dict(NO_PICTURE)
        picture, value = None, dict(NO_PICTURE)
        for reference in text.pictures:
            if picture is not None:
                self.notes.append(_("More than one picture: only the first was taken over."))
                break
            picture = self.find_picture(element, reference.address)
            value = picture_value(picture, reference.alt_text)
        if picture is not None and not value["alt_text"]:
            self.notes.append(_("The picture has no description. Please add one."))
        return text, value

    def find_picture(self, element: Element, address: str) -> Picture | None:
        name = unquote(address.removeprefix(PLUGIN_FILE)).lstrip("/")
        content = b""
        if address.startswith("data:"):
            content, name = picture_from_address(address), "bild"
        elif address.startswith(PLUGIN_FILE):
            for file in element.findall("file"):
                path = (file.get("path") or "/").strip("/")
                if name in {file.get("name"), f"{path}/{file.get('name')}"}:
                    content = decode_base64(file.text or "")
                    break
        if not content:
            self.notes.append(
                _("A picture was left out, because it is not in the file: %(name)s")
                % {"name": name[:100]}
            )
            return None
        return self.keep_picture(content, name)

    def keep_picture(self, content: bytes, name: str) -> Picture | None:
        try:
            picture = check_picture(content, name)
        except QuestionRefused as error:
            self.notes.append(_("A picture was left out. %(reason)s") % {"reason": error})
            return None
        self.pictures[picture.digest] = picture
        return picture

    def old_image(self) -> Value:
        """The picture of a question from Moodle 1.9, which stood beside its text."""
        data = self.element.findtext("image_base64")
        if not data:
            return dict(NO_PICTURE)
        name = self.element.findtext("image") or "bild"
        value = picture_value(self.keep_picture(decode_base64(data), name), "")
        if value["image"]:
            self.notes.append(_("The picture has no description. Please add one."))
        return value

    # What several types have

    def answers(self) -> list[tuple[Decimal, Element]]:
        """Percent and element of each answer."""
        return [
            (to_decimal(answer.get("fraction")) or Decimal(0), answer)
            for answer in self.element.findall("answer")
        ]

    def feedback(self, element: Element) -> str:
        return self.text(element.find("feedback")).line

    def flag(self, name: str) -> bool:
        return self.own.get(name) == "true"


def _is_standard(text: str) -> bool:
    """Whether a feedback is what Moodle writes when nobody writes anything."""
    return text.rstrip(".!") in {
        *("Your answer is correct", "Your answer is partially correct", "Your answer is incorrect"),
        *("Die Antwort ist richtig", "Die Antwort ist teilweise richtig", "Die Antwort ist falsch"),
    }


def _unknown_type(kind: str) -> str:
    if kind == "description":
        return _("This is a text without a question.")
    return _("The hub has no questions of Moodle's type “%(kind)s”.") % {"kind": kind[:40]}


def _choice(reader: QuestionReader, text: CleanText) -> tuple[str, Value]:
    takes_several = (reader.element.findtext("single") or "true").strip() in {"false", "0"}
    judged = judge_options(
        [share for share, _element in reader.answers()], takes_several=takes_several
    )
    reader.notes += judged.notes
    options = []
    for (_share, element), is_correct in zip(reader.answers(), judged.is_correct, strict=True):
        answer, image = reader.illustrated(element)
        feedback = reader.feedback(element)
        options.append(
            {"text": answer.line, "image": image, "is_correct": is_correct, "feedback": feedback}
        )
    return judged.type_key, {"options": options}


def _true_false(reader: QuestionReader, text: CleanText) -> tuple[str, Value]:
    feedback, right = {"true": "", "false": ""}, None
    for share, element in reader.answers():
        says = reader.text(element).line.lower()
        key = "true" if says in {"true", "wahr", "richtig", "1"} else "false"
        feedback[key] = reader.feedback(element)
        if share > 0:
            right = key
    if right is None:
        raise QuestionRefused(_("No answer is marked as right."))
    return "true_false", {
        "is_true": right == "true",
        "feedback_true": feedback["true"],
        "feedback_false": feedback["false"],
    }


def _matching(reader: QuestionReader, text: CleanText) -> tuple[str, Value]:
    pairs, distractors = [], []
    for element in reader.element.findall("subquestion"):
        prompt, image = reader.illustrated(element)
        answer = element.find("answer")
        match = clean_html(reader.raw(answer)[0]).line if answer is not None else ""
        if not match:
            continue
        if prompt.line or image["image"]:
            feedback = element.findtext("hub") or ""
            pairs.append(
                {"prompt": prompt.line, "image": image, "match": match, "feedback": feedback}
            )
        else:
            distractors.append(match)
    return "matching", {"pairs": pairs, "distractors": distractors}


def _ordering(reader: QuestionReader, text: CleanText) -> tuple[str, Value]:
    answers = sorted(reader.answers(), key=lambda answer: answer[0])
    selection = (reader.element.findtext("selecttype") or "ALL").strip().upper()
    if selection not in {"ALL", "0"}:
        reader.notes.append(_("All steps are asked for, not a selection."))
    return "ordering", {
        "steps": [
            {"text": reader.text(element).line, "feedback": reader.feedback(element)}
            for _position, element in answers
        ]
    }


def _gaps_to_choose(reader: QuestionReader, text: CleanText) -> tuple[str, Value]:
    """``gapselect`` and ``ddwtos``: ``[[2]]`` in the text stands for the second choice."""
    choices = [
        (reader.text(element).line, (element.findtext("group") or "1").strip())
        for name in ("selectoption", "dragbox")
        for element in reader.element.findall(name)
    ]
    numbers = [int(number) for number in _find_gap_numbers.findall(text.text)]
    if not numbers or any(not 1 <= number <= len(choices) for number in numbers):
        raise QuestionRefused(_("The gaps in the text do not fit the choices."))
    gaps = []
    for number in numbers:
        right, group = choices[number - 1]
        others = [other for other, of in choices if of == group and other != right]
        gaps.append(Gap(answers=[right], distractors=list(dict.fromkeys(others)), is_typed=False))
    return "gap_text", _gap_value(reader, text, gaps)


def _cloze(reader: QuestionReader, text: CleanText) -> tuple[str, Value]:
    raw, form = reader.raw(reader.element.find("questiontext"))
    question, mark, sentence = raw.partition(SENTENCE_MARK)
    marked, gaps = read_gaps(sentence if mark else raw)
    if not gaps:
        raise QuestionRefused(_("The text has no gap."))
    if len({gap.weight for gap in gaps}) > 1 or any(gap.is_simplified for gap in gaps):
        reader.notes.append(_("Every gap counts the same, and half right answers count nothing."))
    weights = sum(gap.weight for gap in gaps)
    reader.own.setdefault("points", str(weights))
    value = _gap_value(reader, reader.cleaned(marked, form), gaps)
    if mark:
        value["text"] = reader.cleaned(question, form).html
    return "gap_text", value


def _gap_value(reader: QuestionReader, text: CleanText, gaps: Iterable[Gap]) -> Value:
    gaps = list(gaps)
    typed = [gap for gap in gaps if gap.is_typed]
    case_matters = bool(typed) and all(gap.case_matters for gap in typed)
    if any(gap.case_matters for gap in typed) and not case_matters:
        reader.notes.append(_("Capitals do not count in any gap, because they did not in all."))
    task = (
        "Please fill in the gaps." if reader.language == "en" else "Bitte ergänzen Sie die Lücken."
    )
    return {
        "text": f"<p>{task}</p>",
        "sentence": _numbered(text.text),
        "gaps": [
            {"answers": gap.answers, "distractors": gap.distractors, "feedback": gap.feedback}
            for gap in gaps
        ],
        "case_matters": case_matters or reader.flag("case_matters"),
        "umlauts_matter": reader.flag("umlauts_matter"),
    }


def _numbered(text: str) -> str:
    """The gaps ``[[…]]`` of a text as ``[1]``, ``[2]`` …; other numbers in brackets lose theirs."""
    pieces = _find_gap_numbers.split(text)
    pieces[::2] = [_single_bracket.sub(r"(\1)", piece) for piece in pieces[::2]]
    pieces[1::2] = [f"[{number}]" for number, _old in enumerate(pieces[1::2], start=1)]
    return "".join(pieces)


def _short_text(reader: QuestionReader, text: CleanText) -> tuple[str, Value]:
    answers, explanation = [], ""
    for share, element in reader.answers():
        raw, form = reader.raw(element)
        line = one_line(raw.replace("\\*", "*"))
        if raw.strip() == "*":
            if share > 0:
                raise QuestionRefused(_("Every answer would be right."))
            explanation += reader.text(element.find("feedback")).html
            continue
        if _find_wildcard(raw):
            raise QuestionRefused(wildcard_reason(line))
        percent = min(max(to_whole(share), 0), 100)
        answers.append({"text": line, "percent": percent, "feedback": reader.feedback(element)})
    if not any(answer["percent"] == 100 for answer in answers):
        raise QuestionRefused(_("No answer is fully right."))
    return "short_text", {
        "answers": answers,
        "case_matters": (reader.element.findtext("usecase") or "0").strip() == "1",
        "umlauts_matter": reader.flag("umlauts_matter"),
        "explanation": explanation,
    }


def _number(reader: QuestionReader, text: CleanText) -> tuple[str, Value]:
    right, wrong, explanation = [], "", ""
    for share, element in reader.answers():
        raw = reader.raw(element)[0].strip()
        if raw == "*":
            if share > 0:
                raise QuestionRefused(_("Every answer would be right."))
            wrong = reader.feedback(element)
        elif share == 100:
            right.append((raw, element.findtext("tolerance")))
            explanation += reader.text(element.find("feedback")).html
        else:
            reader.notes.append(_("Numbers that are only partly right were left out."))
    if len(right) != 1:
        raise QuestionRefused(_("A number question has exactly one right number."))
    number, tolerance = (to_decimal(text) for text in right[0])
    if number is None:
        raise QuestionRefused(_("“%(text)s” is no number.") % {"text": right[0][0][:40]})
    return "number", {
        "number": in_digits(number),
        "tolerance": in_digits(abs(tolerance or Decimal(0))),
        "unit": _unit(reader),
        "feedback_wrong": wrong,
        "explanation": explanation,
    }


def _unit(reader: QuestionReader) -> str:
    units = [
        (to_decimal(unit.findtext("multiplier")) or Decimal(1), unit.findtext("unit_name") or "")
        for unit in reader.element.findall("units/unit")
    ]
    if not units:
        return ""
    if len(units) > 1:
        reader.notes.append(_("Only one unit was taken over."))
    grading = (reader.element.findtext("unitgradingtype") or "0").strip()
    if grading not in {"0", "none"}:
        reader.notes.append(_("The unit stands beside the field and need not be typed."))
    return one_line(next((name for factor, name in units if factor == 1), units[0][1]))


def _free_text(reader: QuestionReader, text: CleanText) -> tuple[str, Value]:
    if reader.text(reader.element.find("responsetemplate")).text:
        reader.notes.append(_("The text that stood in the answer field was left out."))
    if (reader.element.findtext("attachments") or "0").strip() != "0":
        reader.notes.append(_("Files cannot be handed in with the answer."))
    value: Value = {
        "criteria": reader.text(reader.element.find("graderinfo")).text,
        "model_answer": reader.own.get("model_answer", ""),
    }
    if reader.own.get("max_length", "").isdecimal():
        value["max_length"] = int(reader.own["max_length"])
    return "free_text", value


def _scale(reader: QuestionReader, text: CleanText) -> tuple[str, Value]:
    steps = reader.own.get("steps", "")
    return "scale", {
        "lowest": reader.own.get("lowest", ""),
        "highest": reader.own.get("highest", ""),
        "steps": int(steps) if steps.isdecimal() and len(steps) < 4 else 5,
    }


READERS: dict[str, Callable[[QuestionReader, CleanText], tuple[str, Value]]] = {
    "multichoice": _choice,
    "truefalse": _true_false,
    "matching": _matching,
    "match": _matching,
    "ordering": _ordering,
    "gapselect": _gaps_to_choose,
    "ddwtos": _gaps_to_choose,
    "multianswer": _cloze,
    "cloze": _cloze,
    "shortanswer": _short_text,
    "numerical": _number,
    "essay": _free_text,
    "scale": _scale,
}
