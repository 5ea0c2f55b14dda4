"""What scripts/client-types is made of."""
