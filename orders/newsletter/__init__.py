"""A store's newsletter: who asked for it, who confirmed that, and who has left again."""
