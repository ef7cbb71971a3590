"""``config.toml`` and the environment, read once into frozen settings.

Precedence: environment over file over default. Everything wrong is reported at once, each with file,
key and what was expected. The tables below are also what ``docs/configuration.md`` and the committed
``config.toml`` are made from.
"""

from __future__ import annotations

import dataclasses
import os
import tomllib
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import regex  # type: ignore[import-untyped]
from platformdirs import user_data_path

from discovery.errors import ConfigurationInvalid, FieldProblem

ENVIRONMENT_PREFIX = "DISCOVERY_"
FILE_VARIABLE = "DISCOVERY_CONFIG"
HOME_VARIABLE = "DISCOVERY_HOME"
DEFAULT_FILE = "config.toml"

MODELS_OWN = -1.0
"""Stands for the figure that the model itself gives: a least cosine, or the share of what it sees."""

LANGUAGES = ("en", "de", "fr", "es")
"""Languages whose forms of words are known."""

PATTERN_GROUPS = frozenset({"sku", "style", "ean"})
"""Named groups of which a linking pattern must have one: they say which product a file is of."""

PATTERN_TIMEOUT_SECONDS = 0.05
"""How long a linking pattern may take over one name."""

LONGEST_NAME = 200
"""Characters of a file's name that a linking pattern is given."""

ASSET_METADATA = (
    "title", "description", "keywords", "categories", "creator", "copyright", "usage_terms", "rights",
    "created",
)  # fmt: skip
"""What the audit can ask of a file's metadata."""

VIEWS = ("front", "back", "angle", "detail", "swatch", "lifestyle", "packaging")
"""What a picture can show of its product."""

PRODUCT_FIELDS = (
    "title", "description", "brand", "family", "category", "price", "currency", "status", "identifier",
)  # fmt: skip
"""What the audit can ask of a product, besides its attributes."""

Check = Callable[[Any], str | None]


def _at_least(least: float) -> Check:
    return lambda value: None if value >= least else f"at least {least}"


def _between(least: float, most: float) -> Check:
    return lambda value: None if least <= value <= most else f"a number from {least} to {most}"


def _one_of(*choices: str) -> Check:
    return lambda value: None if value in choices else "one of " + ", ".join(choices)


def _each_at_least(least: int) -> Check:
    return lambda values: (
        None if values and all(v >= least for v in values) else f"one or more numbers of at least {least}"
    )


def _each_pattern(patterns: Any) -> str | None:
    return next((f"patterns that are sound; {p!r} {why}" for p in patterns if (why := _unsound(p))), None)


def _each_of(choices: tuple[str, ...]) -> Check:
    return lambda values: (
        None if all(value in choices for value in values) else "one or more of " + ", ".join(choices)
    )


def _each_product_field(values: Any) -> str | None:
    known = all(v in PRODUCT_FIELDS or v.removeprefix("attribute.") not in ("", v) for v in values)
    return None if known else "one or more of " + ", ".join(PRODUCT_FIELDS) + ", attribute.CODE"


def _share(value: float) -> str | None:
    return None if 0 < value <= 1 else "a share above 0, at most 1"


def _aspect(value: str) -> str | None:
    width, _, height = value.partition(":")
    sound = all(side.isascii() and side.isdigit() and int(side) > 0 for side in (width, height))
    return None if not value or sound else 'two whole numbers, such as "4:5"'


_EVERY = regex.compile(r"every ([1-9][0-9]{0,7}) (second|minute|hour|day)s?")
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_LONGEST_EVERY = 366 * 86_400
_CRON_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12))
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PART = regex.compile(r"(?:\*|([0-9]{1,2})(?:-([0-9]{1,2}))?)(?:/([1-9][0-9]?))?")
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _moment(value: str) -> str | None:
    """Return what is wrong with a time to run at; a weekday by number would mean another day elsewhere."""
    every, fields = _EVERY.fullmatch(value), value.split()
    sound = not value
    if every:
        sound = int(every[1]) * _SECONDS[every[2]] <= _LONGEST_EVERY
    elif len(fields) == len(_CRON_RANGES) + 1:
        named = [_numbers(field, *bounds) for field, bounds in zip(fields, _CRON_RANGES, strict=False)]
        days, months = named[2:]
        comes = any(day <= _LONGEST_MONTHS[month - 1] for day in days for month in months)
        sound = all(named) and comes and all(_is_weekday(part) for part in fields[-1].split(","))
    words = '"every N minutes" (or seconds, hours, days), or "minute hour day month weekday" as in a crontab'
    return None if sound else f"{words}, weekdays as mon to sun; or nothing, for off"


