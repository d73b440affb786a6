"""Run the command line as `python -m conductor`."""

from conductor.cli.main import main

if __name__ == "__main__":
    main()
