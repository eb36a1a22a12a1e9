"""What schemathesis must not do: end the token it works with."""
