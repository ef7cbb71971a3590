"""What people decide, kept as records that no later run overrules."""
