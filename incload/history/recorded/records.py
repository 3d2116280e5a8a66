"""The one text of a record, by which two records are the same or not.

A number's text is that of its value: 1, 1.0 and 1e0 are all `1`; true is not 1, and "1" is not 1. How a file becomes
records is said in `incload.engines.files.reader`.
"""

from __future__ import annotations

import json

from incload.engines.files.documents import Exact, exact_json
from incload.engines.files.layout import Unusable

_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical(record: object) -> str:
    """Return the one text of a record: JSON with sorted keys and no spaces, characters beyond ASCII kept.

    Only a text that UTF-8 cannot hold (half of a surrogate pair) is escaped throughout.
    """
    try:
        text = exact_json(record, in_order=True) if Exact.met else _encode(record)
    except RecursionError as error:
        raise Unusable("is nested too deeply") from error
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(record, sort_keys=True, separators=(",", ":"))
    return text
