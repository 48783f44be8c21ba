"""指向: PTZ heads turned to places, who holds them, and where they must not look."""