def _numbers(field: str, least: int, most: int) -> frozenset[int]:
    """Return the numbers that one field of a crontab line names, none if it is unsound."""
    named: set[int] = set()
    for part in field.split(","):
        found = _PART.fullmatch(part)
        if found is None:
            return frozenset()
        first = least if found[1] is None else int(found[1])
        alone = found[1] is not None and found[3] is None
        last = int(found[2]) if found[2] else first if alone else most
        step = int(found[3] or 1)
        if not least <= first <= last <= most or (found[3] and step > last - first):
            return frozenset()
        named.update(range(first, last + 1, step))
    return frozenset(named)


def _is_weekday(part: str) -> bool:
    first, separator, last = part.partition("-")
    if part == "*":
        return True
    if separator:
        return {first, last} <= {*_WEEKDAYS} and _WEEKDAYS.index(first) <= _WEEKDAYS.index(last)
    return first in _WEEKDAYS


def _zone(value: str) -> str | None:
    try:
        _ = value == "UTC" or ZoneInfo(value)  # a system without a time zone database has UTC all the same
    except (KeyError, ValueError, OSError):
        return "a time zone such as Europe/Paris"
    return None


def _unsound(pattern: str) -> str | None:
    """Return what is wrong with a linking pattern; ``None`` if it may be used on any name."""
    try:
        compiled = regex.compile(pattern, regex.IGNORECASE)
    except regex.error as error:
        return f"does not compile: {error}"
    if not PATTERN_GROUPS & compiled.groupindex.keys():
        return "has no group named sku, style or ean"
    try:
        for unit in ("a", "1", "a1", "-", "_", "a-", "a_", "1-", " "):
            name = (unit * LONGEST_NAME)[: LONGEST_NAME - 1] + "!"
            compiled.search(name, timeout=10 * PATTERN_TIMEOUT_SECONDS)
    except TimeoutError:
        return "takes too long over a long name; repeat less inside what is repeated"
    return None


def _key(default: Any, help: str, *, check: Check | None = None, secret: bool = False) -> Any:
    metadata = {"help": help, "check": check, "secret": secret}
    return dataclasses.field(default=default, metadata=metadata, repr=not secret)


