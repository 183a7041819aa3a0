"""Live progress: a process of its own holds the open connections, one shared poller reads for all of them."""
