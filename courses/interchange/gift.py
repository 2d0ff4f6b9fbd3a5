"""GIFT, Moodle's text format: read and written.

::Name::Which town is the seat of the Kreis? {=Coesfeld#Right ~Olfen#No}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from html import escape
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.tables import UnreadableError

from .marks import judge_options
from .markup import (
    CleanText,
    QuestionRefused,
    clean_html,
    clean_plain,
    clean_typed,
    one_line,
    without_controls,
)
from .numbers import in_digits, to_decimal, to_whole
from .questions import (
    ParsedFile,
    ParsedQuestion,
    Rejected,
    WrittenFile,
    build_value,
    plain_value,
    short_name,
)

Value = dict[str, Any]
GAP = "_____"
CATEGORY = "$CATEGORY:"
#: Escaped signs while a question is taken apart: control characters that no text holds.
_MASKS = {sign: chr(number) for number, sign in enumerate("~=#{}:n\\", start=1)}
_UNMASK = {ord(mask): "\n" if sign == "n" else sign for sign, mask in _MASKS.items()}
_ESCAPES = {ord(sign): f"\\{sign}" for sign in "~=#{}:\\"} | {ord("\n"): "\\n"}

_mask = re.compile(r"\\([~=#{}:n\\])").sub
_format = re.compile(r"\s*\[(html|moodle|plain|markdown)\]").match
_weight = re.compile(r"\s*%(-?\d{1,3}(?:[.,]\d{1,10})?)%").match
_find_tags = re.compile(r"\[tag:((?:[^\]\\]|\\.){1,200})\]").findall
_mask_tag = re.compile(r"[\]\\]").sub
_find_wildcard = re.compile(r"(?<!\\)\*").search
_common_category = re.compile(
    r"\$\w+\$|top|oben|default(?: for)?\b.*|standard(?: für)?\b.*", re.IGNORECASE
).fullmatch


def parse(text: str, *, language: str = "de") -> ParsedFile:
    """The questions of a GIFT file; what cannot be taken over is rejected one by one.

    Raises ``UnreadableError`` for a file without any question.
    """
    parsed = ParsedFile()
    category: list[str] = []
    for block in _blocks(text):
        category = block.category if block.category is not None else category
        if not block.text.strip():
            continue
        reader = _Reader(block)
        try:
            parsed.questions.append(reader.read(category))
        except QuestionRefused as error:
            name = reader.name or short_name("", _unmasked(block.text))
            parsed.rejected.append(Rejected(name, block.line, str(error)))
    if not parsed.questions and "{" not in text:
        raise UnreadableError(
            _(
                "The file holds no questions. In GIFT, the answers of a question stand in curly "
                "brackets."
            )
        )
    return parsed


def _masked(match: re.Match[str]) -> str:
    return _MASKS[match[1]]


def _unmasked(text: str) -> str:
    return text.translate(_UNMASK)


@dataclass
class _Block:
    """The lines of one question, without comments."""

    line: int
    text: str = ""
    tags: list[str] = field(default_factory=list)
    category: list[str] | None = None


def _blocks(text: str) -> Iterator[_Block]:
    """What stands between blank lines."""
    block: _Block | None = None
    for number, line in enumerate(without_controls(text).lstrip("\ufeff").split("\n"), start=1):
        stripped = line.strip()
        if not stripped:
            if block:
                yield block
            block = None
            continue
        block = block or _Block(number)
        if stripped.startswith("//"):
            names = (re.sub(r"\\(.)", r"\1", tag) for tag in _find_tags(stripped))
            block.tags += [one_line(name)[:90] for name in names if one_line(name)]
        elif stripped.upper().startswith(CATEGORY):
            block.category = _category(stripped[len(CATEGORY) :])
        else:
            if not block.text:
                block.line = number
            block.text += _mask(_masked, line) + "\n"
    if block:
        yield block


def _category(path: str) -> list[str]:
    names = path.replace("//", "\0").split("/")
    tags = [one_line(name.replace("\0", "/")) for name in names]
    return [tag[:90] for tag in tags if tag and not _common_category(tag)]


@dataclass
class _Answer:
    """One answer: its sign, percent, text as it stands and feedback."""

    sign: str
    share: Decimal
    raw: str
    feedback: str


class _Reader:
    """Reads one question."""

    def __init__(self, block: _Block) -> None:
        self.block = block
        self.name = ""
        self.form = ""
        self.notes: list[str] = []

    def read(self, category: Sequence[str]) -> ParsedQuestion:
        """The question; raises ``QuestionRefused``."""
        question, body = self.parts()
        body, _marks, general = body.partition("####")
        text = self.clean(question)
        self.name = short_name(self.name, text.text)
        if not text.html:
            raise QuestionRefused(_("The question has no text."))
        type_key, own = self.own(body.strip())
        explanation = self.clean(general).html + own.pop("explanation", "")
        return ParsedQuestion(
            name=self.name,
            type_key=type_key,
            value=build_value(type_key, text=text.html, explanation=explanation, **own),
            line=self.block.line,
            tags=tuple(dict.fromkeys([*category, *self.block.tags])),
            notes=tuple(dict.fromkeys(self.notes)),
        )

    def parts(self) -> tuple[str, str]:
        """The text of the question and what stands in its brackets."""
        text = self.block.text.strip()
        if text.startswith("::") and (end := text.find("::", 2)) > 0:
            self.name = short_name(_unmasked(text[2:end]), "")
            text = text[end + 2 :]
        start, end = text.find("{"), text.rfind("}")
        if start < 0:
            raise QuestionRefused(_("This is a text without a question."))
        if end < start:
            raise QuestionRefused(_("The curly bracket of the answers is not closed."))
        before, after = text[:start], text[end + 1 :].strip()
        if found := _format(before):
            self.form, before = found[1], before[found.end() :]
        if after:
            before = f"{before.rstrip()} {GAP} {after}"
        return before, text[start + 1 : end]

    def clean(self, raw: str) -> CleanText:
        """A text of the question in its own format or that of the question."""
        form = self.form
        if found := _format(raw):
            form, raw = found[1], raw[found.end() :]
        text = _unmasked(raw).strip()
        if form == "html":
            cleaned = clean_html(text)
        else:
            cleaned = clean_plain(text) if form in {"plain", "markdown"} else clean_typed(text)
        if cleaned.pictures:
            self.notes.append(_("A picture was left out: GIFT names it, but does not hold it."))
        return cleaned

    def own(self, body: str) -> tuple[str, Value]:
        """The type and what only it has."""
        if not body:
            return "free_text", {}
        if body.startswith("#"):
            return self.number(body[1:])
        statement, _sign, feedback = body.partition("#")
        if statement.strip().upper() in {"T", "TRUE", "F", "FALSE"}:
            return self.true_false(statement.strip().upper().startswith("T"), feedback)
        if "~" in body:
            return self.choice(body)
        answers = self.answers(body if body.startswith("=") else f"={body}")
        if all("->" in answer.raw for answer in answers) and answers:
            return self.matching(answers)
        return self.short_text(answers)

    def answers(self, body: str) -> list[_Answer]:
        """What begins with ``=`` or ``~``."""
        found = []
        for match in re.finditer(r"([~=])([^~=]*)", body):
            sign, text = match[1], match[2]
            share = Decimal(100 if sign == "=" else 0)
            if weight := _weight(text):
                share = to_decimal(weight[1]) or Decimal(0)
                text = text[weight.end() :]
            raw, _mark, feedback = text.partition("#")
            if raw.strip():
                found.append(_Answer(sign, share, raw.strip(), self.clean(feedback).line))
        return found

    def choice(self, body: str) -> tuple[str, Value]:
        answers = self.answers(body)
        judged = judge_options(
            [answer.share for answer in answers],
            takes_several=not any(answer.sign == "=" for answer in answers),
        )
        self.notes += judged.notes
        return judged.type_key, {
            "options": [
                {
                    "text": self.clean(answer.raw).line,
                    "is_correct": is_correct,
                    "feedback": answer.feedback,
                }
                for answer, is_correct in zip(answers, judged.is_correct, strict=True)
            ]
        }

    def true_false(self, is_true: bool, feedback: str) -> tuple[str, Value]:
        wrong, _sign, right = (self.clean(part).line for part in feedback.partition("#"))
        return "true_false", {
            "is_true": is_true,
            "feedback_true": right if is_true else wrong,
            "feedback_false": wrong if is_true else right,
        }

    def matching(self, answers: Iterable[_Answer]) -> tuple[str, Value]:
        pairs, distractors = [], []
        for answer in answers:
            prompt, _arrow, match = answer.raw.partition("->")
            match = one_line(_unmasked(match))
            if prompt.strip():
                pairs.append({"prompt": self.clean(prompt).line, "match": match})
            else:
                distractors.append(match)
        return "matching", {"pairs": pairs, "distractors": distractors}

    def short_text(self, answers: Iterable[_Answer]) -> tuple[str, Value]:
        accepted, explanation = [], ""
        for answer in answers:
            text = _unmasked(answer.raw)
            if text == "*":
                if answer.share > 0:
                    raise QuestionRefused(_("Every answer would be right."))
                explanation += clean_plain(answer.feedback).html
                continue
            if _find_wildcard(text):
                raise QuestionRefused(
                    _(
                        "The answer “%(text)s” holds a “*” that stands for anything. "
                        "Please write out the answers that are right."
                    )
                    % {"text": text[:100]}
                )
            percent = min(max(to_whole(answer.share), 0), 100)
            text = one_line(text.replace("\\*", "*"))
            accepted.append({"text": text, "percent": percent, "feedback": answer.feedback})
        if not any(answer["percent"] == 100 for answer in accepted):
            raise QuestionRefused(_("No answer is fully right."))
        return "short_text", {"answers": accepted, "explanation": explanation}

    def number(self, body: str) -> tuple[str, Value]:
        body, _sign, wrong = body.partition("~")
        answers = self.answers(body if body.lstrip().startswith("=") else f"={body}")
        right = [answer for answer in answers if answer.share == 100]
        if len(right) != 1:
            raise QuestionRefused(_("A number question has exactly one right number."))
        if len(answers) > 1:
            self.notes.append(_("Numbers that are only partly right were left out."))
        number, tolerance = _number_and_tolerance(_unmasked(right[0].raw))
        return "number", {
            "number": in_digits(number),
            "tolerance": in_digits(tolerance),
            "feedback_wrong": self.clean(wrong.lstrip("#")).line,
            "explanation": clean_plain(right[0].feedback).html,
        }


def _number_and_tolerance(raw: str) -> tuple[Decimal, Decimal]:
    """``5``, ``5:0.1`` or ``4.9..5.1``."""
    low, dots, high = raw.partition("..")
    if dots:
        first, last = to_decimal(low), to_decimal(high)
        if first is not None and last is not None:
            return (first + last) / 2, abs(last - first) / 2
    text, _colon, width = raw.partition(":")
    number, tolerance = to_decimal(text), to_decimal(width or "0")
    if number is None or tolerance is None:
        raise QuestionRefused(_("“%(text)s” is no number.") % {"text": raw[:40]})
    return number, abs(tolerance)


#: What GIFT has no place for, by the blocks of our types.
LOST = {
    "image": gettext_lazy("the picture"),
    "points": gettext_lazy("the points"),
    "source": gettext_lazy("the source"),
    "as_of": gettext_lazy("the “Stand”"),
    "review_on": gettext_lazy("the day to check it again"),
    "case_matters": gettext_lazy("the rule for capitals"),
    "umlauts_matter": gettext_lazy("the rule for umlauts"),
    "unit": gettext_lazy("the unit"),
    "max_length": gettext_lazy("the greatest length"),
    "criteria": gettext_lazy("the criteria for marking"),
    "model_answer": gettext_lazy("the model answer"),
}


def write(questions: Iterable[ParsedQuestion]) -> WrittenFile:
    """A GIFT file; what GIFT cannot say is listed as left out or, in part, in the notes."""
    written, pieces = WrittenFile(b""), []
    for question in questions:
        value: Value = plain_value(question.value)
        if question.type_key not in WRITERS:
            reason = _("GIFT has no questions of this type.")
            written.left_out.append(Rejected(question.name, question.line, reason))
            continue
        pieces.append(_written(question, value))
        if lost := _what_is_lost(question, value):
            reason = _("GIFT has no place for: %(parts)s.") % {"parts": ", ".join(lost)}
            written.notes.append(Rejected(question.name, question.line, reason))
    written.content = "\n".join(pieces).encode()
    return written


def _written(question: ParsedQuestion, value: Value) -> str:
    tags = "".join(f" [tag:{_mask_tag(_slashed, tag)}]" for tag in question.tags)
    comment = f"//{tags}\n" if tags else ""
    general = f" ####[html]{_escaped(value['explanation'])}" if value["explanation"] else ""
    body = WRITERS[question.type_key](value)
    return (
        f"{comment}::{_escaped(one_line(question.name))}::"
        f"[html]{_escaped(value['text'])} {{{body}{general}}}\n"
    )


def _what_is_lost(question: ParsedQuestion, value: Value) -> list[str]:
    usual = {"points": 1, "max_length": None}
    lost = [
        str(label)
        for name, label in LOST.items()
        if name in value
        and value[name] not in (None, "", False, usual.get(name))
        and not (isinstance(value[name], dict) and not value[name].get("image"))
    ]
    parts = [part for name in ("options", "pairs") for part in value.get(name, [])]
    if any(part["image"]["image"] for part in parts):
        lost.append(_("the pictures of the answers"))
    if any(pair["feedback"] for pair in value.get("pairs", [])):
        lost.append(_("the feedback for each pair"))
    if question.language:
        lost.append(_("the language"))
    return lost


def _slashed(match: re.Match[str]) -> str:
    return f"\\{match[0]}"


def _escaped(text: str) -> str:
    return without_controls(text).translate(_ESCAPES)


def _html(text: str) -> str:
    """Plain text in a question whose format is HTML."""
    html = _escaped(escape(text, quote=False))
    return f"[html]{html}" if html.startswith("[") else html


def _said(feedback: str) -> str:
    return f"#{_html(feedback)}" if feedback else ""


def _single_choice(value: Value) -> str:
    return " ".join(
        f"{'=%100%' if option['is_correct'] else '~%0%'}{_html(option['text'])}"
        f"{_said(option['feedback'])}"
        for option in value["options"]
    )


def _multiple_choice(value: Value) -> str:
    right = sum(1 for option in value["options"] if option["is_correct"])
    part = f"{Decimal(100) / max(right, 1):.5f}".rstrip("0").rstrip(".")
    return " ".join(
        f"~%{part if option['is_correct'] else '-' + part}%{_html(option['text'])}"
        f"{_said(option['feedback'])}"
        for option in value["options"]
    )


def _true_false(value: Value) -> str:
    word = "TRUE" if value["is_true"] else "FALSE"
    right, wrong = value["feedback_true"], value["feedback_false"]
    if not value["is_true"]:
        right, wrong = wrong, right
    return f"{word}#{_html(wrong)}#{_html(right)}" if right or wrong else word


def _matching(value: Value) -> str:
    pairs = [f"={_html(pair['prompt'])} -> {_escaped(pair['match'])}" for pair in value["pairs"]]
    return " ".join([*pairs, *(f"= -> {_escaped(text)}" for text in value["distractors"])])


def _short_text(value: Value) -> str:
    return " ".join(
        f"=%{answer['percent']}%{_escaped(_literal(answer['text']))}{_said(answer['feedback'])}"
        for answer in value["answers"]
    )


def _literal(text: str) -> str:
    """``text`` with each "*" meaning just that."""
    return text.replace("*", "\\*")


def _number(value: Value) -> str:
    wrong = f" ~{_said(value['feedback_wrong'])}" if value["feedback_wrong"] else ""
    return f"#={value['number']}:{value['tolerance'] or 0}{wrong}"


WRITERS: dict[str, Callable[[Value], str]] = {
    "single_choice": _single_choice,
    "multiple_choice": _multiple_choice,
    "true_false": _true_false,
    "matching": _matching,
    "short_text": _short_text,
    "number": _number,
    "free_text": lambda value: "",
}
