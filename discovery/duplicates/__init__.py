"""Which files hold the same picture: where to look, what two pictures have in common, which file to keep."""
