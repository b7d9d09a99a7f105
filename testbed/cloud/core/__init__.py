"""What every service of the local cloud shares: schema, state, operations, errors."""
