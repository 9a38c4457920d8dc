"""The WSGI application of this installation, as its environment configures it."""

from app.application import create_app
from app.config import Config
from app.services import services

app = create_app(services(Config()))
