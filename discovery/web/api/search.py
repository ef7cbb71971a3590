"""Search by words, search by a picture, and completion."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, request

from discovery.config import SearchSettings
from discovery.duplicates.lookup import Alike
from discovery.errors import FieldProblem, ImageUnreadable, InputInvalid
from discovery.search.request import ExamplePicture, SearchPage, SearchRequest, SimilarRequest
from discovery.search_log import model as log_model
from discovery.web import bodies, duplicates, grammar, schemas, serialise
from discovery.web.bodies import Form
from discovery.web.grammar import Pairs
from discovery.web.identity import continued, request_id, viewer
from discovery.web.metrics import Metrics
from discovery.web.replies import reply
from discovery.web.services import Search, SearchLog

SEARCH_PARAMETERS = (
    "q",
    "in",
    "mode",
    "facets",
    "sort",
    "size",
    "after",
    "understand",
    "as_words",
    "palette",
    "tolerance",
)
SIMILAR_PARAMETERS = (
    "asset",
    "product",
    "in",
    "facets",
    "size",
    "after",
    "min_similarity",
    "region",
    "intent",
    "q",
    "palette",
    "tolerance",
)
FORM_FIELDS = tuple(name for name in SIMILAR_PARAMETERS if name not in ("asset", "product"))
SUGGEST_PARAMETERS = ("q", "in")
FACET_PARAMETERS = ("in",)
_JSON_FIELDS = ("filters", "facets", "region", "examples", "palette")


class Searcher:
    """Answers searches in the API's words; the routes and the search page both ask it."""

    def __init__(
        self,
        search: Search,
        limits: SearchSettings,
        metrics: Metrics,
        already_here: Callable[[bytes], Sequence[Alike]],
        log: SearchLog,
    ) -> None:
        self.service = search
        self._already_here = already_here
        self.metrics = metrics
        self.log = log
        self.search_schema = schemas.search_schema(limits)
        self.similar_schema = schemas.similar_schema(limits)
        self.suggest_schema = schemas.suggest_schema(limits)
        self.facet_schema = schemas.FacetParameters()

    def search(self, raw: Mapping[str, Any], *, logged: bool = True) -> dict[str, Any]:
        """Answer a search by words; ``logged`` says whether it goes into the log of searches."""
        asked = schemas.load(self.search_schema, raw)
        answer = self.service.search(asked, viewer())
        self._note(asked, answer, logged=logged)
        return serialise.page(answer, request_id())

    def similar(
        self, raw: Mapping[str, Any], like: Sequence[bytes] = (), unlike: Sequence[bytes] = ()
    ) -> dict[str, Any]:
        """Answer a search by indexed assets, products and pictures, and by what they should not be like."""
        asked: SimilarRequest = schemas.load(self.similar_schema, raw)
        named = sum(given is not None for given in (asked.asset, asked.product))
        if named > 1 or not (named or asked.examples or like):
            message = "give one of asset, product, or a picture as multipart; several as examples"
            raise InputInvalid(message, (FieldProblem("asset", message),))
        # The one picture of a form is what its region is of.
        single = like[0] if like and not named else None
        further = (
            *(ExamplePicture(image=data) for data in like[1 if single else 0 :]),
            *(ExamplePicture(image=data, negative=True) for data in unlike),
        )
        asked = dataclasses.replace(asked, image=single, examples=(*asked.examples, *further))
        try:
            answer = self.service.similar(asked, viewer())
        except ImageUnreadable as error:
            problems = error.problems or (FieldProblem("image", error.detail),)
            raise ImageUnreadable(error.detail, problems) from error
        self._note(asked, answer)
        whole = asked.region is None and asked.after is None
        here = self._already_here(single) if single is not None and whole else ()
        return {**serialise.page(answer, request_id()), "already_here": duplicates.already_here(here)}

    def _note(
        self, request: SearchRequest | SimilarRequest, answer: SearchPage, *, logged: bool = True
    ) -> None:
        self.metrics.searched(request.side, answer)
        if not (logged and self.log.enabled):
            return
        asked = log_model.asked(
            request,
            answer,
            id=request_id(),
            at=datetime.now(UTC) - timedelta(milliseconds=answer.took_ms),
            account=viewer().account,
            continues=continued(),
        )
        if asked is not None:
            self.log.record(asked)

    def search_by(self, pairs: Pairs) -> dict[str, Any]:
        """Answer a search that an address describes."""
        return self._named(grammar.parse(pairs, SEARCH_PARAMETERS), self.search)

    def similar_by(self, pairs: Pairs) -> dict[str, Any]:
        """Answer a search by an indexed picture that an address describes."""
        return self._named(grammar.parse(pairs, SIMILAR_PARAMETERS), self.similar)

    def similar_to(self, form: Form) -> dict[str, Any]:
        """Answer a search by uploaded pictures; JSON in form fields is read as JSON."""
        decoded, plain = _split(form.pairs)
        parsed = grammar.parse(plain, FORM_FIELDS)
        twice = sorted(set(decoded) & set(parsed.body))
        if twice:
            raise InputInvalid(
                f"{twice[0]}: given more than once", (FieldProblem(twice[0], "given more than once"),)
            )
        return self._named(parsed, lambda body: self.similar(body | decoded, form.like, form.unlike))

    def suggest_by(self, pairs: Pairs) -> dict[str, Any]:
        """Complete what is being typed."""
        asked = schemas.load(self.suggest_schema, grammar.parse_plain(pairs, SUGGEST_PARAMETERS))
        return serialise.suggestions(self.service.suggest(asked["side"], asked["q"].strip()))

    def facets_by(self, pairs: Pairs) -> dict[str, Any]:
        """Name what can be counted of a side."""
        side = schemas.load(self.facet_schema, grammar.parse_plain(pairs, FACET_PARAMETERS))["side"]
        return serialise.facet_names(side, self.service.attributes(side))

    def _named(self, parsed: grammar.Parsed, answer: Any) -> dict[str, Any]:
        try:
            answered: dict[str, Any] = answer(parsed.body)
        except InputInvalid as error:
            problems = parsed.rename(error.problems)
            told = "; ".join(f"{problem.field}: {problem.message}" for problem in problems[:5])
            raise InputInvalid(told or error.detail, problems) from error
        return answered


