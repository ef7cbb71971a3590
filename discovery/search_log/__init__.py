"""What people search for, what comes of it, and what the studio should shoot because of it."""
