"""Where the rooms are put together: the one place that knows them all."""

from discovery.wiring.desks import DuplicateDesk, LinkDesk, ModelDesk
from discovery.wiring.service import EMBEDDED, Service, embedded_engine

__all__ = ["EMBEDDED", "DuplicateDesk", "LinkDesk", "ModelDesk", "Service", "embedded_engine"]
