"""Everything that can go wrong in a drill, by name."""

from messaging.drill.faults import crashpoints, people, processes, provider, servers
from messaging.drill.rig import Fault

FAULTS: dict[str, Fault] = {
    **processes.FAULTS,
    **crashpoints.FAULTS,
    **servers.FAULTS,
    **provider.FAULTS,
    **people.FAULTS,
}
