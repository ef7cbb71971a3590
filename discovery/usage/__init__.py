"""Usage: what was viewed, downloaded, published and withdrawn, told by whom, and how far that is all."""
