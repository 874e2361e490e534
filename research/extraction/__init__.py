"""What extraction and the gates do to recorded answers of real models."""
