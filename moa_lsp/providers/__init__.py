"""Everything that answers: the seam, the embedded tools, the model wires."""
