"""Answers that are given once and told again: a clock, a store, and providers over them."""
