"""What Cloud DNS accepts: names and data, record sets, routing policies."""
