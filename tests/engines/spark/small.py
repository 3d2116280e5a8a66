"""What the tests of Iceberg say of a session: as small as one can be, and which marks they all have."""

from __future__ import annotations

import pytest

ON_SPARK = [
    pytest.mark.slow,
    pytest.mark.usefixtures("spark"),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
SMALL = "spark.master=local[1]&spark.sql.shuffle.partitions=1&spark.sql.codegen.wholeStage=false"
"""The options of a URL."""
SMALLEST = f"{SMALL}&spark.sql.adaptive.enabled=false&spark.sql.codegen.factoryMode=NO_CODEGEN"
"""For many small statements, which are not worth to be planned again or compiled."""
