"""Course A, the start page and the catalogue are there in English, segment by segment."""

import pytest
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file_svg

from hub.demo.content import COURSES, ContentError
from hub.demo.languages import translated_strings
from hub.demo.plan import CATALOGUE, HOME, plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def pages(pictures, bank):
    """The planned pages with one real picture for all drawings: blocks look it up."""
    picture = get_image_model().objects.create(
        title="Zeichnung", file=get_test_image_file_svg(filename="bild.svg")
    )
    return plan(dict.fromkeys(pictures, picture.pk), bank)


def test_start_page_catalogue_and_first_course_are_english(pages):
    english = {page.name for page in pages if "en" in page.translations}
    first = {page.name for page in pages if page.name.split("/")[0] == COURSES[0]}

    assert {HOME, CATALOGUE} | first <= english


def test_every_segment_has_a_translation(pages):
    for page in pages:
        for language in page.translations:
            strings = translated_strings(page, language)
            assert strings
            assert all(string.strip() for string in strings), page.name


def test_english_texts_are_not_the_german_ones(pages):
    for page in pages:
        if "en" in page.translations and page.name != HOME:
            german, english = page.german.fields, page.translations["en"].fields
            assert german["title"] != english["title"], page.name
            assert german["slug"] != english["slug"] or page.name.endswith("wissenscheck")


def test_other_structure_is_refused_with_file_and_key(pages):
    home = next(page for page in pages if page.name == HOME)
    promises = home.translations["en"].fields["promises"]
    home.translations["en"].fields["promises"] = promises[:-1]

    with pytest.raises(ContentError, match=r"start\.en\.toml: promises\."):
        translated_strings(home, "en")
