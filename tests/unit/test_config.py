"""Settings: one precedence, everything wrong said at once."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from discovery.config import Settings, load, section_types
from discovery.errors import ConfigurationInvalid


def write(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def problems(file: Path | None, environment: dict[str, str] | None = None) -> dict[str, str]:
    with pytest.raises(ConfigurationInvalid) as caught:
        load(file, environment or {})
    return {problem.field: problem.message for problem in caught.value.problems}


def test_an_empty_file_gives_every_default(tmp_path: Path) -> None:
    settings = load(write(tmp_path, ""), {})
    assert settings.engine.url == "embedded"
    assert settings.web.host == "127.0.0.1"


def test_environment_goes_before_file_and_file_before_default(tmp_path: Path) -> None:
    file = write(tmp_path, "[web]\nport = 9001\nthreads = 4\n")
    settings = load(file, {"DISCOVERY_WEB__PORT": "9002"})
    assert (settings.web.port, settings.web.threads) == (9002, 4)
    assert settings.web.max_body_bytes == Settings().web.max_body_bytes


def test_the_file_named_by_the_environment_is_read(tmp_path: Path) -> None:
    file = write(tmp_path, '[engine]\nprefix = "mine"\n')
    assert load(None, {"DISCOVERY_CONFIG": str(file)}).engine.prefix == "mine"


def test_home_follows_the_environment(tmp_path: Path) -> None:
    assert load(write(tmp_path, ""), {"DISCOVERY_HOME": str(tmp_path)}).home == tmp_path


def test_all_problems_are_told_at_once_with_file_key_and_expectation(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        """
[engine]
ulr = "embedded"
heap_mb = "much"
[web]
port = 70000
[serach]
size = 3
""",
    )
    told = problems(file)
    assert "unknown key; expected one of url," in told[f"{file}: engine.ulr"]
    assert told[f"{file}: engine.heap_mb"] == "expected a whole number, found 'much'"
    assert told[f"{file}: web.port"] == "expected a number from 0 to 65535, found 70000"
    assert told[f"{file}: serach"].startswith("unknown section; expected one of engine,")


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("DISCOVERY_ENGINE__HEAP_MB", "7", "expected a number from 256 to 31000, found 7"),
        ("DISCOVERY_ENGINE__HAEP", "7", "unknown variable; expected DISCOVERY_<SECTION>__<KEY>"),
        ("DISCOVERY_NONSENSE", "7", "unknown variable; expected DISCOVERY_<SECTION>__<KEY>"),
        ("DISCOVERY_IMAGES__FORMATS", '["JPEG", 7]', "expected a text, found ['JPEG', 7]"),
    ],
)
def test_a_bad_variable_is_named(tmp_path: Path, variable: str, value: str, expected: str) -> None:
    assert problems(write(tmp_path, ""), {variable: value}) == {f"environment: {variable}": expected}


def test_lists_and_numbers_come_from_the_environment(tmp_path: Path) -> None:
    environment = {
        "DISCOVERY_IMAGES__THUMBNAIL_SIZES": "[64, 128]",
        "DISCOVERY_SEARCH__VISUAL_WEIGHT": "0.25",
    }
    settings = load(write(tmp_path, ""), environment)
    assert settings.images.thumbnail_sizes == (64, 128)
    assert settings.search.visual_weight == 0.25


def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    file = write(tmp_path, '[engine]\npassword = "hunter2"\n')
    told = problems(file)
    assert "DISCOVERY_ENGINE__PASSWORD" in told[f"{file}: engine.password"]
    assert "hunter2" not in str(told)


def test_a_password_file_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2\n", encoding="utf-8")
    file = write(tmp_path, f'[engine]\npassword_file = "{secret}"\n')
    assert load(file, {}).engine.password == "hunter2"


def test_a_missing_password_file_is_named(tmp_path: Path) -> None:
    file = write(tmp_path, '[engine]\npassword_file = "/nowhere/secret"\n')
    assert "cannot be read" in problems(file)["engine.password_file"]


def test_the_password_never_shows_in_the_settings(tmp_path: Path) -> None:
    settings = load(write(tmp_path, ""), {"DISCOVERY_ENGINE__PASSWORD": "hunter2"})
    assert settings.engine.password == "hunter2"
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[search]\nsize = 500\n", "search.size"),
        ('[engine]\nvector_engine = "faiss"\n', "engine.vector_engine"),
        ('[engine]\nurl = "localhost:9200"\n', "engine.url"),
        ('[engine]\nurl = "http://[half"\n', "engine.url"),
        ('[engine]\nurl = "http://search.example:port"\n', "engine.url"),
        ('[engine]\nurl = "https://me:hunter2@search.example:9200"\n', "engine.url"),
        ('[engine]\nclient_key = "key.pem"\n', "engine.client_key"),
        ('[engine]\naws_region = "eu-west-1"\nuser = "me"\n', "engine.aws_region"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(tmp_path: Path, text: str, key: str) -> None:
    file = write(tmp_path, text)
    told = problems(file)
    assert f"{file}: {key}" in told
    assert "hunter2" not in str(told)


def test_sources_become_frozen_records(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        """
[[sources.assets]]
name = "studio"
uri = "s3://bucket/photos"
options = { endpoint_url = "http://127.0.0.1:9000" }
[[sources.products]]
name = "shop"
path = "export.csv"
format = "magento"
""",
    )
    sources = load(file, {}).sources
    assert sources.assets[0].options == {"endpoint_url": "http://127.0.0.1:9000"}
    assert sources.products[0].format == "magento"


def test_sources_need_a_name_and_a_place_and_names_are_unique(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        """
[[sources.assets]]
uri = "/photos"
[[sources.products]]
name = "shop"
path = "a.csv"
format = "xml"
[[sources.products]]
name = "shop"
path = "b.csv"
""",
    )
    told = problems(file)
    assert told[f"{file}: sources.assets[1].name"] == "is required"
    assert told[f"{file}: sources.products[shop].format"] == "expected one of magento, table, found 'xml'"
    assert told[f"{file}: sources.products"] == "the name 'shop' is used twice"


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"[engine", "is not valid TOML"), (b"\xff\xfe", "cannot be read"), (None, "not found")],
)
def test_an_unusable_file_is_told(tmp_path: Path, content: bytes | None, expected: str) -> None:
    file = tmp_path / "config.toml"
    if content is not None:
        file.write_bytes(content)
    assert expected in problems(file)[f"{file}: (file)"]


def test_a_section_that_is_no_table_is_told(tmp_path: Path) -> None:
    file = write(tmp_path, 'engine = "embedded"\n')
    assert problems(file) == {f"{file}: engine": "expected a table"}


def test_every_key_has_its_help() -> None:
    for name, kind in section_types().items():
        for field in dataclasses.fields(kind):
            assert field.metadata["help"], f"{name}.{field.name}"
