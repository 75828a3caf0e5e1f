"""Makes `python -m causeway` the same program as `causeway`."""

from causeway.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
