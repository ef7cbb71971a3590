"""Which products an asset shows: evidence, each kind a small pure function, fused into proposals."""
