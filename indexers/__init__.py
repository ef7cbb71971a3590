"""The write side: sources become documents."""
