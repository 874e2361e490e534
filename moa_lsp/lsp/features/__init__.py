"""The requests of the protocol that are served, one module each, named as the method."""
