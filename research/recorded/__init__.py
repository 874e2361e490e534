"""What selection without a model gains, on recorded answers of real models."""
