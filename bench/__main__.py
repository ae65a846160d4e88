"""`python -m bench` is the same as the command `facegap`."""

from bench.cli import main

if __name__ == "__main__":
    main()
