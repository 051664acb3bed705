"""What the lab can play, by name."""
