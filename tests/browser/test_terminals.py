"""A shared device: switched on by HR, used by a person, and clean for the next one."""

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import sign_in
from .test_corrections import WCAG, fits

pytestmark = pytest.mark.browser

NARROW = {"width": 320, "height": 800}


@pytest.fixture
def device(chromium, hub):
    """The browser in the Bauhof of Coesfeld, after HR has switched it on; nobody is signed in."""
    context = chromium.new_context(locale="de-DE", base_url=hub.address, viewport=NARROW)
    page = context.new_page()
    sign_in(page, "hr.coesfeld")
    page.goto("/admin/geraete/")
    fits(page, *WCAG)
    page.get_by_label("Name").fill("Baubetriebshof")
    page.get_by_role("button", name="Dieses Gerät als gemeinsam genutzt einschalten").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Einloggen")
    yield page
    context.close()


def answer_time(page: Page, **answer) -> None:
    """What the server says when it is asked for the time that is left, once."""
    page.route("**/geraet/zeit/", lambda route: route.fulfill(**answer), times=1)


def test_the_next_person_finds_nothing_of_the_one_before(device):
    expect(device.locator(".hub-terminal")).to_contain_text("nach 10 Minuten ohne Eingabe")
    fits(device)
    sign_in(device, "anna.terhorst")
    expect(device.locator("body")).to_contain_text("Terhorst")
    fits(device)
    device.goto("/de/mein-lernen/einstellungen/")
    button = device.locator(".hub-terminal").get_by_role("button", name="Ausloggen")
    assert button.bounding_box()["height"] >= 44
    button.click()
    device.wait_for_load_state()
    for _step in range(3):
        device.go_back()
        device.wait_for_load_state()
        expect(device.locator("body")).not_to_contain_text("Terhorst")
    assert device.evaluate("sessionStorage.length") == 0


def test_the_end_is_told_before_and_can_be_put_off_by_keyboard(device):
    sign_in(device, "anna.terhorst")
    answer_time(device, json={"seconds": 30})
    device.goto("/de/mein-lernen/")
    warning = device.get_by_role("alertdialog", name="Sind Sie noch da?")
    expect(warning).to_be_visible()
    expect(warning.get_by_role("button", name="Weiterarbeiten")).to_be_focused()
    fits(device)
    # The server is asked, and says ten minutes.
    device.keyboard.press("Enter")
    expect(warning).to_be_hidden()

    answer_time(device, status=401, json={"seconds": 0})
    device.goto("/de/mein-lernen/einstellungen/")
    # The browser does not know better than the server: it is still signed in there.
    expect(device).to_have_url(re.compile("/de/mein-lernen/$"))


def test_who_was_signed_out_reads_why(device):
    device.goto("/de/einloggen/?abgelaufen=1")
    expect(device.get_by_role("status").filter(has_text="ausgeloggt")).to_be_visible()
    fits(device)
