"""What people do with the hub, from signing in to the certificate and the list."""

import io
import re

import openpyxl
import page as pdf_validation
import pytest
from playwright.sync_api import expect

from .conftest import axe, plain, right_answers, sign_in

pytestmark = pytest.mark.browser

PUBLIC = [
    "/de/",
    "/de/kurse/",
    "/de/kurse/ki-grundlagen/",
    "/de/einloggen/",
    "/de/datenschutz/",
    "/en/hilfe/",
    "/de/nachweis-pruefen/",
    "/de/nachweis-pruefen/0000-0000-0000-0000/",
    "/de/gibt-es-nicht/",
    "/en/",
    "/de-simple/",
]
SIGNED_IN = [
    "/de/mein-lernen/",
    "/de/kurse/ki-grundlagen/",
    "/de/kurse/ki-grundlagen/was-ist-ki/",
    "/de/kurse/ki-grundlagen/was-ist-ki/wissenscheck/",
    "/de/kurse/ki-grundlagen/abschlusstest/",
]


def answer_everything(tab, answers) -> None:
    """Choose the right options of every question on the page."""
    for question in tab.locator("fieldset[data-question]").all():
        text = plain(question.locator("legend").inner_html().split("</span>", 1)[1])
        for label in question.locator("label").all():
            if plain(label.inner_html().split("<span>", 1)[1]) in answers[text]:
                label.click()


def test_an_employee_learns_passes_and_holds_a_certificate(tab, hub):
    sign_in(tab, "ole.brinkmann")
    expect(tab.get_by_role("heading", name="Mein Lernen")).to_be_visible()
    tab.goto("/de/kurse/ki-grundlagen/")
    tab.get_by_role("link", name="Beginnen").click()
    for _module in range(5):
        tab.get_by_role("button", name="Als gelernt markieren").click()
        if "wissenscheck" in tab.url:
            tab.locator(".hub-pager__next").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Abschlusstest")
    tab.get_by_role("button", name="Beginnen").click()
    assert axe(tab) == []
    answer_everything(tab, right_answers("ki-grundlagen"))
    expect(tab.locator(".hub-question__saved").last).to_have_text("Antwort gespeichert.")
    tab.get_by_role("button", name="Antworten abgeben").click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("Bestanden")
    assert axe(tab) == []
    tab.get_by_role("link", name="Zu Ihrem Nachweis").click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("Herzlichen Glückwunsch")
    assert axe(tab) == []
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Als PDF herunterladen").click()
    content = download.value.path().read_bytes()
    for profile in ("3a", "ua1"):
        assert pdf_validation.is_pdf_compliant_bytes(content, profile=profile)
    tab.get_by_role("link", name="Auf dem Bildschirm lesen").click()
    assert axe(tab) == []
    code = re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", tab.locator("main").inner_text())[0]
    tab.get_by_role("button", name="Ausloggen").click()
    tab.goto(f"/P/{code}")
    expect(tab.locator(".hub-verdict")).to_contain_text("gültig")
    assert "Brinkmann" not in tab.content()
    assert axe(tab) == []
    assert tab.complaints == []


def test_without_javascript_answers_are_kept_too(chromium, hub):
    context = chromium.new_context(locale="de-DE", base_url=hub.address, java_script_enabled=False)
    tab = context.new_page()
    sign_in(tab, "tobias.niehues")
    tab.goto("/de/kurse/ki-grundlagen/was-ist-ki/wissenscheck/")
    tab.locator("main form button").click()
    tab.locator("fieldset label").first.click()
    tab.get_by_role("button", name="Speichern und später weitermachen").click()
    tab.goto("/de/kurse/ki-grundlagen/was-ist-ki/wissenscheck/")
    tab.get_by_role("button", name="Versuch fortsetzen").click()
    expect(tab.locator("main")).to_contain_text("1 von 4 beantwortet")
    tab.get_by_role("button", name="Antworten abgeben").click()
    expect(tab.get_by_role("alert")).to_contain_text("noch nicht vollständig beantwortet")
    tab.get_by_role("button", name="Ohne diese Antworten abgeben").click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("bestanden")
    context.close()


def test_everything_works_with_the_keyboard_alone(tab, hub):
    tab.goto("/de/einloggen/")
    tab.keyboard.press("Tab")
    expect(tab.locator(":focus")).to_have_text("Zum Inhalt springen")
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    tab.keyboard.type("emine.yilmaz")
    tab.keyboard.press("Tab")
    tab.keyboard.type("kreis-coesfeld-lernt")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name="Mein Lernen")).to_be_visible()
    tab.get_by_role("link", name="Weiterlernen").first.focus()
    tab.keyboard.press("Enter")
    tab.get_by_role("button", name="Versuch fortsetzen").focus()
    tab.keyboard.press("Enter")
    tab.locator("input[type=radio]").first.focus()
    tab.keyboard.press("Space")
    expect(
        tab.locator(".hub-question__saved", has_text="Antwort gespeichert.").first
    ).to_be_visible()
    assert tab.complaints == []


