"""Questions and courses go in and out of the hub, as an editor does it."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import axe
from .test_editing import EDITOR, REVIEWER, people  # noqa: F401

pytestmark = pytest.mark.browser

MOODLE = """<?xml version="1.0" encoding="UTF-8"?><quiz>
<question type="multichoice"><name><text>Wer haftet?</text></name>
  <questiontext format="html">
    <text><![CDATA[<p>Wer haftet für ein Schreiben?</p>]]></text></questiontext>
  <defaultgrade>1</defaultgrade><single>true</single>
  <answer fraction="100"><text>Die Behörde</text><feedback><text>Ja.</text></feedback></answer>
  <answer fraction="0"><text>Die KI</text><feedback><text>Nein.</text></feedback></answer>
</question>
<question type="drawing"><name><text>Zeichnen Sie</text></name>
  <questiontext format="html"><text>Ein Kreis</text></questiontext></question>
</quiz>"""


def open_bank(tab: Page) -> None:
    tab.goto("/admin/")
    tab.get_by_role("link", name="Fragenpool", exact=True).click()


def from_the_list(tab: Page, name: str) -> None:
    """Follow an entry of the menu beside the heading of the list."""
    open_bank(tab)
    tab.locator("header .w-dropdown__toggle").first.click()
    tab.get_by_role("link", name=name).first.click()


def expect_to_fit(tab: Page) -> None:
    """Nothing of the page is wider than the narrowest screen, once Wagtail's menu has folded."""
    tab.set_viewport_size({"width": 320, "height": 640})
    main, wider = tab.locator("main"), "main => main.scrollWidth - main.clientWidth"
    for _attempt in range(50):
        if main.evaluate(wider) <= 0:
            break
        tab.wait_for_timeout(100)
    assert main.evaluate(wider) <= 0
    tab.set_viewport_size({"width": 1280, "height": 900})


def main_findings(tab: Page) -> list[str]:
    """What axe-core finds in our part of the page; the rest is Wagtail's."""
    return [finding for finding in axe(tab) if "import-" in finding or "hub-" in finding]


def test_questions_come_from_moodle_and_go_out_again(people, tmp_path: Path):  # noqa: F811
    tab = people[EDITOR]
    file = tmp_path / "moodle.xml"
    file.write_text(MOODLE)
    from_the_list(tab, "Fragen importieren")
    tab.get_by_text("Eine Tabelle, ohne Moodle").click()
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Laden Sie die Vorlage herunter").click()
    assert download.value.path().read_bytes()[:2] == b"PK"
    expect_to_fit(tab)

    # First a look: one question is new, one cannot be taken over, and nothing is written.
    tab.get_by_label("Datei mit Fragen").set_input_files(file)
    tab.get_by_role("button", name="Zeigen, was geschehen würde").click()
    main = tab.locator("main")
    expect(main).to_contain_text("Wer haftet?")
    expect(main).to_contain_text("Zeichnen Sie")
    expect_to_fit(tab)
    assert main_findings(tab) == []
    tab.get_by_role("button", name="1 Frage übernehmen").click()
    tab.get_by_role("link", name="Importierte Fragen zeigen").click()
    expect(tab.locator("main")).to_contain_text("Wer haftet?")

    # The same file once more makes nothing twice.
    from_the_list(tab, "Fragen importieren")
    tab.get_by_label("Datei mit Fragen").set_input_files(file)
    tab.get_by_role("button", name="Zeigen, was geschehen würde").click()
    expect(main).to_contain_text("Schon vorhanden")
    expect(tab.get_by_role("button", name="übernehmen")).to_have_count(0)

    # And out again.
    from_the_list(tab, "Fragen exportieren")
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Als Moodle-XML herunterladen").click()
    assert b"Wer haftet" in download.value.path().read_bytes()


def test_a_course_leaves_as_a_package_and_comes_back_unchanged(people, tmp_path: Path):  # noqa: F811
    tab = people[EDITOR]
    tab.goto("/admin/")
    tab.get_by_role("link", name="Kurse", exact=True).click()
    catalogue = tab.url
    tab.get_by_role("link", name="Alle Fragetypen", exact=True).click()
    tab.locator("header .w-dropdown__toggle").first.click()
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Kurspaket herunterladen").click()
    package = tmp_path / "kurs.zip"
    download.value.save_as(package)

    tab.goto(catalogue)
    tab.locator("header .w-dropdown__toggle").first.click()
    tab.get_by_role("link", name="Kurspaket einlesen").click()
    expect(tab.locator("input[type=file]")).to_be_visible()
    expect_to_fit(tab)
    tab.get_by_label("Kurspaket").set_input_files(package)
    tab.get_by_role("button", name="Zeigen, was geschehen würde").click()
    expect(tab.locator("main")).to_contain_text("Alle Fragetypen")
    expect_to_fit(tab)
    tab.get_by_role("button", name="Übernehmen", exact=True).click()
    expect(tab.locator(".messages")).to_contain_text("0 neu, 0 geändert")
