"""A letter is written by HR and redeemed on a phone: by keyboard, and without scripts."""

import io
import re

import pikepdf
import pytest
from playwright.sync_api import Page, expect

from tests.pdf.text import pages_of

from .conftest import axe
from .test_corrections import WCAG, fits
from .test_corrections import people as people  # a fixture

pytestmark = pytest.mark.browser

PHONE = {"width": 320, "height": 800}
PASSWORD = "sieben rote Bagger"
CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")


def write_letter(desk: Page) -> str:
    """The code in the letter that HR of Billerbeck writes to Dragan, who has no e-mail."""
    desk.goto("/admin/einladungen/")
    fits(desk, *WCAG)
    desk.get_by_label("Name, Benutzername oder Personalnummer").fill("Dordevic")
    desk.get_by_label("Einloggen", exact=True).select_option("any")
    desk.get_by_label("E-Mail").select_option("without")
    desk.get_by_role("button", name="Zeigen").click()
    desk.get_by_label("Đorđević, Dragan").check()
    fits(desk, *WCAG)
    desk.get_by_role("button", name="Briefe an die Angekreuzten schreiben").click()
    expect(desk.get_by_role("heading", level=2).first).to_contain_text("1 Brief wird geschrieben")
    fits(desk, *WCAG)
    with desk.expect_download() as download:
        desk.get_by_role("button", name="PDF erstellen").click()
    content = download.value.path().read_bytes()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert len(pdf.pages) == 1
    (text,) = pages_of(content)
    assert "dragan.dordevic" in text
    return CODE.search(text)[0]


@pytest.fixture
def code(people):
    return write_letter(people("hr.billerbeck", viewport=PHONE))


def choose_password(phone: Page) -> None:
    """By keyboard alone, with a mistake first."""
    expect(phone.locator("main")).to_contain_text("Guten Tag Dragan")
    expect(phone.locator("main")).not_to_contain_text("Đorđević")
    assert axe(phone) == []
    phone.get_by_label("Passwort", exact=True).focus()
    phone.keyboard.type("kurz")
    phone.keyboard.press("Tab")
    phone.keyboard.type("kurz")
    phone.keyboard.press("Enter")
    expect(phone.locator("#meldung")).to_be_focused()
    expect(phone.locator("#meldung")).to_contain_text("mindestens 12 Zeichen")
    fits(phone)
    phone.keyboard.press("Tab")
    expect(phone.locator("#meldung a")).to_be_focused()
    phone.keyboard.press("Enter")
    expect(phone.get_by_label("Passwort", exact=True)).to_be_focused()
    phone.keyboard.type(PASSWORD)
    phone.keyboard.press("Tab")
    phone.keyboard.type(PASSWORD)
    phone.keyboard.press("Tab")
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("heading", level=1)).to_have_text("Willkommen")
    expect(phone.locator("main")).to_contain_text("dragan.dordevic")
    fits(phone)


def test_a_letter_leads_to_my_learning_by_keyboard(chromium, hub, code):
    context = chromium.new_context(locale="de-DE", base_url=hub.address, viewport=PHONE)
    phone = context.new_page()
    asked = []
    phone.on("request", lambda request: asked.append(request.url + str(request.headers)))
    # A wrong code first, typed.
    phone.goto("/de/einladung/")
    fits(phone)
    phone.get_by_label("Ihr Code").focus()
    phone.keyboard.type("0000 0000 0000")
    phone.keyboard.press("Enter")
    expect(phone.locator("#meldung")).to_be_focused()
    expect(phone.locator("#meldung")).to_contain_text("Dieser Code gilt nicht.")
    fits(phone)

    # Then as the QR code opens it: the code is in the field, and in no address any more.
    phone.goto("about:blank")
    phone.goto(f"/de/einladung/#{code}")
    expect(phone.get_by_label("Ihr Code")).to_have_value(code)
    expect(phone.get_by_role("button", name="Weiter")).to_be_focused()
    assert code not in phone.url
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("heading", level=1)).to_have_text("Passwort wählen")
    assert not [line for line in asked if code in line]
    choose_password(phone)

    phone.get_by_role("link", name="English").last.focus()
    phone.keyboard.press("Enter")
    expect(phone).to_have_url(re.compile("/en/mein-lernen/$"))
    # The letter is used up.
    phone.get_by_role("button", name="Sign out").click()
    phone.goto("/de/einladung/")
    phone.get_by_label("Ihr Code").fill(code)
    phone.get_by_role("button", name="Weiter").click()
    expect(phone.locator("#meldung")).to_contain_text("Dieser Code gilt nicht.")
    context.close()


def test_it_goes_without_scripts(chromium, hub, code):
    context = chromium.new_context(
        locale="de-DE", base_url=hub.address, viewport=PHONE, java_script_enabled=False
    )
    phone = context.new_page()
    phone.goto("/de/einladung/")
    phone.get_by_label("Ihr Code").fill(code.lower().replace("-", " "))
    phone.get_by_role("button", name="Weiter").click()
    phone.get_by_label("Passwort", exact=True).fill(PASSWORD)
    phone.get_by_label("Dasselbe Passwort noch einmal").fill(PASSWORD)
    phone.get_by_role("button", name="Passwort speichern und einloggen").click()
    phone.locator("main").get_by_role("link", name="Deutsch").click()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Mein Lernen")
    context.close()
