"""``python -m discovery`` is ``discovery``."""

from discovery.cli import main

if __name__ == "__main__":
    main()
