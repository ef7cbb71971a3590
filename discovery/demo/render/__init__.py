"""Makes the demo catalogue; needs the ``render`` extra. Nothing else imports this package."""
