"""The routes of ``/api/v1`` and of the service's own state, one module for each area."""
