"""Jobs: when they are due, who runs them, what came of it. The only room for APScheduler."""
