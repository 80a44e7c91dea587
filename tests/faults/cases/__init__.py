"""The cases by group, numbered as in docs/promises.md; 33 waits until bounces are read."""

from tests.faults.case import Case
from tests.faults.cases.answers import ANSWERS
from tests.faults.cases.connections import CONNECTIONS
from tests.faults.cases.kills import KILLS
from tests.faults.cases.people import PEOPLE
from tests.faults.cases.storage import STORAGE
from tests.faults.cases.workers import WORKERS

CASES: tuple[Case, ...] = tuple(
    sorted((*KILLS, *CONNECTIONS, *ANSWERS, *WORKERS, *STORAGE, *PEOPLE), key=lambda case: case.number)
)
LATER = {33: "the same bounce twice, an out-of-office: bounces are not read yet"}
