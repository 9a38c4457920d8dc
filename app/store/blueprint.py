"""The store's blueprint; each file of this folder adds its own addresses to it."""

from flask import Blueprint

store = Blueprint("store", __name__)
