"""Ranking decisions: from a request to one engine query, and from its answer to a page."""
