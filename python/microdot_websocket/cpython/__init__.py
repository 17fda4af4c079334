"""What only CPython needs; left out on boards."""
