"""The treaty between the write side and the read side: index bodies, documents, field roles, names.

Standard library only. Both sides import it; it imports neither.
"""