@pytest.mark.parametrize("path", PUBLIC)
def test_public_pages_are_accessible(tab, hub, path):
    tab.goto(path)
    assert axe(tab) == []
    assert tab.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_learner_pages_are_accessible_and_fit_a_small_screen(chromium, hub, scheme):
    context = chromium.new_context(
        locale="de-DE",
        base_url=hub.address,
        color_scheme=scheme,
        viewport={"width": 320, "height": 800},
    )
    tab = context.new_page()
    sign_in(tab, "anna.terhorst")
    for path in [*SIGNED_IN, "/de/", "/de/kurse/"]:
        tab.goto(path)
        assert axe(tab) == [], path
        width = tab.evaluate("document.documentElement.scrollWidth")
        assert width <= 320, (path, width)
    context.close()


def test_a_phone_shows_the_title_first_and_whole_tables(chromium, hub):
    context = chromium.new_context(
        locale="de-DE", base_url=hub.address, viewport={"width": 320, "height": 640}
    )
    tab = context.new_page()
    sign_in(tab, "anna.terhorst")
    tab.goto("/de/kurse/ki-grundlagen/was-ist-ki/")
    title = tab.locator("h1").bounding_box()
    assert title["y"] + title["height"] < 480
    assert (
        tab.locator("h2").first.evaluate(
            "h2 => document.querySelector('h1').compareDocumentPosition(h2)"
        )
        == 4
    )  # DOCUMENT_POSITION_FOLLOWING
    expect(tab.get_by_role("cell").first).to_contain_text("Ton oder Schrift")
    assert tab.locator("table").evaluate("table => table.scrollWidth") <= 288
    context.close()


def test_contents_fold_on_a_phone_and_stand_open_beside_the_text(chromium, hub):
    for width, is_open in ((320, False), (1280, True)):
        context = chromium.new_context(
            locale="de-DE",
            base_url=hub.address,
            viewport={"width": width, "height": 800},
            java_script_enabled=False,
        )
        tab = context.new_page()
        sign_in(tab, "anna.terhorst")
        tab.goto("/de/kurse/ki-grundlagen/was-ist-ki/")
        link = tab.get_by_role("navigation", name="Auf dieser Seite").get_by_role("link").first
        expect(link).to_be_visible(visible=is_open)
        context.close()


def test_the_first_visit_is_light_and_stays_in_the_house(context, hub):
    tab = context.new_page()
    sizes, hosts = [], set()
    client = context.new_cdp_session(tab)
    client.send("Network.enable")
    client.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    tab.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    tab.goto("/de/kurse/ki-grundlagen/")
    tab.wait_for_load_state("networkidle")
    assert hosts == {hub.address.split("/")[2]}
    assert len(sizes) <= 15
    assert sum(sizes) <= 150_000, sum(sizes)


def test_the_language_switch_keeps_the_place_and_the_progress(tab, hub):
    sign_in(tab, "anna.terhorst")
    tab.goto("/de/kurse/ki-grundlagen/was-ist-ki/")
    tab.get_by_role("navigation", name="Sprache").get_by_role("link", name="English").click()
    expect(tab.locator("html")).to_have_attribute("lang", "en")
    assert "/en/" in tab.url and tab.url.count("/") >= 6
    expect(tab.locator("main")).to_contain_text("marked this module as learnt")
    tab.get_by_role("navigation", name="Language").get_by_role(
        "link", name="Leichte Sprache"
    ).click()
    expect(tab.locator("article")).to_have_attribute("lang", "de")
    expect(tab.locator("main")).to_contain_text("als gelernt markiert")


def test_hr_sees_its_people_and_hands_over_the_filtered_list(tab, hub):
    sign_in(tab, "hr.coesfeld")
    tab.goto("/admin/abschlussliste/")
    assert axe(tab, "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa") == []
    # With a filter set, Wagtail's own button shows a number that its label lacks.
    tab.goto("/admin/abschlussliste/?status=completed")
    expect(tab.locator("#main table")).to_contain_text("abgeschlossen")
    assert "Olfen" not in tab.locator("#main table").inner_text()
    tab.get_by_role("link", name="Als Datei übergeben").first.click()
    tab.get_by_label("Zweck").fill("Nachweis nach Art. 4 KI-VO")
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Übergeben").click()
    book = openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes()))
    header, *rows = book.worksheets[0].values
    assert header[0] == "Nachname"
    assert rows
    assert {row[5] for row in rows} == {"abgeschlossen"}