def _options(help: str) -> Any:
    metadata = {"help": help, "check": None, "secret": False}
    return dataclasses.field(default_factory=lambda: types.MappingProxyType({}), metadata=metadata)


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """The search engine."""

    url: str = _key("embedded", '"embedded" runs a private OpenSearch; else the address of your cluster')
    prefix: str = _key("discovery", "every index and alias name begins with it")
    user: str = _key("", "user of your cluster; empty for none")
    password: str = _key("", "its password; by DISCOVERY_ENGINE__PASSWORD only", secret=True)
    password_file: str = _key("", "a file that holds the password, in place of the variable")
    ca_file: str = _key("", "certificate authority of an https cluster; empty for the system's")
    client_certificate: str = _key("", "client certificate (PEM), if the cluster asks for one")
    client_key: str = _key("", "its private key (PEM)")
    aws_region: str = _key("", "sign requests for AWS in this region; empty for no signing")
    aws_service: str = _key("es", '"es" for domains, "aoss" for serverless', check=_one_of("es", "aoss"))
    timeout_seconds: float = _key(30.0, "how long one request may take", check=_between(0.1, 600))
    heap_mb: int = _key(1024, "heap of the embedded engine in MB", check=_between(256, 31_000))
    shards: int = _key(1, "primary shards of a new index", check=_between(1, 1024))
    replicas: int = _key(0, "replicas of a new index", check=_between(0, 16))
    vector_engine: str = _key(
        "lucene",
        'vector library of a new index; "faiss" needs a cluster that has it',
        check=_one_of("lucene", "faiss"),
    )


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """The embedding model."""

    name: str = _key(
        "starter",
        '"starter", or open_clip: "ViT-B-32:laion2b_s34b_b79k", "hf-hub:ORG/NAME", "local-dir:PATH"',
    )
    precision: str = _key(
        "auto",
        '"auto" measures at start and takes the fastest true one; or fp32, bf16, int8',
        check=_one_of("auto", "fp32", "bf16", "int8"),
    )
    threads: int = _key(0, "threads of the model; 0 for one a core", check=_between(0, 512))
    batch_size: int = _key(32, "pictures embedded at once", check=_between(1, 1024))
    query_cache: int = _key(2048, "query vectors kept in memory", check=_at_least(0))
    adapt_least: int = _key(
        200, "pictures of products that fitting the model to the catalogue needs", check=_at_least(20)
    )
    adapt_share: float = _key(
        0.1, "the job that fits the model does so when this share of the links changed", check=_between(0, 1)
    )


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """Limits for every picture that is opened, and what is made of it."""

    max_bytes: int = _key(200_000_000, "largest picture file in bytes", check=_at_least(1024))
    max_pixels: int = _key(150_000_000, "most pixels in one frame", check=_at_least(1024))
    max_frames: int = _key(1000, "most frames in one file; the first one counts", check=_at_least(1))
    timeout_seconds: float = _key(30.0, "longest time to open one picture", check=_between(0.1, 600))
    formats: tuple[str, ...] = _key(
        ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "PPM", "AVIF", "JPEG2000"),
        "formats that are opened, by Pillow's names",
    )
    thumbnail_sizes: tuple[int, ...] = _key(
        (256, 768), "longest edge of each thumbnail in pixels", check=_each_at_least(16)
    )
    barcodes: bool = _key(True, "read EAN and UPC barcodes from pictures, as evidence of what they show")


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """Indexing runs."""

    workers: int = _key(2, "threads that read and decode files", check=_between(1, 256))
    bulk_documents: int = _key(500, "documents in one bulk request, at most", check=_between(1, 10_000))
    retries: int = _key(4, "tries of one document that the engine turned away as busy", check=_between(0, 20))
    shrink_share: float = _key(
        0.5,
        "a run stops before it removes more than this share of a source's items",
        check=_between(0, 1),
    )
    keep_generations: int = _key(2, "index generations kept, the live one included", check=_at_least(1))
    judged_queries: str = _key(
        "",
        "TOML file of tables of queries with the SKUs that answer each; a new generation must not do worse",
    )
    door_most: int = _key(
        1000, "new pictures of a run that are looked up among what is there; 0 for none", check=_at_least(0)
    )


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """Search and similarity."""

    size: int = _key(24, "hits of a page when a request names no size", check=_between(1, 1000))
    max_size: int = _key(200, "most hits of one page", check=_between(1, 1000))
    facet_values: int = _key(50, "values of one facet, at most", check=_between(1, 1000))
    max_query_characters: int = _key(1000, "longest query text", check=_between(1, 100_000))
    visual_candidates: int = _key(
        1000,
        "the visual part of a result: the nearest so many, up to half as many more, above the floor",
        check=_between(100, 10_000),
    )
    visual_weight: float = _key(
        MODELS_OWN,
        "share of the visual signal in a hybrid score, words have the rest; -1 takes the model's own",
        check=_between(-1, 1),
    )
    text_floor: float = _key(
        MODELS_OWN,
        "least cosine of a picture to the query's words; -1 takes the model's own",
        check=_between(-1, 1),
    )
    similar_floor: float = _key(
        MODELS_OWN,
        "least cosine of a picture to a given picture; -1 takes the model's own",
        check=_between(-1, 1),
    )
    cursor_minutes: int = _key(
        10, "how long a page cursor stays valid after its last use", check=_between(1, 1440)
    )
    rules_file: str = _key(
        "", "TOML file of query rules and synonyms, read again when it changes; empty for none"
    )


@dataclass(frozen=True, slots=True)
class LinkingSettings:
    """Links between assets and products that no catalogue declares: proposals with reasons."""

    enabled: bool = _key(True, "look for links; declared ones and people's decisions hold without it")
    patterns: tuple[str, ...] = _key(
        (
            r"^(?P<ean>\d{8}(?:\d{4,6})?)(?:[ _-]+(?P<view>[^\d\W][\w -]*))?$",
            r"^(?P<style>[a-z]{1,5}\d{1,6})[-_](?P<colour>[a-z]+)(?:-\d+)?(?:_(?P<view>[a-z]+)\d*)?$",
        ),
        "regular expressions over a file's name without its ending, or its path where they hold a slash; "
        "groups sku, style, ean, colour, view; the first that leads to a product counts",
        check=_each_pattern,
    )
    auto: float = _key(0.95, "least probability of a link that needs nobody's word", check=_between(0.5, 1))
    review: float = _key(0.3, "least probability of a link that people are asked about", check=_between(0, 1))
    margin: float = _key(
        0.5,
        "a link needs nobody's word only if its probability is ahead of any rival's by this",
        check=_between(0, 1),
    )
    most_proposals: int = _key(5, "proposals kept for one asset", check=_between(1, 50))
    visual: bool = _key(True, "let pictures that are linked already speak for pictures like them")


