"""The one command, ``discovery``: settings and arguments in, one document or a few lines out."""

from discovery.cli.main import main

__all__ = ["main"]
