"""The mark of a restore: it lies where the canary belongs, so that there is the one or the other.

While it is there, no service and no tool works with the vault (`kernel.canary`). The canary of
the backup takes its place in one write: from then on nothing says that the restore was broken
off, however it ends.
"""

from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from kernel import canary
from kernel.clock import new_id
from kernel.database import Document
from pst.backup_files import BackupError

PLACE: Document = {"_id": canary.ID}


def confirmed(found: Document | None) -> bool:
    """Tell whether a mark says that nothing but half a restore is here."""
    return found is not None and canary.RESTORING in found and "before" not in found


class RestoreMark:
    """The mark of one restore among the keys."""

    def __init__(self, keys: Collection[Document]) -> None:
        self._keys = keys
        self._mine: Document = {**PLACE, canary.RESTORING: new_id()}

    def found(self) -> Document | None:
        """Return what lies in its place: a canary, the mark of another restore, or nothing."""
        return self._keys.find_one(PLACE)

    def take_back_unconfirmed(self) -> None:
        """Put back what was there before a restore that was killed before it could confirm.

        Only for who works alone: another restore may be about to.
        """
        found = self.found()
        if found is None or canary.RESTORING not in found or "before" not in found:
            return
        if found["before"] is None:
            self._keys.delete_one(found)
        else:
            self._keys.replace_one(found, found["before"])

    def put(self, before: Document | None) -> None:
        """Put it in the place of `before`; raise `BackupError` if that is there no more."""
        self._mine["before"] = before  # until `confirm`
        if before is not None:
            put = self._keys.replace_one(before, self._mine).matched_count > 0
        else:
            put = self._inserted()
        if not put:
            raise BackupError("somebody else is at work on this system: let them end first")

    def confirm(self) -> None:
        """Say that what lies beside it is ours: whoever finds it from now on may clear it away."""
        confirmed = {key: self._mine[key] for key in ("_id", canary.RESTORING)}
        if not self._keys.replace_one(self._mine, confirmed).matched_count:
            raise BackupError("another restore has taken over: this one has loaded nothing")
        self._mine = confirmed

    def give_way(self, to: Document | None) -> None:
        """Have a canary in its place; raise `BackupError` if another restore took over."""
        if to is None:
            found = self._keys.delete_one(self._mine).deleted_count
        else:
            found = self._keys.replace_one(self._mine, to).matched_count
        if not found:
            raise BackupError("another restore has taken over: this one has loaded nothing")

    def spoil(self) -> bool:
        """Have a canary on its way come too late; False if it is there, or the mark not ours."""
        spoilt = {**PLACE, canary.RESTORING: "cleared away"}
        found = self._keys.replace_one(self._mine, spoilt).matched_count
        self._mine = spoilt
        return found > 0

    def _inserted(self) -> bool:
        try:
            self._keys.insert_one(dict(self._mine))
        except DuplicateKeyError:
            return False
        return True
