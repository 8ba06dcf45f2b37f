"""Runs the command line: `python -m provisioner.cli`."""

from provisioner.cli.main import main

if __name__ == "__main__":
    main()
