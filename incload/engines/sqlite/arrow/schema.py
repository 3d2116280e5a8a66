"""Looking at an Arrow stream where it lies in memory: what its columns are, before anybody reads it.

The layout is that of Arrow's C data and stream interfaces, which is promised never to change.
"""

from __future__ import annotations

from ctypes import CFUNCTYPE, POINTER, Structure, byref, c_char_p, c_int, c_int64, c_void_p
from typing import ClassVar


class _Schema(Structure):
    """A type with its name, and those of its children."""


_Schema._fields_ = [
    ("format", c_char_p),
    ("name", c_char_p),
    ("metadata", c_void_p),
    ("flags", c_int64),
    ("n_children", c_int64),
    ("children", POINTER(POINTER(_Schema))),
    ("dictionary", c_void_p),
    ("release", CFUNCTYPE(None, POINTER(_Schema))),
    ("private_data", c_void_p),
]


class _Stream(Structure):
    """The beginning of a stream, up to the one function that is called here."""

    _fields_: ClassVar = [("get_schema", CFUNCTYPE(c_int, c_void_p, POINTER(_Schema)))]


def formats(stream: int) -> list[str]:
    """Return the types of the columns of the stream at an address, as Arrow's C interface writes them.

    Raises:
        OSError: The stream could not say, with the system's number for why.
    """
    schema = _Schema()
    failed = _Stream.from_address(stream).get_schema(stream, byref(schema))
    if failed:
        raise OSError(failed, "an Arrow stream cannot give its types")
    try:
        return [schema.children[place].contents.format.decode() for place in range(schema.n_children)]
    finally:
        schema.release(byref(schema))
