"""The engine room: the only one that talks to OpenSearch, and the only one that can run its own."""