def _split(pairs: Pairs) -> tuple[dict[str, Any], Pairs]:
    decoded: dict[str, Any] = {}
    plain: Pairs = []
    for name, value in pairs:
        if name not in _JSON_FIELDS or (name != "filters" and not value.lstrip().startswith("[")):
            plain.append((name, value))
        elif name in decoded:
            raise InputInvalid(f"{name}: given more than once", (FieldProblem(name, "given more than once"),))
        else:
            decoded[name] = bodies.decode_json(value, f"the form field {name}")
    return decoded, plain


def search_routes(searcher: Searcher) -> Blueprint:
    """Return the routes of search, similarity and completion."""
    routes = Blueprint("search", __name__, url_prefix=serialise.API)

    @routes.post("/search")
    def search_by_body() -> Response:
        grammar.refuse_parameters(request.query_string)
        return reply(searcher.search(bodies.json_object()))

    @routes.get("/search")
    def search_by_address() -> Response:
        return reply(searcher.search_by(grammar.pairs_of(request.query_string)))

    @routes.post("/similar")
    def similar_by_body() -> Response:
        grammar.refuse_parameters(request.query_string)
        if request.mimetype == bodies.MULTIPART:
            return reply(searcher.similar_to(bodies.form()))
        return reply(searcher.similar(bodies.json_object()))

    @routes.get("/similar")
    def similar_by_address() -> Response:
        return reply(searcher.similar_by(grammar.pairs_of(request.query_string)))

    @routes.get("/suggest")
    def suggest() -> Response:
        return reply(searcher.suggest_by(grammar.pairs_of(request.query_string)))

    @routes.get("/facets")
    def facets() -> Response:
        return reply(searcher.facets_by(grammar.pairs_of(request.query_string)))

    return routes
