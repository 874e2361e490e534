"""The mix engine: proposers in parallel, an aggregation chain, one run record."""
