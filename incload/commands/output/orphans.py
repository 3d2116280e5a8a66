"""What killed loads have left in the folders of tables, in lines and as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from incload.errors import Refused

if TYPE_CHECKING:
    from incload.loading.state.edit import Choice
    from incload.loading.state.orphans import Left


def left_of(choice: Choice, *, older_than: int | None, clean: bool) -> list[Left]:
    """Return what was left of one table or of all, where loads leave files; with `clean`, delete what is old."""
    from incload.loading.state.orphans import USUAL_DAYS, leaves_files, left_files

    if older_than is not None and not clean:
        raise Refused("--older-than says what --clean may delete: give both, or leave it out.")
    if not clean and not leaves_files(choice):
        return []
    return left_files(choice, days=USUAL_DAYS if older_than is None else older_than, clean=clean)


def left_lines(left: Left) -> list[str]:
    """Say what was left of a table, and what has become of it; nothing where there is nothing to say."""
    if left.files is None:
        return [_unlisted(left.table)]
    if not left.files:
        return []
    size = sum(each.bytes for each in left.files)
    done = "were deleted" if left.deleted else "are old enough for --clean to delete"
    which = f"{len(left.files)} files of {size} bytes that no snapshot names, of which {len(left.old)} {done}"
    return [f"{left.table}: {which}", *(f"  {each.path}" for each in left.files)]


def _unlisted(table: str) -> str:
    return (
        f"{table}: files that no snapshot names are not looked for, as its folder is not one of this machine or not "
        "its own: Iceberg's procedure remove_orphan_files does that."
    )


def left_values(left: list[Left], table: str) -> dict[str, Any]:
    """Return what was left of a table as plain values; nothing where loads leave no files."""
    found = next((each for each in left if each.table == table), None)
    if found is None:
        return {}
    files = None if found.files is None else [{"path": each.path, "bytes": each.bytes} for each in found.files]
    return {"orphan_files": files}
