"""Commands of the shell itself that take options with values.

Source: `help read mapfile hash` of bash 5.2.
"""

from __future__ import annotations

from conductor.programs.words import Words

PROGRAMS = {
    "read": Words(valued="-a -d -i -n -N -p -t -u"),
    "mapfile readarray": Words(valued="-d -n -O -s -u -C -c"),
    "hash": Words(valued="-p"),
}
