"""Memory ends at each allocation in turn: see injection.py."""
