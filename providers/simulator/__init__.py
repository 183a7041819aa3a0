"""A provider that speaks Mitto's v1.1 wire format over HTTP and fails as it is told to, for demos, tests and drills."""
