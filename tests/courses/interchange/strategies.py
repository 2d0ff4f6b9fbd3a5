"""Questions of all types as hypothesis makes them up, as an editor could have typed them."""

from __future__ import annotations

from datetime import date
from html import escape
from io import BytesIO

from hypothesis import strategies as st
from PIL import Image

from courses.interchange.markup import clean_html, one_line
from courses.interchange.questions import (
    SHAPES,
    ParsedQuestion,
    build_value,
    make_picture,
    picture_value,
)

#: Signs that mean something in one of the formats, among letters.
SIGNS = "abcÄöüß 019 <>&\"'|;=~#{}:\\*[]()%$/.,!?-–_@`^+€→ \u00a0日本語😀"
letters = st.characters(exclude_categories=("C", "Z"))
lines = (
    st.text(st.one_of(st.sampled_from(SIGNS), letters), min_size=1, max_size=30)
    .map(one_line)
    .filter(bool)
)
#: Without what names a gap.
sentences = lines.map(lambda text: one_line(text.replace("[", "(").replace("]", ")"))).filter(bool)
maybe = st.one_of(st.just(""), lines)


def png(red: int) -> bytes:
    file = BytesIO()
    Image.new("RGB", (2, 2), (red, 0, 0)).save(file, "PNG")
    return file.getvalue()


PICTURES = [make_picture(png(red), f"bild-{red}.png") for red in (1, 2)]
images = st.one_of(
    st.just({"image": None, "alt_text": ""}),
    st.builds(picture_value, st.sampled_from(PICTURES), lines),
)
no_image = st.just({"image": None, "alt_text": ""})


@st.composite
def rich_text(draw):
    """Paragraphs as the editor stores them."""
    html = ""
    for _paragraph in range(draw(st.integers(1, 2))):
        runs = []
        for _run in range(draw(st.integers(1, 3))):
            run = escape(draw(lines), quote=False)
            kind = draw(st.sampled_from(["", "b", "i", "a", "br"]))
            if kind == "a":
                run = (
                    f'<a href="https://example.org/?a=1&amp;b={draw(st.integers(1, 9))}">{run}</a>'
                )
            elif kind == "br":
                run += "<br/>"
            elif kind:
                run = f"<{kind}>{run}</{kind}>"
            runs.append(run)
        html += f"<p>{' '.join(runs)}</p>"
    return clean_html(html).html


rich = rich_text().filter(bool)
dates = st.one_of(st.none(), st.dates(date(2000, 1, 1), date(2100, 1, 1)).map(str))
decimals = st.decimals(-1000, 1000, places=2, allow_nan=False)


def digits(number):
    from courses.interchange.numbers import in_digits

    return in_digits(number)


def listed(strategy, low, high=4):
    return st.lists(strategy, min_size=low, max_size=high)


@st.composite
def options(draw, image, *, several):
    found = draw(
        listed(
            st.fixed_dictionaries(
                {"text": lines, "image": image, "is_correct": st.booleans(), "feedback": maybe}
            ),
            2,
            5,
        )
    )
    if not several:
        for option in found:
            option["is_correct"] = False
    found[draw(st.integers(0, len(found) - 1))]["is_correct"] = True
    return found


@st.composite
def gap_text(draw):
    gaps, sentence = [], draw(sentences)
    for number in range(1, draw(st.integers(1, 3)) + 1):
        is_typed = draw(st.booleans())
        gaps.append(
            {
                "answers": draw(listed(lines, 1, 2)),
                "distractors": [] if is_typed else draw(listed(lines, 1, 3)),
                "feedback": draw(maybe),
            }
        )
        after = draw(sentences)
        sentence += f" [{number}]{draw(st.sampled_from([' ', chr(10)]))}{after}"
    return {"sentence": sentence, "gaps": gaps}


def answers():
    one = st.fixed_dictionaries({"text": lines, "percent": st.integers(0, 100), "feedback": maybe})
    return st.tuples(one, listed(one, 0, 2)).map(
        lambda made: [{**made[0], "percent": 100}, *made[1]]
    )


spelling = {"case_matters": st.booleans(), "umlauts_matter": st.booleans()}


def own_blocks(type_key, image):
    """What a type has beside what all have."""
    return {
        "single_choice": st.fixed_dictionaries({"options": options(image, several=False)}),
        "multiple_choice": st.fixed_dictionaries({"options": options(image, several=True)}),
        "true_false": st.fixed_dictionaries(
            {"is_true": st.booleans(), "feedback_true": maybe, "feedback_false": maybe}
        ),
        "matching": st.fixed_dictionaries(
            {
                "pairs": listed(
                    st.fixed_dictionaries(
                        {"prompt": lines, "image": image, "match": lines, "feedback": maybe}
                    ),
                    2,
                ),
                "distractors": listed(lines, 0, 2),
            }
        ),
        "ordering": st.fixed_dictionaries(
            {"steps": listed(st.fixed_dictionaries({"text": lines, "feedback": maybe}), 2)}
        ),
        "gap_text": st.builds(
            lambda gaps, case, umlauts: {**gaps, "case_matters": case, "umlauts_matter": umlauts},
            gap_text(),
            st.booleans(),
            st.booleans(),
        ),
        "short_text": st.fixed_dictionaries({"answers": answers(), **spelling}),
        "number": st.fixed_dictionaries(
            {
                "number": decimals.map(digits),
                "tolerance": st.decimals(0, 10, places=1).map(digits),
                "unit": maybe,
                "feedback_wrong": maybe,
            }
        ),
        "scale": st.fixed_dictionaries(
            {"lowest": lines, "highest": lines, "steps": st.integers(2, 10)}
        ),
        "free_text": st.fixed_dictionaries(
            {
                "max_length": st.integers(50, 5000),
                "criteria": paragraphs,
                "model_answer": paragraphs,
            }
        ),
    }[type_key]


paragraphs = listed(lines, 0, 3).map("\n".join)


@st.composite
def questions(draw, type_key=None, *, pictures=True, upkeep=True):
    type_key = type_key or draw(st.sampled_from(sorted(SHAPES)))
    image = images if pictures else no_image
    given = {
        "text": draw(rich),
        "image": draw(image),
        "explanation": draw(st.one_of(st.just(""), rich)),
    }
    if upkeep:
        given |= {"source": draw(maybe), "as_of": draw(dates), "review_on": draw(dates)}
        if type_key != "scale":
            given["points"] = draw(st.integers(1, 100))
    given |= draw(own_blocks(type_key, image))
    value = build_value(type_key, **given)
    used = {picture.digest: picture for picture in PICTURES}
    return ParsedQuestion(
        name=draw(lines),
        type_key=type_key,
        value=value,
        tags=tuple(dict.fromkeys(draw(listed(tags, 0, 3)))) if upkeep else (),
        language=draw(st.sampled_from(["", "de", "en"])) if upkeep else "",
        pictures=used if pictures else {},
    )


tags = st.text("abcÄö -&", min_size=1, max_size=10).map(one_line).filter(bool)