@dataclass(frozen=True, slots=True)
class PictureSetSettings:
    """What pictures a product needs: ``[[audit.picture_sets]]``. The most exact one that fits counts."""

    family: str = _key("", "family of the products; empty for all")
    channel: str = _key("", "the channel that asks for it; empty for all of them")
    views: tuple[str, ...] = _key(
        ("front",),
        "views there must be: front, back, angle, detail, swatch, lifestyle, packaging",
        check=_each_of(VIEWS),
    )
    least_long_edge: int = _key(0, "least pixels of the long edge of each; 0 for any", check=_at_least(0))
    aspect: str = _key("", 'aspect ratio of each, such as "4:5"; empty for any', check=_aspect)
    plain_background: tuple[str, ...] = _key(
        (), "views that must have a plain background", check=_each_of(VIEWS)
    )


@dataclass(frozen=True, slots=True)
class AuditScopeSettings:
    """What is different for one source or family: ``[[audit.scopes]]``; of two that fit, the later counts."""

    source: str = _key("", "name of the source; empty for all")
    family: str = _key("", "family of the product, or of a product that the asset shows; empty for all")
    owner: str = _key("", "who is asked to mend what is found here, such as an e-mail address")
    off: tuple[str, ...] = _key((), "rules that do not look at it")
    metadata: tuple[str, ...] = _key((), "in place of audit.metadata", check=_each_of(ASSET_METADATA))
    required: tuple[str, ...] = _key((), "in place of audit.required", check=_each_product_field)
    least_long_edge: int = _key(0, "in place of audit.least_long_edge; 0 leaves it", check=_at_least(0))
    stale_years: float = _key(0.0, "in place of audit.stale_years; 0 leaves it", check=_at_least(0))


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """The audit: when a rule flags, and when a run does not trust what it sees."""

    off: tuple[str, ...] = _key((), "rules that are off")
    owner: str = _key("", "who is asked to mend what nobody else is, such as an e-mail address")
    expiring_days: int = _key(
        30, "days before its end in which a licence is expiring", check=_between(1, 3650)
    )
    least_long_edge: int = _key(
        640, "least pixels of the long edge of a picture that shows a product", check=_between(1, 100_000)
    )
    metadata: tuple[str, ...] = _key(
        ("title", "description", "keywords", "creator", "rights"),
        "what a file must say: title, description, keywords, categories, creator, copyright, usage_terms, "
        "rights (either of the last two), created",
        check=_each_of(ASSET_METADATA),
    )
    required: tuple[str, ...] = _key(
        ("title", "description", "price", "category"),
        "what a product must say: title, description, brand, family, category, price, currency, status, "
        "identifier, or attribute.CODE",
        check=_each_product_field,
    )
    attribute_share: float = _key(
        0.8,
        "an attribute that this share of a family's products has is missing on the others; 0 for off",
        check=_between(0, 1),
    )
    unapproved: tuple[str, ...] = _key(
        ("draft", "in review", "pending", "rejected"), "states of an asset that may not show a product yet"
    )
    discontinued: tuple[str, ...] = _key(
        ("discontinued", "obsolete", "end of life", "retired"), "states of a product that is sold no more"
    )
    stale_years: float = _key(
        5.0, "age in years at which a picture is outdated by age alone; 0 for never", check=_between(0, 100)
    )
    changed_days: int = _key(
        180, "days by which a product's change outruns its pictures", check=_between(1, 36_500)
    )
    unused_days: int = _key(180, "days of watching before anything is unused", check=_between(1, 36_500))
    protected: tuple[str, ...] = _key(
        ("archived", "master", "legal hold"), "states of an asset that may lie unused"
    )
    hash_distance: int = _key(
        6, "bits by which the fingerprints of one picture may differ", check=_between(0, 7)
    )
    likeness: float = _key(
        MODELS_OWN,
        "least cosine of the looks of one picture in two files; -1 takes the model's",
        check=_between(-1, 1),
    )
    likeness_most: int = _key(
        2000, "unlinked pictures whose likes are looked up in a run; 0 for none", check=_at_least(0)
    )
    most_new_share: float = _key(
        0.5, "a run stops before a rule newly flags more than this share of what it looks at", check=_share
    )
    shrink_share: float = _key(
        0.5, "a run stops when a source has lost more than this share since the last run", check=_share
    )
    clock_days: int = _key(
        60, "a run stops when nothing was indexed for so long, or the clock is wrong", check=_at_least(1)
    )
    lead_days: tuple[int, ...] = _key(
        (30, 7, 1), "days before a licence ends on which its owner is told", check=_each_at_least(1)
    )
    report_rows: int = _key(
        200, "findings of one rule in an HTML report; the other formats have all", check=_between(1, 10_000)
    )
    report_searches: tuple[str, ...] = _key((), "saved searches that reports show too, by id")
    picture_sets: tuple[PictureSetSettings, ...] = _key(
        (), "pictures a product needs, in place of one front: [[audit.picture_sets]] tables, not this line"
    )
    scopes: tuple[AuditScopeSettings, ...] = _key(
        (), "what is different for a source or family: [[audit.scopes]] tables, not this line"
    )


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Mail: reports and alerts to the owners of what they are about."""

    host: str = _key("", "SMTP server; empty for no mail")
    port: int = _key(587, "its port", check=_between(1, 65_535))
    security: str = _key(
        "starttls", "how the connection is protected", check=_one_of("starttls", "tls", "none")
    )
    ca_file: str = _key("", "certificate authority of the server; empty for the system's")
    user: str = _key("", "user of the server; empty for none")
    password: str = _key("", "its password; by DISCOVERY_MAIL__PASSWORD only", secret=True)
    password_file: str = _key("", "a file that holds the password, in place of the variable")
    sender: str = _key("", "address that mail comes from")
    service_url: str = _key(
        "", "address of this service as people reach it, for links in reports; empty for links within it"
    )
    timeout_seconds: float = _key(30.0, "how long the server may take", check=_between(0.1, 600))


@dataclass(frozen=True, slots=True)
class ScheduleSettings:
    """The scheduler: when each job is due, and how long it may take. An empty time is off."""

    zone: str = _key("UTC", "time zone of the times below", check=_zone)
    index: str = _key("every 1 hour", "when all known sources are indexed", check=_moment)
    link: str = _key("30 1 * * *", "when all assets are judged against all products", check=_moment)
    audit: str = _key("0 3 * * *", "when the audit runs", check=_moment)
    reconcile: str = _key("0 4 * * *", "when sources and index are compared", check=_moment)
    usage: str = _key("every 1 hour", "when usage is counted onto assets and products", check=_moment)
    report: str = _key("0 6 * * *", "when owners are mailed what is theirs", check=_moment)
    alerts: str = _key(
        "every 15 minutes", "when saved searches are looked at and their owners mailed", check=_moment
    )
    clean_up: str = _key("0 2 * * *", "when what nothing needs any more is removed", check=_moment)
    adapt: str = _key("", "when the model is fitted to the catalogue, if enough changed", check=_moment)
    index_minutes: float = _key(720.0, "longest time of that job", check=_between(0.01, 100_000))
    link_minutes: float = _key(180.0, "longest time of that job", check=_between(0.01, 100_000))
    audit_minutes: float = _key(180.0, "longest time of that job", check=_between(0.01, 100_000))
    reconcile_minutes: float = _key(360.0, "longest time of that job", check=_between(0.01, 100_000))
    usage_minutes: float = _key(60.0, "longest time of that job", check=_between(0.01, 100_000))
    report_minutes: float = _key(30.0, "longest time of that job", check=_between(0.01, 100_000))
    alerts_minutes: float = _key(30.0, "longest time of that job", check=_between(0.01, 100_000))
    clean_up_minutes: float = _key(60.0, "longest time of that job", check=_between(0.01, 100_000))
    adapt_minutes: float = _key(180.0, "longest time of that job", check=_between(0.01, 100_000))
    at_once: int = _key(2, "jobs that one machine runs at the same time", check=_between(1, 64))
    lease_seconds: float = _key(
        60.0,
        "after so long without a sign of its scheduler another one takes a job over; the same everywhere",
        check=_between(1, 3600),
    )
    tick_seconds: float = _key(
        2.0, "how often the scheduler looks; well below the lease", check=_between(0.05, 60)
    )
    keep_days: int = _key(90, "days that records of runs are kept", check=_at_least(1))


@dataclass(frozen=True, slots=True)
class UsageSettings:
    """Usage: what was viewed, downloaded and published."""

    lag_hours: float = _key(
        48.0,
        "how late a usage feed may be; beyond that nothing is called unused",
        check=_between(0, 8784),
    )
    record: bool = _key(True, "whether this service records views and downloads of its own")
    flush_seconds: float = _key(
        5.0, "how long what was recorded waits in memory before it is kept", check=_between(0.05, 3600)
    )
    buffer: int = _key(
        10_000, "assets whose use waits in memory, at most; beyond that it is lost", check=_at_least(1)
    )


@dataclass(frozen=True, slots=True)
class SearchLogSettings:
    """What people search for and open, for the report on what is asked for and not found."""

    enabled: bool = _key(True, "whether searches over HTTP, and what is opened from them, are recorded")
    retention_days: int = _key(
        90, "days that they are kept; then the job clean-up removes them", check=_between(1, 3660)
    )
    flush_seconds: float = _key(
        5.0, "how long what was recorded waits in memory before it is kept", check=_between(0.05, 3600)
    )
    buffer: int = _key(
        10_000,
        "searches and clicks that wait in memory, at most; beyond that they are lost",
        check=_at_least(1),
    )


@dataclass(frozen=True, slots=True)
class WebSettings:
    """The HTTP service."""

    host: str = _key("127.0.0.1", "address to listen on; anything else opens the service to your network")
    port: int = _key(8080, "port to listen on; 0 takes a free one", check=_between(0, 65_535))
    hosts: tuple[str, ...] = _key(
        (), "host names it answers to besides its own; a service on loopback refuses all others"
    )
    threads: int = _key(8, "requests answered at the same time", check=_between(1, 256))
    debug: bool = _key(False, "whether /styleguide is there: every component of the pages in every state")
    max_body_bytes: int = _key(
        25_000_000, "largest request body in bytes, an uploaded picture included", check=_at_least(1024)
    )


@dataclass(frozen=True, slots=True)
class AssetSourceSettings:
    """One place where assets lie: ``[[sources.assets]]``."""

    name: str = _key("", "its name; part of every asset's identity, so keep it")
    uri: str = _key("", "a folder, or any fsspec address such as s3://bucket/prefix")
    include: tuple[str, ...] = _key((), "patterns of paths to read; empty for all")
    exclude: tuple[str, ...] = _key((), "patterns of paths to leave out")
    categories: str = _key(
        "", "a regular expression over the path with named groups; each group's text becomes a category"
    )
    language: str = _key(
        "en", "language of its words: en, de, fr, es; queries look for their forms", check=_one_of(*LANGUAGES)
    )
    options: Mapping[str, str] = _options("options for the file system, such as endpoint_url")


@dataclass(frozen=True, slots=True)
class ProductSourceSettings:
    """One product catalogue: ``[[sources.products]]``."""

    name: str = _key("", "its name")
    path: str = _key("", "the export: a file, or a folder of files")
    format: str = _key("table", "its format", check=_one_of("magento", "table"))
    language: str = _key(
        "en", "language of its words: en, de, fr, es; queries look for their forms", check=_one_of(*LANGUAGES)
    )
    options: Mapping[str, str] = _options("options of the format; see docs/catalogues.md")


@dataclass(frozen=True, slots=True)
class SourcesSettings:
    """What ``discovery index run`` reads."""

    assets: tuple[AssetSourceSettings, ...] = _key((), "places where assets lie")
    products: tuple[ProductSourceSettings, ...] = _key((), "product catalogues")


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. ``home`` holds the embedded engine, its data, thumbnails and locks."""

    engine: EngineSettings = EngineSettings()
    model: ModelSettings = ModelSettings()
    images: ImageSettings = ImageSettings()
    index: IndexSettings = IndexSettings()
    search: SearchSettings = SearchSettings()
    linking: LinkingSettings = LinkingSettings()
    audit: AuditSettings = AuditSettings()
    mail: MailSettings = MailSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    usage: UsageSettings = UsageSettings()
    search_log: SearchLogSettings = SearchLogSettings()
    web: WebSettings = WebSettings()
    sources: SourcesSettings = SourcesSettings()
    home: Path = dataclasses.field(default_factory=lambda: default_home(os.environ))
    file: Path | None = None


