"""Where programs are executed that nobody has read: bubblewrap, a container, or not at all."""
