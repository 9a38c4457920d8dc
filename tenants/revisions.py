from storage.revisions import every_store_changed, store_changed

__all__ = ["every_store_changed", "store_changed"]
