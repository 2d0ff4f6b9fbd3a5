"""The contract of a question type."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from courses.grading import Score
from courses.statistics import Tally
from hub.blocks import INLINE_FEATURES
from hub.registry import Registry

from .pictures import QuestionPictureBlock

#: What is stored as a person's answer: for each part of the question what was given there, the ids
#: of chosen options (never positions or texts, which change by shuffling and by language), a place
#: or a number, or a typed text. Parts left empty do not appear.
Answer = Mapping[str, list[str]]

#: The part of a question that has only one.
WHOLE = "answer"


@dataclass(frozen=True)
class ReviewOption:
    """One answer possibility as the result page shows it."""

    text: str
    is_chosen: bool
    is_right: bool
    feedback: str
    #: The value of a ``QuestionPictureBlock``.
    picture: blocks.StructValue | None = None


@dataclass(frozen=True)
class ReviewPart:
    """One part of a question as the result page shows it: what was given, and what is right."""

    label: str
    given: str
    right: str
    #: ``None`` where nothing is right or wrong.
    is_right: bool | None
    feedback: str = ""
    picture: blocks.StructValue | None = None


@dataclass(frozen=True)
class Review:
    """What the result page says about one answered question."""

    score: Score
    options: Sequence[ReviewOption] = ()
    parts: Sequence[ReviewPart] = ()


@dataclass(frozen=True)
class TallyRow:
    """What the statistics of a question count answers for: an option, or a part that is right."""

    key: str
    text: str
    #: Whether it is a right option; ``None`` where nothing is right or wrong.
    is_right: bool | None = None


class QuestionBlock(blocks.StructBlock):
    """Base class of a question type, a StreamField block registered under a stable ``type_key``.

    A plug-in subclasses it, adds its own child blocks and registers it in a module ``questions``
    of an installed app. Every method takes the block's value, so that a question is graded on the
    frozen text a person saw and never on today's page.
    """

    type_key: str
    #: Whether a part may hold more than one option.
    takes_several = False
    #: Whether the answer earns points; a survey question's does not.
    is_scored = True
    #: Whether a person marks the answer; until then it has no points.
    is_marked_by_person = False
    #: What the statistics count beside the points; see ``tally_rows``.
    tally = Tally.NOTHING
    #: Names of child blocks, at any depth, that neither ask nor decide what is right. Changing them
    #: is no correction of a question that people have answered.
    beside_the_question = frozenset(
        {
            "explanation",
            "source",
            "as_of",
            "review_on",
            "feedback",
            "feedback_true",
            "feedback_false",
            "feedback_wrong",
        }
    )

    text = blocks.RichTextBlock(
        features=INLINE_FEATURES,
        label=_("Question"),
        help_text=_("Ask one thing, in one or two short sentences."),
    )
    image = QuestionPictureBlock()
    points = blocks.IntegerBlock(
        default=1,
        min_value=1,
        max_value=100,
        label=_("Points"),
        help_text=_("How much it counts. One point is usual."),
    )
    explanation = blocks.RichTextBlock(
        features=INLINE_FEATURES,
        required=False,
        label=_("Explanation"),
        help_text=_("Shown with the result, whatever was answered."),
    )
    source = blocks.CharBlock(
        required=False,
        default="",
        label=_("Source"),
        help_text=_("Where the fact can be looked up."),
    )
    as_of = blocks.DateBlock(required=False, label=_("As of (Stand)"))
    review_on = blocks.DateBlock(required=False, label=_("Check again on"))

    def get_form_layout(self) -> blocks.BlockGroup:
        """The question with its answers first; where the fact comes from stands folded below."""
        upkeep = ["source", "as_of", "review_on"]
        last = [name for name in ("explanation", "points") if name in self.child_blocks]
        return blocks.BlockGroup(
            [
                *(name for name in self.child_blocks if name not in [*last, *upkeep]),
                *last,
                blocks.BlockGroup(upkeep, heading=_("Source of the fact"), classname="collapsed"),
            ]
        )

    def parts(self, value: blocks.StructValue) -> list[str]:
        """The keys of what is to be answered, in the order of the editor."""
        return [WHOLE]

    def option_ids(self, value: blocks.StructValue) -> list[str]:
        """The ids of the options in the order of the editor; empty for types without options."""
        return []

    def pictures(self, value: blocks.StructValue) -> Mapping[str, blocks.StructValue]:
        """The pictures of the options that have one, by option id."""
        return {}

    def draw_order(self, value: blocks.StructValue, random: Random) -> list[str]:
        """The order of the options for one attempt."""
        ids = self.option_ids(value)
        random.shuffle(ids)
        return ids

    def get_fields(self, value: blocks.StructValue, order: Sequence[str]) -> dict[str, forms.Field]:
        """The native form fields that ask the question, by part, in the order they are asked.

        Choices stand in ``order``.
        """
        raise NotImplementedError

    def parse(self, value: blocks.StructValue, raw: Answer) -> Answer:
        """The stored answer for what the browser sent.

        Raises ``ValidationError`` for what this question cannot have as an answer.
        """
        if not raw.keys() <= set(self.parts(value)):
            raise foreign_answer()
        parsed = {part: self.parse_part(value, part, given) for part, given in raw.items()}
        return {part: given for part, given in parsed.items() if given}

    def parse_part(self, value: blocks.StructValue, part: str, given: list[str]) -> list[str]:
        """What is stored for one part; ``given`` holds the non-empty values the browser sent.

        Raises ``ValidationError`` for what this part cannot have as an answer.
        """
        raise NotImplementedError

    def unparse_part(self, value: blocks.StructValue, part: str, given: list[str]) -> list[str]:
        """What the form field shows of what is stored: the reverse of ``parse_part``."""
        return given

    def grade(self, value: blocks.StructValue, answer: Answer) -> Score:
        """The score of an answer; an empty answer scores nothing. Pure.

        Where a person marks the answer it is what is certain before: nothing of the points.
        ``answer`` may have been given to an earlier text: what is not there any more scores
        nothing.
        """
        raise NotImplementedError

    def review(self, value: blocks.StructValue, answer: Answer, order: Sequence[str]) -> Review:
        """What the result page shows for an answer."""
        raise NotImplementedError

    def right_answer(self, value: blocks.StructValue) -> Answer:
        """An answer that gets all points; what comes nearest, if no answer does."""
        raise NotImplementedError

    def tally_rows(self, value: blocks.StructValue) -> list[TallyRow]:
        """What the statistics count answers for, in the order of the editor.

        ``tally`` says what the rows are. Never what people typed.
        """
        return []

    def tallied(self, value: blocks.StructValue, answer: Answer) -> Collection[str]:
        """The keys of the rows that an answer counts for: what was chosen, if rows are options."""
        return answer.get(WHOLE, ()) if self.tally in (Tally.ONE, Tally.SEVERAL) else ()

    def has_right_answer(self, value: blocks.StructValue) -> bool:
        """Whether all points of the question can be reached."""
        if self.is_marked_by_person:
            return True
        return self.grade(value, self.right_answer(value)).is_full

    class Meta:
        icon = "help"
        form_template = None
        label_format = "{text}"
        question_template = "courses/questions/choice.html"
        review_template = "courses/questions/review.html"


def foreign_answer() -> ValidationError:
    """The error for an answer that is none of those the question offers."""
    return ValidationError(_("This answer does not belong to the question."))


questions: Registry[QuestionBlock] = Registry(
    "question type",
    key_attribute="type_key",
    contract=("get_fields", "parse_part", "grade", "review", "right_answer"),
)
