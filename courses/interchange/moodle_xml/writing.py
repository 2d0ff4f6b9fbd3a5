"""Questions as Moodle XML.

What Moodle does not know stands in elements ``<hub name="…">``, which Moodle ignores and the hub
reads back.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from html import escape
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from django.utils.translation import gettext as _

from courses.interchange.markup import from_lines, without_controls
from courses.interchange.questions import (
    ParsedQuestion,
    Picture,
    Rejected,
    WrittenFile,
    plain_value,
)

from .cloze import write_gap
from .reading import SENTENCE_MARK

Value = dict[str, Any]
_find_gap = re.compile(r"\[(\d{1,3})\]")
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n'
FOOT = "</quiz>\n"


def write(questions: Iterable[ParsedQuestion]) -> WrittenFile:
    """A Moodle XML file of all questions of built-in types; others are listed as left out."""
    written, pieces = WrittenFile(b""), [HEAD]
    for question in questions:
        if question.type_key in WRITERS:
            pieces.append(_question(question))
        else:
            reason = _("Moodle has no questions of this type.")
            written.left_out.append(Rejected(question.name, question.line, reason))
    written.content = "".join([*pieces, FOOT]).encode()
    return written


def _question(question: ParsedQuestion) -> str:
    value: Value = plain_value(question.value)
    kind, writer = WRITERS[question.type_key]
    out = _Pictured(question.pictures)
    own = {name: value.get(name) for name in ("source", "as_of", "review_on")}
    own["language"] = question.language
    body = "".join(writer(value, out, own))
    text = value["text"] + _sentence(question.type_key, value)
    points = (
        "" if kind == "multianswer" else f"<defaultgrade>{value.get('points', 0)}</defaultgrade>"
    )
    return (
        f'<question type="{kind}">\n'
        f"<name>{_text(question.name)}</name>\n"
        f'<questiontext format="html">{out.html(text, value["image"])}</questiontext>\n'
        f'<generalfeedback format="html">{_text(value["explanation"])}</generalfeedback>\n'
        f"{points}<penalty>0</penalty><hidden>0</hidden>\n"
        f"{body}{_tags(question.tags)}{_own(own)}</question>\n"
    )


def _sentence(type_key: str, value: Value) -> str:
    if type_key != "gap_text":
        return ""
    gaps = [
        write_gap(
            gap["answers"],
            gap["distractors"],
            gap["feedback"],
            case_matters=value["case_matters"],
        )
        for gap in value["gaps"]
    ]

    def marked(match: re.Match[str]) -> str:
        number = int(match[1])
        return gaps[number - 1] if 1 <= number <= len(gaps) else match[0]

    sentence = _find_gap.sub(marked, from_lines(value["sentence"]))
    return f"{SENTENCE_MARK}<p>{sentence}</p>"


def _text(text: str) -> str:
    return f"<text>{_data(text)}</text>"


def _data(text: str) -> str:
    """Text in XML, in a section of its own where it holds markup."""
    text = without_controls(text)
    if not any(sign in text for sign in "<&>"):
        return text
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _own(own: Mapping[str, Any]) -> str:
    return "".join(
        f"<hub name={quoteattr(name)}>{_data(_as_word(value))}</hub>\n"
        for name, value in own.items()
        if value not in (None, "", False)
    )


def _as_word(value: Any) -> str:
    return "true" if value is True else str(value)


def _tags(tags: Iterable[str]) -> str:
    found = "".join(f"<tag>{_text(tag)}</tag>" for tag in tags)
    return f"<tags>{found}</tags>\n" if found else ""


class _Pictured:
    """Puts pictures into texts."""

    def __init__(self, pictures: Mapping[Any, Picture]) -> None:
        self.pictures = pictures

    def html(self, html: str, image: Mapping[str, Any] | None = None) -> str:
        """The content of an element that holds rich text and perhaps a picture."""
        picture = self.pictures.get(image["image"]) if image else None
        if picture is None or image is None:
            return _text(html)
        address = f"@@PLUGINFILE@@/{quote(picture.file_name)}"
        shown = f'<p><img src="{address}" alt="{escape(image["alt_text"] or "")}"></p>'
        return (
            f"{_text(html + shown)}<file name={quoteattr(picture.file_name)} "
            f'path="/" encoding="base64">{b64encode(picture.content).decode()}</file>'
        )

    def line(self, text: str, image: Mapping[str, Any] | None = None) -> str:
        """The content of an element that holds plain text and perhaps a picture, as HTML."""
        return self.html(escape(text, quote=False), image)


def _feedback(text: str) -> str:
    return f'<feedback format="html">{_text(escape(text, quote=False))}</feedback>'


def _answer(share: str, content: str, feedback: str, form: str = "html", more: str = "") -> str:
    said = _feedback(feedback)
    return f'<answer fraction="{share}" format="{form}">{content}{more}{said}</answer>\n'


def _share(part: Decimal) -> str:
    return f"{part:.5f}".rstrip("0").rstrip(".")


def _choice(value: Value, out: _Pictured, own: Value, *, single: bool) -> Iterator[str]:
    right = sum(1 for option in value["options"] if option["is_correct"])
    part = Decimal(100) / max(right, 1)
    yield f"<single>{'true' if single else 'false'}</single>\n"
    yield "<shuffleanswers>true</shuffleanswers><answernumbering>none</answernumbering>\n"
    for option in value["options"]:
        share = part if option["is_correct"] else Decimal(0) if single else -part
        content = out.line(option["text"], option["image"])
        yield _answer(_share(share), content, option["feedback"])


def _single_choice(value: Value, out: _Pictured, own: Value) -> Iterator[str]:
    return _choice(value, out, own, single=True)


def _multiple_choice(value: Value, out: _Pictured, own: Value) -> Iterator[str]:
    return _choice(value, out, own, single=False)


def _true_false(value: Value, out: _Pictured, own: Value) -> Iterator[str]:
    for word in ("true", "false"):
        is_right = value["is_true"] is (word == "true")
        yield _answer("100" if is_right else "0", _text(word), value[f"feedback_{word}"])


def _matching(value: Value, out: _Pictured, own: Value) -> Iterator[str]:
    yield "<shuffleanswers>true</shuffleanswers>\n"
    for pair in value["pairs"]:
        feedback = f"<hub>{_data(pair['feedback'])}</hub>" if pair["feedback"] else ""
        prompt = out.line(pair["prompt"], pair["image"])
        yield _subquestion(prompt, pair["match"], feedback)
    for distractor in value["distractors"]:
        yield _subquestion(_text(""), distractor)


def _subquestion(prompt: str, match: str, feedback: str = "") -> str:
    answer = f"<answer>{_text(escape(match, quote=False))}</answer>"
    return f'<subquestion format="html">{prompt}{answer}{feedback}</subquestion>\n'


def _ordering(value: Value, out: _Pictured, own: Value) -> Iterator[str]:
    yield "<layouttype>VERTICAL</layouttype><selecttype>ALL</selecttype>\n"
    yield "<gradingtype>ABSOLUTE_POSITION</gradingtype><showgrading>SHOW</showgrading>\n"
    yield "<numberingstyle>none</numberingstyle>\n"
    for position, step in enumerate(value["steps"], start=1):
        yield _answer(str(position), out.line(step["text"]), step["feedback"])


def _gap_text(value: Value, out: _Pictured, own: Value) -> Iterator[str]:
    own["points"] = value["points"]
    own["umlauts_matter"] = value["umlauts_matter"]
    # Moodle has a rule for typed gaps only.
    own["case_matters"] = value["case_matters"]
    return iter(())


def _short_text(value: Value, out: _Pictured, own: Value) -> Iterator[str]:
    own["umlauts_matter"] = value["umlauts_matter"]
    yield f"<usecase>{int(value['case_matters'])}</usecase>\n"
    for answer in value["answers"]:
        content = _text(answer["text"].replace("*", "\\*"))
        yield _answer(str(answer["percent"]), content, answer["feedback"], "plain_text")


def _number(value: Value, out: _Pictured, own: Value) -> Iterator[str]:
    tolerance = f"<tolerance>{value['tolerance'] or 0}</tolerance>"
    yield _answer("100", _text(str(value["number"] or "")), "", "plain_text", tolerance)
    if value["feedback_wrong"]:
        nothing = "<tolerance>0</tolerance>"
        yield _answer("0", _text("*"), value["feedback_wrong"], "plain_text", nothing)
    if value["unit"]:
        unit = f"<multiplier>1</multiplier><unit_name>{_data(value['unit'])}</unit_name>"
        yield f"<units><unit>{unit}</unit></units>\n"
        yield "<unitgradingtype>0</unitgradingtype><showunits>3</showunits>\n"


def _free_text(value: Value, out: _Pictured, own: Value) -> Iterator[str]:
    own |= {name: value[name] for name in ("max_length", "model_answer")}
    yield "<responseformat>plain</responseformat><responserequired>1</responserequired>\n"
    yield "<responsefieldlines>10</responsefieldlines><attachments>0</attachments>\n"
    criteria = f"<p>{from_lines(value['criteria'])}</p>" if value["criteria"] else ""
    yield f'<graderinfo format="html">{_text(criteria)}</graderinfo>\n'


def _scale(value: Value, out: _Pictured, own: Value) -> Iterator[str]:
    own |= {"type": "scale", **{name: value[name] for name in ("lowest", "highest", "steps")}}
    return iter(())


#: By type, what it is in Moodle and how it is written.
WRITERS: dict[str, tuple[str, Callable[[Value, _Pictured, Value], Iterator[str]]]] = {
    "single_choice": ("multichoice", _single_choice),
    "multiple_choice": ("multichoice", _multiple_choice),
    "true_false": ("truefalse", _true_false),
    "matching": ("matching", _matching),
    "ordering": ("ordering", _ordering),
    "gap_text": ("multianswer", _gap_text),
    "short_text": ("shortanswer", _short_text),
    "number": ("numerical", _number),
    "free_text": ("essay", _free_text),
    # Moodle has none; there it is a text without a question.
    "scale": ("description", _scale),
}
