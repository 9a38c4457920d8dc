"""The WSGI application of this installation, as its environment configures it."""

import gc

from app.application import create_app
from app.config import Config
from app.services import services

installation = services(Config())
app = create_app(installation)
# What the program is made of stays until the process ends. The collector need not look through it again and
# again, each time while somebody waits for a page.
gc.collect()
gc.freeze()
