"""`python -m facegap` is the same as the command `facegap`."""

from facegap.cli import main

if __name__ == "__main__":
    main()
