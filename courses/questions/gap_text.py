"""A text with gaps, to be filled by typing or by choosing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from courses import grading

from . import refusals
from .base import (
    Answer,
    QuestionBlock,
    Review,
    ReviewPart,
    Tally,
    TallyRow,
    foreign_answer,
    questions,
)
from .typed import case_matters_block, text_rules, typed_text, umlauts_matter_block

MARKER = re.compile(r"\[([0-9]+)\]")


class GapBlock(blocks.StructBlock):
    answers = blocks.ListBlock(
        blocks.CharBlock(label=_("Right answer")),
        default=[""],
        min_num=1,
        max_num=10,
        label=_("What is right here"),
        help_text=_("Each of them is accepted."),
    )
    distractors = blocks.ListBlock(
        blocks.CharBlock(label=_("Wrong answer")),
        default=[],
        max_num=10,
        label=_("What is wrong here"),
        help_text=_(
            "With wrong answers, the gap is a list to choose from. Without, people type the answer."
        ),
    )
    feedback = blocks.CharBlock(
        required=False,
        default="",
        label=_("Feedback"),
        help_text=_("Why this belongs here; shown with the result."),
    )


@questions.register
class GapTextBlock(QuestionBlock):
    """Input fields and selects within a text; every gap filled rightly counts the same.

    Parts are the ids of the gaps. What is given is the typed text or, in a gap with distractors,
    the id of the answer or distractor chosen.
    """

    type_key = "gap_text"
    tally = Tally.PARTS

    sentence = blocks.TextBlock(
        rows=3,
        label=_("Text with gaps"),
        help_text=_(
            "Write [1] where the first gap is, [2] for the second: “Personal data must not be "
            "entered into [1] tools.”"
        ),
    )
    gaps = blocks.ListBlock(
        GapBlock(),
        min_num=1,
        max_num=20,
        label=_("Gaps"),
        help_text=_("The first one here belongs to [1], the second to [2], and so on."),
    )
    case_matters = case_matters_block()
    umlauts_matter = umlauts_matter_block()

    def clean(self, value):
        """Refuse markers without a gap, gaps without a marker, and choices that stand twice."""
        cleaned = super().clean(value)
        if self.is_deferred_validation:
            return cleaned
        self._check_markers(cleaned)
        rules = text_rules(cleaned)
        errors = {}
        for position, gap in enumerate(cleaned["gaps"]):
            answers = list(gap["answers"])
            twice = refusals.repeated([*answers, *gap["distractors"]], rules.form)
            message = _("This answer stands there twice. Please change one of them.")
            for name, offset, count in (
                ("answers", 0, len(answers)),
                ("distractors", len(answers), len(gap["distractors"])),
            ):
                here = [place - offset for place in twice if offset <= place < offset + count]
                if here:
                    errors[position] = refusals.at_items(name, dict.fromkeys(here, message))
        if errors:
            raise refusals.at_items("gaps", errors)
        return cleaned

    def _check_markers(self, value: blocks.StructValue) -> None:
        """Raises for markers that are not [1], [2] … up to the number of gaps, each once."""
        found = [int(number) for number in MARKER.findall(value["sentence"])]
        for number in found:
            if found.count(number) > 1:
                raise refusals.at(
                    "sentence",
                    _("[%(number)d] stands there twice. Each gap has its own number.")
                    % {"number": number},
                )
        wanted = set(range(1, len(value["gaps"]) + 1))
        if foreign := sorted(set(found) - wanted):
            raise refusals.at(
                "sentence",
                _(
                    "There is no gap for [%(number)d] below. Number the gaps from 1 without "
                    "leaving one out, and add what belongs into each."
                )
                % {"number": foreign[0]},
            )
        if missing := sorted(wanted - set(found)):
            raise refusals.at(
                "sentence",
                _("Write [%(number)d] where gap %(number)d is, or remove this gap below.")
                % {"number": missing[0]},
            )

    def parts(self, value: blocks.StructValue) -> list[str]:
        return [gap.id for gap in value["gaps"].bound_blocks]

    def choices(self, gap: blocks.StructValue) -> dict[str, str]:
        """The texts to choose from in a gap, by id; none where the answer is typed."""
        if not gap["distractors"]:
            return {}
        return {
            text.id: text.value
            for name in ("answers", "distractors")
            for text in gap[name].bound_blocks
        }

    def option_ids(self, value: blocks.StructValue) -> list[str]:
        return [option_id for gap in value["gaps"] for option_id in self.choices(gap)]

    def get_fields(self, value: blocks.StructValue, order: Sequence[str]) -> dict[str, forms.Field]:
        # All gaps are equally long, so that the length tells nothing.
        texts = [text for gap in value["gaps"] for text in gap["answers"]]
        size = min(max(8, *(len(text) + 2 for text in texts)), 30) if texts else 8
        total = len(value["gaps"])
        fields: dict[str, forms.Field] = {}
        for number, gap in enumerate(value["gaps"].bound_blocks, start=1):
            label = gettext("Gap %(number)d of %(total)d") % {"number": number, "total": total}
            attrs = {"aria-label": label}
            if choices := self.choices(gap.value):
                shown = [(key, choices[key]) for key in order if key in choices]
                fields[gap.id] = forms.ChoiceField(
                    choices=[("", gettext("Please choose")), *shown],
                    label=label,
                    required=False,
                    widget=forms.Select(attrs=attrs),
                )
            else:
                attrs |= {"size": str(size), "autocomplete": "off", "autocapitalize": "off"}
                fields[gap.id] = forms.CharField(
                    label=label, required=False, widget=forms.TextInput(attrs=attrs)
                )
        return fields

    def pieces(self, value: blocks.StructValue) -> Iterator[tuple[str, str | None]]:
        """The text cut at its gaps: what stands before a gap, and the gap's part; then the rest."""
        parts = dict(enumerate(self.parts(value), start=1))
        before = 0
        for marker in MARKER.finditer(value["sentence"]):
            if part := parts.get(int(marker[1])):
                yield value["sentence"][before : marker.start()], part
                before = marker.end()
        yield value["sentence"][before:], None

    def parse_part(self, value: blocks.StructValue, part: str, given: list[str]) -> list[str]:
        choices = self.choices(self._gaps(value)[part])
        if choices:
            if len(given) != 1 or given[0] not in choices:
                raise foreign_answer()
            return given
        text = typed_text(given)
        return [text] if text else []

    def _gaps(self, value: blocks.StructValue) -> dict[str, blocks.StructValue]:
        return {gap.id: gap.value for gap in value["gaps"].bound_blocks}

    def right_answer(self, value: blocks.StructValue) -> Answer:
        return {
            part: [gap["answers"].bound_blocks[0].id if self.choices(gap) else gap["answers"][0]]
            for part, gap in self._gaps(value).items()
            if gap["answers"]
        }

    def given_texts(self, value: blocks.StructValue, answer: Answer) -> dict[str, str]:
        """What stands in each gap, as text."""
        texts = {}
        for part, gap in self._gaps(value).items():
            given = "".join(answer.get(part, []))
            choices = self.choices(gap)
            texts[part] = choices.get(given, "") if choices else given
        return texts

    def right_parts(self, value: blocks.StructValue, answer: Answer) -> dict[str, bool]:
        """For each gap whether what stands in it is right."""
        rules = text_rules(value)
        gaps = self._gaps(value)
        return {
            part: bool(text)
            and any(rules.are_equal(text, right) for right in gaps[part]["answers"])
            for part, text in self.given_texts(value, answer).items()
        }

    def tally_rows(self, value: blocks.StructValue) -> list[TallyRow]:
        return [
            TallyRow(part, f"[{number}] {' / '.join(gap['answers'])}")
            for number, (part, gap) in enumerate(self._gaps(value).items(), start=1)
        ]

    def tallied(self, value: blocks.StructValue, answer: Answer) -> list[str]:
        return [part for part, is_right in self.right_parts(value, answer).items() if is_right]

    def grade(self, value: blocks.StructValue, answer: Answer) -> grading.Score:
        are_right = list(self.right_parts(value, answer).values())
        return grading.share_of_parts(are_right, value["points"])

    def review(self, value: blocks.StructValue, answer: Answer, order: Sequence[str]) -> Review:
        given, right = self.given_texts(value, answer), self.right_parts(value, answer)
        return Review(
            score=self.grade(value, answer),
            parts=[
                ReviewPart(
                    label=gettext("Gap %(number)d") % {"number": number},
                    given=given[part],
                    right=" / ".join(gap["answers"]),
                    is_right=right[part],
                    feedback=gap["feedback"],
                )
                for number, (part, gap) in enumerate(self._gaps(value).items(), start=1)
            ],
        )

    class Meta:
        icon = "pilcrow"
        label = _("Gap text")
        question_template = "courses/questions/gap_text.html"
        review_template = "courses/questions/gap_text_review.html"
