"""The range, one module for each family."""
