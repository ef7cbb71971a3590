"""The one connection to OpenSearch, whether the embedded node or the user's own cluster."""

from __future__ import annotations

import logging
import re
import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import orjson
from botocore.session import Session  # type: ignore[import-untyped]
from opensearchpy import JSONSerializer, OpenSearch, Urllib3AWSV4SignerAuth, Urllib3HttpConnection

from discovery.config import EngineSettings
from discovery.engine.failures import translated
from discovery.errors import ConfigurationInvalid, EngineRejected

OLDEST_VERSION = (2, 17)
DERIVING_VERSION = (2, 19)
"""The first that can take a document's vectors out of what it stores and read them from the graph again."""

CONNECTIONS = 32
"""Connections kept open: the threads of one service and an indexing run beside it."""

SERVERLESS = "aoss"
INSTALLED_KNN = "opensearch-knn"
CLASS_PATH_KNN = "org.opensearch.knn.plugin.KNNPlugin"

# The client logs each refused request as a warning; here it becomes an error that says more, or an answer.
logging.getLogger("opensearch").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What answers: version, distribution, cluster health (green, yellow, red), vector libraries it has.

    Where it ``derives_vectors`` an index may keep them once, in the graph, and not in its documents too.
    """

    version: str
    distribution: str
    health: str
    vector_engines: tuple[str, ...]
    derives_vectors: bool


@dataclass(frozen=True, slots=True)
class Engine:
    """A connection. ``client`` is for this room only; ``url`` holds no user and no password."""

    url: str
    client: OpenSearch = field(repr=False)
    serverless: bool = False

    def ping(self) -> EngineInfo:
        """Ask the engine who it is.

        Raises:
            EngineUnavailable: it cannot be reached.
            EngineRejected: it is not an OpenSearch 2.17 or later.
        """
        with translated():
            if self.serverless:
                self.client.cat.indices(format="json")
                return EngineInfo("serverless", "opensearch", "green", ("faiss",), derives_vectors=False)
            version = self.client.info()["version"]
            distribution = version.get("distribution", "elasticsearch")
            ensure_supported(distribution, version["number"])
            health = self.client.cluster.health()["status"]
            nodes = self.client.nodes.info(metric="plugins", filter_path="nodes.*.plugins.name")
        libraries, number = vector_engines(nodes), version["number"]
        return EngineInfo(number, distribution, health, libraries, release(number) >= DERIVING_VERSION)

    def close(self) -> None:
        """Close the connections."""
        self.client.close()


class QuickJson(JSONSerializer):
    """The client's own reading and writing of JSON, by orjson.

    What orjson refuses and the client's does not goes the slow way: half a surrogate pair, 65 bits.
    """

    def loads(self, s: str) -> Any:
        """Read one reply.

        Raises:
            SerializationError: it is not JSON.
        """
        try:
            return orjson.loads(s)
        except orjson.JSONDecodeError:
            return super().loads(s)

    def dumps(self, data: Any) -> Any:
        """Write one body; a text is one already.

        Raises:
            SerializationError: something in it has no form in JSON.
        """
        if isinstance(data, str):
            return data
        try:
            return orjson.dumps(data, default=self.default).decode()
        except orjson.JSONEncodeError:
            return super().dumps(data)


def connect(settings: EngineSettings, url: str) -> Engine:
    """Return a connection to ``url``; the first request is what opens it.

    Requests are tried once more when a connection breaks (a node that was restarted leaves dead ones behind),
    never when the time is up: the engine may still be at work on it, and trying again would double the load.

    Raises:
        ConfigurationInvalid: AWS signing is asked for and there are no credentials, or a certificate cannot
            be read.
    """
    address = urlsplit(url)
    options: dict[str, Any] = {}
    if address.scheme == "https":
        options |= {"use_ssl": True, "ssl_context": _trust(settings)}
    if settings.aws_region:
        options["http_auth"] = _signer(settings)
    elif settings.user:
        options["http_auth"] = (settings.user, settings.password)
    elif address.username:
        options["http_auth"] = (address.username, address.password or "")
    client = OpenSearch(
        hosts=[_host(url)],
        connection_class=Urllib3HttpConnection,
        timeout=settings.timeout_seconds,
        pool_maxsize=CONNECTIONS,
        http_compress=not is_loopback(address.hostname),
        max_retries=1,
        retry_on_timeout=False,
        retry_on_status=(),
        serializer=QuickJson(),
        **options,
    )
    return Engine(
        without_secrets(url), client, settings.aws_service == SERVERLESS and bool(settings.aws_region)
    )


def ensure_supported(distribution: str, number: str) -> None:
    """Refuse what this service cannot work with.

    Raises:
        EngineRejected: another product, or an OpenSearch before 2.17.
    """
    oldest = ".".join(map(str, OLDEST_VERSION))
    if distribution != "opensearch":
        raise EngineRejected(
            f"the search engine is {distribution} {number}; OpenSearch {oldest} or later is needed"
        )
    if release(number) < OLDEST_VERSION:
        raise EngineRejected(
            f"the search engine is OpenSearch {number}; {oldest} or later is needed: upgrade it"
        )


def release(number: str) -> tuple[int, int]:
    """Return major and minor number of a version, ``(0, 0)`` for one that cannot be read."""
    found = re.match(r"(\d+)\.(\d+)", number)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def vector_engines(nodes: dict[str, Any]) -> tuple[str, ...]:
    """Return the vector libraries that every node has; on the class path k-NN comes without native ones."""
    plugins = [
        {plugin["name"] for plugin in node.get("plugins", ())} for node in nodes.get("nodes", {}).values()
    ]
    everywhere = set.intersection(*plugins) if plugins else set()
    if INSTALLED_KNN in everywhere:
        return ("lucene", "faiss")
    return ("lucene",) if CLASS_PATH_KNN in everywhere else ()


def is_loopback(host: str | None) -> bool:
    """Return whether a host is this machine."""
    return host in ("localhost", "::1") or (host or "").startswith("127.")


def without_secrets(url: str) -> str:
    """Return an address without user and password."""
    address = urlsplit(url)
    return urlunsplit(address._replace(netloc=address.netloc.rpartition("@")[2]))


def _host(url: str) -> dict[str, Any]:
    address = urlsplit(url)
    host: dict[str, Any] = {
        "host": address.hostname,
        "port": address.port or (443 if address.scheme == "https" else 80),
    }
    return host | ({"url_prefix": address.path.strip("/")} if address.path.strip("/") else {})


def _trust(settings: EngineSettings) -> ssl.SSLContext:
    """Return whom to trust, and who to be: read now, so that a bad file is not met in the first request."""
    try:
        context = ssl.create_default_context(cafile=settings.ca_file or None)
    except OSError as error:
        raise ConfigurationInvalid(f"engine.ca_file {settings.ca_file} cannot be used: {error}") from error
    if settings.client_certificate:
        try:
            context.load_cert_chain(settings.client_certificate, settings.client_key or None)
        except OSError as error:
            raise ConfigurationInvalid(
                f"engine.client_certificate {settings.client_certificate} cannot be used: {error}"
            ) from error
    return context


def _signer(settings: EngineSettings) -> Urllib3AWSV4SignerAuth:
    credentials = Session().get_credentials()
    if credentials is None:
        raise ConfigurationInvalid(
            "engine.aws_region asks for signed requests, but no AWS credentials were found; "
            "set them up as for any AWS tool (environment, profile or role)"
        )
    return Urllib3AWSV4SignerAuth(credentials, settings.aws_region, settings.aws_service)
