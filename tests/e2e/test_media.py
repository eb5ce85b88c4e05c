"""Pictures and recordings on a small phone in very large text: loaded, playable, inside the page.

Scripts are on for axe and to ask the browser what it could play; the page itself has none.
"""

import pytest
from django.utils import timezone

from tests.e2e.phones import SIDEWAYS, begin, opened
from tests.e2e.test_axe import assert_clean
from tests.surveys import test_media as media
from tests.workbooks import THREE_STORES

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(databases=THREE_STORES, transaction=True),
    pytest.mark.usefixtures("respondent_site"),
]
LOADED = "[...document.images].map((image) => image.naturalWidth)"
PLAYS = """() => Promise.all([...document.querySelectorAll("audio")].map((sound) => new Promise(
  (done) => {
    sound.onloadedmetadata = () => done(Math.round(sound.duration * 1000));
    sound.onerror = () => done(sound.error.message);
    setTimeout(() => done("late"), 5000);
    sound.preload = "metadata";
    sound.load();
  })))"""


def test_she_sees_and_hears_the_question(browser, live_server):
    done = media.brought(media.files(), timezone.now())
    collection = media.opened(done.version, timezone.now())
    with opened(browser, java_script_enabled=True) as page:
        page.goto(f"{live_server.url}/q/{collection.code}/?size=xlarge")
        begin(page, live_server.url, collection.code)
        page.wait_for_load_state("load")
        assert page.evaluate(LOADED) == [40, 810, 40]
        assert page.evaluate(PLAYS) == [104, 10]  # four frames of 1,152 samples; 80 at 8 kHz
        assert page.evaluate(SIDEWAYS) == 360
        assert_clean(page)
