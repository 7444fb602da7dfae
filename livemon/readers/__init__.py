"""Reading the files of frameworks: one module or folder per format, new bytes -> cells.

This module has what a format in another package needs; `docs/plug-ins.md` has a worked example.
"""

from livemon.readers.base import Facts as Facts
from livemon.readers.base import Format as Format
from livemon.readers.base import Purge as Purge
from livemon.readers.base import Reader as Reader
from livemon.readers.base import Update as Update
from livemon.system.listing import Listing as Listing
from livemon.system.tail import Look as Look
from livemon.system.tail import Status as Status
from livemon.system.tail import Tail as Tail
from livemon.tables.anomalies import Anomaly as Anomaly
from livemon.tables.table import Block as Block
from livemon.tables.table import Cells as Cells

__all__ = ["Anomaly", "Block", "Cells", "Facts", "Format", "Listing", "Look", "Purge", "Reader", "Status", "Tail",
           "Update"]
