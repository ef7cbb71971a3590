"""Reports: from what one run left to bytes, in the format that a reader wants. Pure."""
