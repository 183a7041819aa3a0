"""Whether the house works: probes for machines, and the state of queues, workers and sweeps for people."""
