"""`python -m incload` opens the same door as the command `incload`."""

from incload.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
