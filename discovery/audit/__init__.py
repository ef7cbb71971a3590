"""What is outdated, missing or wrong in the catalogue: rules, their memory, and reports people act on."""
