"""The pages' languages: every text has its translation, with the same places for values."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from discovery.config import Settings
from discovery.web.app import create_app
from discovery.web.language import LANGUAGES
from discovery.web.messages import TRANSLATIONS, brought_up, gathered, lacking, read, written
from tests.api import catalogue
from tests.api.standin import MemorySearch, services_over

OTHERS = list(LANGUAGES)[1:]
_PLACES = re.compile(r"%\(\w+\)s|\{\w+\}")


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_says_all_that_the_pages_say_and_no_more(language: str) -> None:
    file = (TRANSLATIONS / f"{language}.po").read_bytes()
    assert written(brought_up(language, gathered())) == file, "run make messages"
    assert list(lacking(read(language))) == []


@pytest.mark.parametrize("language", OTHERS)
def test_translations_have_the_same_places_for_values(language: str) -> None:
    for one in read(language):
        said = one.id if isinstance(one.id, list | tuple) else (one.id,)
        for text in one.string if isinstance(one.string, list | tuple) else (one.string,):
            expected = [set(_PLACES.findall(form)) for form in said]
            assert set(_PLACES.findall(text or "")) in expected, one.id


@pytest.fixture
def client() -> FlaskClient:
    search = MemorySearch(catalogue.ASSETS, catalogue.PRODUCTS)
    return create_app(services_over(search), Settings()).test_client()


@pytest.mark.parametrize(
    ("asked", "language"),
    [("de-AT,de;q=0.9", "de"), ("en-GB", "en"), ("fr", "en"), ("", "en"), ("fr,de;q=0.5,en;q=0.2", "de")],
)
def test_a_page_is_in_the_language_that_the_browser_asks_for(
    client: FlaskClient, asked: str, language: str
) -> None:
    assert f'<html lang="{language}">' in client.get("/", headers={"Accept-Language": asked}).text


@pytest.mark.parametrize(
    ("path", "goes_to"),
    [
        ("/?lang=de", "/"),
        ("/?q=a%26b&lang=de&sort=name", "/?q=a%26b&sort=name"),
    ],
)
def test_a_chosen_language_is_kept_and_leads_back_here(client: FlaskClient, path: str, goes_to: str) -> None:
    chosen = client.get(path)
    assert (chosen.status_code, chosen.headers["Location"]) == (302, goes_to)
    assert '<html lang="de">' in client.get("/", headers={"Accept-Language": "en"}).text


def test_a_choice_never_leads_to_another_host(client: FlaskClient) -> None:
    chosen = client.get("/?lang=de", environ_overrides={"PATH_INFO": "//elsewhere.example/"})
    assert chosen.headers["Location"] == "/elsewhere.example/"


def test_scripts_are_sent_what_they_say(client: FlaskClient) -> None:
    reply = client.get("/messages/de.js")
    assert reply.mimetype == "text/javascript"
    assert "Nichts passt" not in reply.text
    assert '"{count} picture": ["{count} Bild", "{count} Bilder"]' in reply.text
    assert client.get("/messages/de.js", headers={"If-None-Match": reply.headers["ETag"]}).status_code == 304
    assert client.get("/messages/xx.js").status_code == 404


def test_the_style_guide_is_there_in_debug_mode_only(client: FlaskClient) -> None:
    assert client.get("/styleguide").status_code == 404


def test_numbers_in_plural_texts_are_written_as_the_reader_writes_them() -> None:
    app = create_app(services_over(MemorySearch((), ())), Settings())
    told = {}
    for name in LANGUAGES:
        with app.test_request_context("/", headers={"Accept-Language": name}):
            app.preprocess_request()
            text = "{{ ngettext('%(num)s finding', '%(num)s findings', 7612) }}"
            told[name] = app.jinja_env.from_string(text).render()
    assert told == {"en": "7,612 findings", "de": "7.612 Befunde"}
