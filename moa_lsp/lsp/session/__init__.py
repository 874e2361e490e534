"""The state of one client's session: configuration, jobs, trust and status."""
