"""Mail: letters to owners, sent once each, with the outcome of every one remembered."""
