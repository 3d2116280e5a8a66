"""A name for the type that argparse leaves unnamed; imported for annotations only."""

from __future__ import annotations

from argparse import ArgumentParser, _SubParsersAction

Subparsers = _SubParsersAction[ArgumentParser]
"""What `add_subparsers` returns."""
