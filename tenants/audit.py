from storage.audit import record

__all__ = ["record"]
