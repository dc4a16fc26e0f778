"""The Lambda doors: each takes the real event shape through `handle(event, services)`."""
