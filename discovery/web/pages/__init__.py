"""Pages for people, over the same searches as the API."""
