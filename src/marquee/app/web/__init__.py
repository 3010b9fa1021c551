"""The viewers' app: server-rendered pages that work without a script, and better with one.

::

    page_routes        every page over one engine                            routes
    door, visit        what happens before and after each page               door, visit, session
    home, titles …     what each page shows                                  one module per page
    cards, posters     what pages are made of
"""

from marquee.app.web.routes import page_routes

__all__ = ["page_routes"]
