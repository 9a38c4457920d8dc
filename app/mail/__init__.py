"""Mail: how it leaves (``mailer``), and what it says (``orders``, ``people``)."""
