"""What takes minutes or hours: `make soak`."""
