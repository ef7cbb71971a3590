"""Find, connect and trust creative assets and products."""
