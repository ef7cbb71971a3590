"""Saved searches: kept under a name, looked at again, and told of when what they find changes."""
