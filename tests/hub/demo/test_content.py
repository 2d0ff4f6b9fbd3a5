"""The content files: strict reading, and what the files themselves must keep."""

import shutil

import pytest

from hub.demo.content import COURSES, ContentError, check_html, read_bank, read_course
from hub.demo.identifiers import BlockIds, stable_id
from hub.demo.plan import plan


@pytest.mark.parametrize("slug", COURSES)
def test_course_is_complete(slug):
    course = read_course(slug)

    assert course.slug == slug
    assert len(course.modules) >= 5
    assert len(course.final_test.questions) >= 8
    assert (course.final_test.draw_count or 0) <= len(course.final_test.questions)


@pytest.mark.parametrize("slug", COURSES)
def test_module_ends_with_its_sources(slug):
    for module in read_course(slug).modules:
        assert module.body[-1].type == "sources", module.path


@pytest.mark.parametrize("slug", COURSES)
def test_minutes_of_the_course_are_those_of_what_is_required(slug, planned):
    required = sum(
        page.german.fields["duration_minutes"]
        for page in planned
        if page.name.startswith(f"{slug}/") and page.german.fields.get("is_required", True)
    )

    assert required == read_course(slug).duration_minutes


@pytest.mark.parametrize(
    ("html", "message"),
    [
        ("<p>offen", "not closed"),
        ("<p>a</b></p>", "closes nothing"),
        ("<p>a<br></p>", "not allowed"),
        ('<p class="x">a</p>', "attributes"),
        ('<p><a href="javascript:x">a</a></p>', "address"),
        ("nackt", "outside"),
        ("<ul><li><ul><li>a</li></ul></li></ul>", "inside"),
    ],
)
def test_wrong_html_is_refused(html, message):
    with pytest.raises(ValueError, match=message):
        check_html(html)


def broken(folder, tmp_path, name, old, new):
    """A copy of the content with one change in one file."""
    copy = tmp_path / "content"
    shutil.copytree(folder, copy)
    path = copy / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return copy


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("is_correct = true", "is_correct = false"),
        ("draw_count = 8", "draw_count = 80"),
        ('type = "single_choice"', 'type = "dropdown"'),
        ("is_correct = true", "is_correct = 1"),
        ("feedback = ", "feedbak = "),
    ],
)
def test_error_names_the_file(small_content, tmp_path, old, new):
    copy = broken(small_content, tmp_path, "ki-verantwortliche/abschlusstest.toml", old, new)

    with pytest.raises(ContentError, match=r"abschlusstest\.toml"):
        read_course("ki-verantwortliche", content=copy)


def test_missing_picture_is_an_error(pictures, bank):
    with pytest.raises(ContentError, match="picture"):
        plan({name: key for name, key in pictures.items() if name != "rollen.svg"}, bank)


def all_ids(value):
    """Every id of a stored stream, and a complaint for every list item without one."""
    if isinstance(value, list):
        for entry in value:
            if isinstance(entry, dict) and "type" in entry:
                assert entry.get("id"), entry
                yield entry["id"]
                if entry["type"] != "random_draw":  # it names keywords, no texts
                    yield from all_ids(entry["value"])
            else:
                # A list item without an id would be left out of translation.
                pytest.fail(f"not a block: {entry!r}")
    elif isinstance(value, dict):
        for inner in value.values():
            yield from all_ids(inner)


def test_every_block_and_list_item_has_an_id_of_its_own(planned):
    count = 0
    for page in planned:
        for text in (page.german, *page.translations.values()):
            streams = {
                name: value
                for name, value in text.fields.items()
                if isinstance(value, list) and name != "prerequisites"
            }
            ids = [block_id for value in streams.values() for block_id in all_ids(value)]
            assert len(ids) == len(set(ids)), text.path
            count += len(ids)
    assert count > 1000


def test_a_question_the_bank_does_not_have_is_an_error(pictures):
    with pytest.raises(ContentError, match="the bank has no question"):
        plan(pictures, {})


def test_the_bank_has_enough_for_what_is_drawn(planned):
    tags = [set(entry.tags) for entry in read_bank().entries]
    draws = [
        entry["value"]
        for page in planned
        for entry in page.german.fields.get("questions", [])
        if entry["type"] == "random_draw"
    ]
    assert draws
    for draw in draws:
        assert sum(set(draw["tags"]) <= own for own in tags) > 2 * draw["count"]


def test_plan_is_the_same_on_every_run(pictures, bank):
    assert [(page.key, page.german) for page in plan(pictures, bank)] == [
        (page.key, page.german) for page in plan(pictures, bank)
    ]


def test_an_id_depends_on_names_only():
    # Written down: a change of this value would make every stored answer point nowhere.
    assert str(stable_id("page", "ki-grundlagen")) == "86f2e2bb-dfd5-5f58-ae55-62e252197f13"
    assert BlockIds("a")("b", "c") == str(stable_id("block", "a", "b", "c"))


def test_key_used_twice_is_refused():
    ids = BlockIds("page")
    ids("intro")
    with pytest.raises(ValueError, match="used twice"):
        ids("intro")


def test_every_drawing_is_shown(planned, pictures):
    shown = {
        block["value"]["image"]["image"]
        for page in planned
        for value in page.german.fields.values()
        if isinstance(value, list)
        for block in value
        if isinstance(block, dict) and block["type"] == "image"
    }

    assert {name for name, key in pictures.items() if key not in shown} == set()