SECTIONS = (
    "engine",
    "model",
    "images",
    "index",
    "search",
    "linking",
    "audit",
    "mail",
    "schedule",
    "usage",
    "search_log",
    "web",
    "sources",
)


def default_home(environment: Mapping[str, str]) -> Path:
    """Return where the service keeps its state: ``DISCOVERY_HOME``, else the user's data folder."""
    named = environment.get(HOME_VARIABLE)
    return Path(named).expanduser().absolute() if named else user_data_path("discovery")


def load(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Read settings from ``path``, else ``DISCOVERY_CONFIG``, else ``./config.toml`` if there is one.

    Raises:
        ConfigurationInvalid: with one problem for each bad key, all of them at once.
    """
    environment = os.environ if environment is None else environment
    named = path or (Path(environment[FILE_VARIABLE]) if environment.get(FILE_VARIABLE) else None)
    file = named or (Path(DEFAULT_FILE) if Path(DEFAULT_FILE).is_file() else None)
    reader = _Reader(file)
    raw = reader.read_file()
    values = {name: reader.section(name, raw.pop(name, {})) for name in SECTIONS}
    for unknown in raw:
        reader.problem(unknown, f"unknown section; expected one of {', '.join(SECTIONS)}")
    reader.override(values, environment)
    sections = {name: reader.build(name, values[name]) for name in SECTIONS}
    settings = Settings(**sections, home=default_home(environment), file=file)
    reader.contradictions(settings)
    if reader.problems:
        raise ConfigurationInvalid(
            "the configuration has errors: " + "; ".join(f"{p.field}: {p.message}" for p in reader.problems),
            tuple(reader.problems),
        )
    return _with_password(settings)


def section_types() -> dict[str, type]:
    """Return each section's dataclass by name, in file order."""
    hints = typing.get_type_hints(Settings)
    return {name: hints[name] for name in SECTIONS}


class _Reader:
    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.problems: list[FieldProblem] = []

    def problem(self, key: str, message: str, origin: str | None = None) -> None:
        where = origin or (str(self.file) if self.file else "configuration")
        self.problems.append(FieldProblem(f"{where}: {key}", message))

    def read_file(self) -> dict[str, Any]:
        if self.file is None:
            return {}
        try:
            return tomllib.loads(self.file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            self.problem("(file)", "not found; name an existing file or leave --config out")
        except (OSError, UnicodeDecodeError) as error:
            self.problem("(file)", f"cannot be read: {error}")
        except tomllib.TOMLDecodeError as error:
            self.problem("(file)", f"is not valid TOML: {error}")
        return {}

    def section(self, name: str, raw: Any) -> dict[str, Any]:
        if not isinstance(raw, dict):
            self.problem(name, "expected a table")
            return {}
        return self._table(name, section_types()[name], raw)

    def _table(self, prefix: str, kind: type, raw: dict[str, Any]) -> dict[str, Any]:
        fields = {f.name: f for f in dataclasses.fields(kind)}
        hints = typing.get_type_hints(kind)
        values: dict[str, Any] = {}
        for key, value in raw.items():
            full = f"{prefix}.{key}"
            if key not in fields:
                self.problem(full, f"unknown key; expected one of {', '.join(fields)}")
            elif fields[key].metadata["secret"]:
                self.problem(full, f"is a secret; set {_variable(full)} or {full}_file instead")
            else:
                self._take(values, key, full, hints[key], fields[key], value)
        return values

    def _take(
        self,
        values: dict[str, Any],
        key: str,
        full: str,
        hint: Any,
        field: Any,
        value: Any,
        origin: str | None = None,
    ) -> None:
        element = typing.get_args(hint)[0] if typing.get_origin(hint) is tuple else None
        if dataclasses.is_dataclass(element) and isinstance(element, type):
            values[key] = self._records(full, element, value)
            return
        try:
            converted = _convert(hint, value)
        except (TypeError, ValueError) as error:
            self.problem(full, f"expected {error}, found {value!r}", origin)
            return
        check: Check | None = field.metadata["check"]
        expected = check(converted) if check else None
        if expected:
            self.problem(full, f"expected {expected}, found {value!r}", origin)
            return
        values[key] = converted

    def _records(self, full: str, kind: type, raw: Any) -> tuple[Any, ...]:
        if not isinstance(raw, list) or not all(isinstance(item, dict) for item in raw):
            self.problem(full, f"expected one or more [[{full}]] tables")
            return ()
        records = []
        for number, item in enumerate(raw, start=1):
            label = f"{full}[{item.get('name', number)}]"
            values = self._table(label, kind, item)
            for required in ("name", "uri", "path"):
                if required in {f.name for f in dataclasses.fields(kind)} and not item.get(required):
                    self.problem(f"{label}.{required}", "is required")
            records.append(kind(**values))
        return tuple(records)

    def override(self, values: dict[str, dict[str, Any]], environment: Mapping[str, str]) -> None:
        known = {HOME_VARIABLE, FILE_VARIABLE}
        for variable in sorted(environment):
            if not variable.startswith(ENVIRONMENT_PREFIX) or variable in known:
                continue
            section, separator, key = variable.removeprefix(ENVIRONMENT_PREFIX).lower().partition("__")
            kind = section_types().get(section)
            fields = {f.name: f for f in dataclasses.fields(kind)} if kind else {}
            if not separator or kind is None or key not in fields or section == "sources":
                self.problem(variable, "unknown variable; expected DISCOVERY_<SECTION>__<KEY>", "environment")
                continue
            hint = typing.get_type_hints(kind)[key]
            value = _parse(environment[variable], hint)
            self._take(values[section], key, variable, hint, fields[key], value, "environment")

    def build(self, name: str, values: dict[str, Any]) -> Any:
        return section_types()[name](**values)

    def contradictions(self, settings: Settings) -> None:
        engine, search = settings.engine, settings.search
        if search.size > search.max_size:
            self.problem("search.size", f"must not exceed search.max_size ({search.max_size})")
        if settings.linking.review > settings.linking.auto:
            self.problem("linking.review", f"must not exceed linking.auto ({settings.linking.auto})")
        if engine.password and engine.password_file:
            self.problem("engine.password_file", "set either the variable or the file, not both")
        if bool(engine.client_certificate) != bool(engine.client_key):
            self.problem("engine.client_key", "client_certificate and client_key go together")
        if engine.aws_region and engine.user:
            self.problem(
                "engine.aws_region", "requests are either signed for AWS or sent with a user, not both"
            )
        if engine.url == "embedded" and engine.vector_engine != "lucene":
            self.problem("engine.vector_engine", 'the embedded engine has "lucene" only')
        if engine.url != "embedded" and (wrong := _wrong_with_address(engine.url)):
            self.problem("engine.url", wrong)
        if settings.mail.password and settings.mail.password_file:
            self.problem("mail.password_file", "set either the variable or the file, not both")
        if settings.mail.host and not settings.mail.sender:
            self.problem("mail.sender", "is required where mail.host is set")
        if 10 * settings.schedule.tick_seconds > settings.schedule.lease_seconds:
            self.problem("schedule.tick_seconds", "must not exceed a tenth of schedule.lease_seconds")
        names = [s.name for s in settings.sources.assets]
        product_names = [s.name for s in settings.sources.products]
        for label, given in (("assets", names), ("products", product_names)):
            for name in sorted({n for n in given if given.count(n) > 1}):
                self.problem(f"sources.{label}", f"the name {name!r} is used twice")


def _wrong_with_address(address: str) -> str | None:
    try:
        parts = urlsplit(address)
        if parts.password is not None or parts.username is not None:
            return "expected no user and password in the address: set engine.user and engine.password"
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return None
    except ValueError:
        pass
    return f'expected "embedded" or an http(s) address, found {address!r}'


def _variable(full: str) -> str:
    section, key = full.split(".", 1)
    return f"{ENVIRONMENT_PREFIX}{section.upper()}__{key.upper()}"


def _parse(text: str, hint: Any) -> Any:
    if hint is str:
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _convert(hint: Any, value: Any) -> Any:
    if hint is bool or hint is str:
        if type(value) is not hint:
            raise TypeError("true or false" if hint is bool else "a text")
        return value
    if hint is int:
        if type(value) is not int:
            raise TypeError("a whole number")
        return value
    if hint is float:
        if type(value) not in (int, float):
            raise TypeError("a number")
        return float(value)
    if typing.get_origin(hint) is tuple:
        element = typing.get_args(hint)[0]
        if not isinstance(value, list):
            raise TypeError("a list")
        return tuple(_convert(element, item) for item in value)
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise TypeError("a table of texts")
    return types.MappingProxyType(dict(value))


def _with_password(settings: Settings) -> Settings:
    engine = _password("engine.password_file", settings.engine.password_file)
    mail = _password("mail.password_file", settings.mail.password_file)
    if engine is not None:
        settings = dataclasses.replace(settings, engine=dataclasses.replace(settings.engine, password=engine))
    if mail is not None:
        settings = dataclasses.replace(settings, mail=dataclasses.replace(settings.mail, password=mail))
    return settings


def _password(key: str, named: str) -> str | None:
    if not named:
        return None
    try:
        return Path(named).expanduser().read_text(encoding="utf-8").strip()
    except OSError as error:
        problem = FieldProblem(key, f"cannot be read: {error.strerror}")
        raise ConfigurationInvalid(f"{problem.field}: {problem.message}", (problem,)) from error
